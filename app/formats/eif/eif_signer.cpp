// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_signer.hpp. The CBOR has a peculiarity that must be kept: serde's Vec<u8> is an array of small
// integers, not a byte string.

#include "app/formats/eif/eif_signer.hpp"

#include "app/core/input/input_file.hpp"
#include "app/formats/eif/eif_writer.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/cbor/cbor_writer.hpp"
#include "nsm-device/pki/openssl_ptr.hpp"
#include "qemu-machine/launch/certificate.hpp"
#include "qemu-machine/launch/cose.hpp"
#include "qemu-machine/launch/hash/digest.hpp"
#include "qemu-machine/launch/launch_problem.h"
#include "qemu-machine/launch/signature_check.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <QFile>

namespace nitroscope::formats {

namespace {

// What `write` writes, measured by a dry run.
template <class Write>
QByteArray encoded(const Write &write) {
    cbor::Writer measure;
    write(measure);
    QByteArray text(static_cast<qsizetype>(measure.size()), '\0');
    cbor::Writer out(std::as_writable_bytes(std::span(text.data(), measure.size())));
    write(out);
    return text;
}

void writeIntegers(cbor::Writer &out, const QByteArray &bytes) {
    out.array(static_cast<quint64>(bytes.size()));
    for (const char byte : bytes)
        out.unsignedInt(static_cast<quint8>(byte));
}

nsm::BioPtr memory(const QByteArray &bytes) {
    return nsm::BioPtr(BIO_new_mem_buf(bytes.constData(), static_cast<int>(bytes.size())));
}

// No passphrase is ever asked for: there may be no terminal.
int refusePassphrase(char *, int, int, void *) {
    return 0;
}

app::Result<QByteArray> readSmallFile(const QString &path) {
    constexpr qint64 most = 1024 * 1024;
    return app::readInput(path, most);
}

} // namespace

app::Result<QByteArray> pcr8OfCertificate(const QByteArray &pem) {
    const auto certificate = launch::Certificate::fromPem(toBytes(pem));
    if (!certificate)
        return app::failure(u"certificate"_s, u"There is no readable certificate in PEM form in it."_s);
    const auto der = certificate->der();
    const launch::Digest content = launch::Sha384::of(der);
    const launch::Digest value = launch::extendZero(std::as_bytes(std::span(content)));
    return toByteArray(std::as_bytes(std::span(value)));
}

QByteArray EifSigner::pcr8() const {
    return m_pcr8;
}

app::Result<EifSigner> EifSigner::fromPem(const QByteArray &certificate, const QByteArray &key) {
    if (certificate.contains("PRIVATE KEY-----"))
        return app::failure(
            u"certificate"_s,
            u"This file has a private key beside the certificate, and all of it would stand in the EIF "
            "for everybody to read. Put the certificate alone into a file."_s);
    EifSigner signer;
    signer.m_pem = certificate;
    const auto pcr8 = pcr8OfCertificate(certificate);
    if (!pcr8)
        return tl::unexpected(pcr8.error());
    signer.m_pcr8 = *pcr8;
    const nsm::CertPtr x509(PEM_read_bio_X509(memory(certificate).get(), nullptr, refusePassphrase, nullptr));
    signer.m_key = std::shared_ptr<EVP_PKEY>(
        PEM_read_bio_PrivateKey(memory(key).get(), nullptr, refusePassphrase, nullptr),
        nsm::Release<EVP_PKEY_free>());
    const bool fits = x509 && signer.m_key && X509_check_private_key(x509.get(), signer.m_key.get()) == 1;
    ERR_clear_error();
    if (!signer.m_key)
        return app::failure(u"key"_s,
                            u"The private key cannot be read; it must be PEM without a passphrase."_s);
    signer.m_algorithm = launch::coseAlgorithmFor(signer.m_key.get());
    if (!signer.m_algorithm)
        return app::failure(u"key"_s,
                            u"The private key must be an elliptic curve key: P-256, P-384 or P-521."_s);
    if (!fits)
        return app::failure(u"key-mismatch"_s, u"The private key is not the one of the certificate."_s);
    return signer;
}

app::Result<EifSigner> EifSigner::fromFiles(const QString &certificate, const QString &key) {
    const auto pem = readSmallFile(certificate);
    if (!pem)
        return tl::unexpected(pem.error());
    const auto keyPem = readSmallFile(key);
    if (!keyPem)
        return tl::unexpected(keyPem.error());
    auto signer = fromPem(*pem, *keyPem);
    if (!signer)
        signer.error().context = signer.error().code == u"certificate"_s ? certificate : key;
    return signer;
}

app::Result<QByteArray> EifSigner::section(const QByteArray &pcr0) const {
    const QByteArray protectedHeader = encoded([this](cbor::Writer &out) {
        out.map(1);
        out.unsignedInt(1);
        out.signedInt(m_algorithm->number);
    });
    const QByteArray payload = encoded([&pcr0](cbor::Writer &out) {
        out.map(2);
        out.text("register_index");
        out.unsignedInt(0);
        out.text("register_value");
        writeIntegers(out, pcr0);
    });
    const std::vector<std::byte> raw =
        launch::signCose(m_key.get(), toBytes(protectedHeader), toBytes(payload));
    if (raw.empty())
        return app::failure(u"crypto"_s, u"OpenSSL could not make the signature."_s);
    const QByteArray cose = encoded([&](cbor::Writer &out) {
        out.array(4);
        out.bytes(toBytes(protectedHeader));
        out.map(0);
        out.bytes(toBytes(payload));
        out.bytes(raw);
    });
    return encoded([&](cbor::Writer &out) {
        out.array(1);
        out.map(2);
        out.text("signing_certificate");
        writeIntegers(out, m_pem);
        out.text("signature");
        writeIntegers(out, cose);
    });
}

app::Result<EifMeasurements> signEif(const EifDocument &document, const EifSigner &signer,
                                     const QString &output, std::stop_token stop,
                                     const EifDocument::Progress &progress) {
    constexpr quint16 firstSignedVersion = 3;
    const eif::Image &image = document.image();
    if (image.header.version < firstSignedVersion)
        return app::failure(
            u"refused"_s,
            u"An image of version %1 cannot carry a signature; build it again."_s.arg(image.header.version),
            document.path());
    const auto measured = document.measurements(stop, progress);
    if (!measured)
        return tl::unexpected(measured.error());
    // The CRC must fit: signing a damaged file would make it look right.
    if (measured->pcr0.isEmpty() || !image.loadable())
        return app::failure(u"refused"_s, u"This image is damaged and cannot be measured (E35)."_s,
                            document.path());
    if (!measured->isCrcGood())
        return app::failure(
            u"refused"_s,
            u"The image's CRC32 is wrong: it was damaged or changed; build it again before signing."_s,
            document.path());
    const auto section = signer.section(measured->pcr0);
    if (!section)
        return tl::unexpected(section.error());
    if (static_cast<quint64>(section->size()) > eif::maxSignatureSize)
        return app::failure(
            u"refused"_s,
            u"The signature takes %1; at most %2 are allowed. Use a shorter certificate "
            "file."_s.arg(sizeText(static_cast<quint64>(section->size())), sizeText(eif::maxSignatureSize)));
    // The document's source lives as long as the document; the writer only reads.
    const std::shared_ptr<const launch::ByteSource> source(std::shared_ptr<void>(), &document.source());
    std::vector<EifPart> parts;
    for (const eif::Section &old : image.used())
        if (old.type != eif::SectionType::signature)
            parts.push_back({.type = static_cast<eif::SectionType>(old.rawType),
                             .source = source,
                             .offset = old.dataOffset,
                             .length = old.availableSize});
    parts.push_back({.type = eif::SectionType::signature, .text = *section});
    const EifFrame frame = {image.header.version, image.header.flags, image.header.defaultMemory,
                            image.header.defaultCpus};
    if (auto written = writeEif(frame, parts, output, stop); !written)
        return tl::unexpected(written.error());
    EifMeasurements result = *measured; // a signature changes none of PCR 0, 1 and 2
    result.pcr8 = signer.pcr8();
    result.isSignatureGood = true;
    result.findings.clear();
    return result;
}

QString certificateDateProblem(const EifDocument &document) {
    if (const launch::SignatureCheck *check = document.signature())
        for (const launch::SignatureFinding &finding : check->findings)
            if (finding.reason == NITRO_LAUNCH_REASON_CERTIFICATE_DATES)
                return QString::fromStdString(finding.sentence);
    return {};
}

} // namespace nitroscope::formats
