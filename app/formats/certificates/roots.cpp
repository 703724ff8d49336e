// SPDX-License-Identifier: GPL-2.0-or-later
//
// The roots that a verifier can pin. AWS publishes the fingerprints of its roots beside the zip files it
// offers for download; the certificates themselves travel in every document, so the fingerprints are all we
// need.

#include "app/formats/certificates/roots.hpp"

#include "app/core/input/input_file.hpp"
#include "app/formats/certificates/certificate.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/pki/authority.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <QCryptographicHash>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

// CN=aws.nitro-enclaves, 2019-10-28 to 2049-10-28.
constexpr char awsSha256[] = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";
// CN=aws-us-gov.nitro-enclaves, 2020-09-10 to 2050-09-10.
constexpr char awsGovSha256[] = "20bcd30a3e168ea03789e1c45912bc123c4de3c977b8a6e1c125c7929d668b3b";

TrustedRoot rootOf(const QString &name, const QByteArray &der) {
    return {name, QCryptographicHash::hash(der, QCryptographicHash::Sha256), der};
}

QByteArray derOf(const X509 *certificate) {
    const nsm::ByteVector der = nsm::toDer(certificate);
    return toByteArray(der);
}

constexpr char pemBegin[] = "-----BEGIN ";

// Each block by itself, so that one that is broken has an offset. Other kinds of blocks are passed over: a root may stand
// beside its key or its revocation list.
app::Result<std::vector<TrustedRoot>> readPem(const QByteArray &text, const QString &path) {
    std::vector<TrustedRoot> roots;
    for (qsizetype at = text.indexOf(pemBegin); at >= 0; at = text.indexOf(pemBegin, at + 1)) {
        const QByteArray label = text.mid(at + qsizetype(sizeof pemBegin) - 1, 32);
        if (!label.startsWith("CERTIFICATE-----") && !label.startsWith("X509 CERTIFICATE-----") &&
            !label.startsWith("TRUSTED CERTIFICATE-----"))
            continue;
        // Up to the next one, so that a block without an end takes nothing of it.
        const qsizetype next = text.indexOf(pemBegin, at + 1);
        const QByteArray block = text.mid(at, next < 0 ? -1 : next - at);
        const nsm::BioPtr in(BIO_new_mem_buf(block.constData(), static_cast<int>(block.size())));
        const nsm::CertPtr certificate(in ? PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)
                                          : nullptr);
        ERR_clear_error();
        if (!certificate)
            return tl::unexpected(app::Error{
                u"root-unreadable"_s,
                u"Certificate %1 of this file is damaged; none of them is taken."_s.arg(roots.size() + 1),
                static_cast<quint64>(at), path});
        roots.push_back(rootOf(path, derOf(certificate.get())));
    }
    return roots;
}

app::Result<std::vector<TrustedRoot>> readRoots(const QString &path) {
    constexpr qsizetype maxBytes = 1024 * 1024;
    const auto fail = [&path](const QString &why) { return app::failure(u"root-unreadable"_s, why, path); };
    const auto content = app::readInput(path, maxBytes);
    if (!content)
        return fail(content.error().message + u" (--root takes aws, aws-gov, local or a PEM file)"_s);
    if (content->size() > maxBytes)
        return fail(u"A file of roots may have at most 1 MiB."_s);
    auto roots = readPem(*content, path);
    if (roots && roots->empty() && Certificate::parse(*content))
        roots->push_back(rootOf(path, *content));
    if (roots && roots->empty())
        return fail(u"There is no certificate in it, neither as PEM nor as DER."_s);
    return roots;
}

} // namespace

TrustedRoot awsRoot() {
    return {u"AWS Nitro Enclaves root G1"_s, QByteArray::fromHex(awsSha256), {}};
}

TrustedRoot awsGovRoot() {
    return {u"AWS GovCloud Nitro Enclaves root"_s, QByteArray::fromHex(awsGovSha256), {}};
}

app::Result<TrustedRoot> localRoot() {
    const nsm::RootStore store(nsm::RootStore::defaultDirectory());
    nsm::Authority authority;
    std::string error;
    if (!store.load(authority, error))
        return app::failure(
            u"no-local-root"_s,
            u"The root of this computer's enclaves cannot be used: %1. It is made when the first "
            "enclave asks for an attestation document."_s.arg(
                QString::fromLocal8Bit(error.data(), static_cast<qsizetype>(error.size()))));
    return rootOf(u"this computer's own root"_s, derOf(authority.ca.certificate.get()));
}

app::Result<std::vector<TrustedRoot>> trustedRoots(const QString &nameOrPath) {
    if (nameOrPath == u"aws")
        return std::vector{awsRoot()};
    if (nameOrPath == u"aws-gov")
        return std::vector{awsGovRoot()};
    if (nameOrPath == u"local")
        return localRoot().map([](const TrustedRoot &root) { return std::vector{root}; });
    return readRoots(nameOrPath);
}

} // namespace nitroscope::formats::attestation
