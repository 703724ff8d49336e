// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_maker.hpp.

#include "tests/unit/launch/eif_maker.hpp"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <QCryptographicHash>
#include <QFile>
#include <QtEndian>
#include <zlib.h>

namespace nitroscope::test {

namespace {

constexpr qsizetype headerBytes = 548, crcAt = 544;

template <class T>
QByteArray big(T value) {
    const T swapped = qToBigEndian(value);
    return {reinterpret_cast<const char *>(&swapped), sizeof swapped};
}

const EVP_MD *digestOf(int algorithm) {
    return algorithm == -7 ? EVP_sha256() : algorithm == -36 ? EVP_sha512() : EVP_sha384();
}

QByteArray sha384(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384);
}

} // namespace

QByteArray makeEif(const TestSections &sections, TestHeader header) {
    QByteArray eif = ".eif" + big(header.version) + big(header.flags) + big(quint64{1} << 30) +
                     big(quint64{2}) + big(quint16{0}) + big(static_cast<quint16>(sections.size()));
    quint64 offset = headerBytes;
    for (int i = 0; i < 32; ++i) {
        eif += big(i < sections.size() ? offset : 0);
        if (i < sections.size())
            offset += 12 + static_cast<quint64>(sections[i].data.size());
    }
    for (int i = 0; i < 32; ++i)
        eif += big(i < sections.size() ? static_cast<quint64>(sections[i].data.size()) : 0);
    eif += QByteArray(8, '\0'); // unused, CRC
    for (const TestSection &section : sections)
        eif += big(section.kind) + big(quint16{0}) + big(static_cast<quint64>(section.data.size())) +
               section.data;
    fixCrc(eif);
    return eif;
}

void fixCrc(QByteArray &eif) {
    const auto *bytes = reinterpret_cast<const Bytef *>(eif.constData());
    uLong crc = crc32(0, bytes, crcAt);
    crc = crc32(crc, bytes + headerBytes, static_cast<uInt>(eif.size() - headerBytes));
    eif.replace(crcAt, 4, big(static_cast<quint32>(crc)));
}

TestSections usualSections() {
    return {
        {kernelKind, makeBzImage()},
        {cmdlineKind, "reboot=k panic=30 console=ttyS0"},
        {metadataKind,
         R"({"ImageName":"test","ImageVersion":"1.0","BuildMetadata":{"BuildTime":"2026-01-02T03:04:05Z",)"
         R"("BuildTool":"test","BuildToolVersion":"1","OperatingSystem":"Linux","KernelVersion":"6.12"},)"
         R"("DockerInfo":null,"CustomMetadata":null})"},
        {ramdiskKind, "070701" + QByteArray(1000, 'a')},
        {ramdiskKind, "070701" + QByteArray(3000, 'b')}};
}

QByteArray expectedPcr(const QByteArray &content) {
    return sha384(QByteArray(48, '\0') + sha384(content));
}

QByteArray expectedPcr(int pcr, const TestSections &sections) {
    QByteArray content;
    int ramdisks = 0;
    for (const TestSection &section : sections) {
        const bool isRamdisk = section.kind == ramdiskKind;
        const bool isFirst = isRamdisk && ramdisks++ == 0;
        const bool isBoot = section.kind == kernelKind || section.kind == cmdlineKind;
        if ((pcr == 0 && (isBoot || isRamdisk)) || (pcr == 1 && (isBoot || isFirst)) ||
            (pcr == 2 && isRamdisk && !isFirst))
            content += section.data;
    }
    return expectedPcr(content);
}

Key makeKey(KeyKind kind) {
    switch (kind) {
    case KeyKind::p256:
        return Key(EVP_EC_gen("P-256"));
    case KeyKind::p384:
        return Key(EVP_EC_gen("P-384"));
    case KeyKind::p521:
        return Key(EVP_EC_gen("P-521"));
    case KeyKind::rsa:
        return Key(EVP_RSA_gen(2048));
    }
    return {};
}

QByteArray makeCertificatePem(EVP_PKEY *key, qint64 notBefore, qint64 notAfter) {
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234);
    ASN1_TIME_set(X509_getm_notBefore(certificate), notBefore);
    ASN1_TIME_set(X509_getm_notAfter(certificate), notAfter);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    const auto add = [name](const char *field, const char *value) {
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char *>(value),
                                   -1, -1, 0);
    };
    add("C", "XX");
    add("O", "Nitroscope tests");
    add("CN", "signer");
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha384());
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    char *data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    QByteArray pem(data, length);
    BIO_free(bio);
    X509_free(certificate);
    return pem;
}

QByteArray certificateDer(const QByteArray &pem) {
    // PEM is base64 between two marked lines.
    const qsizetype start = pem.indexOf('\n') + 1;
    return QByteArray::fromBase64(pem.mid(start, pem.indexOf("-----END") - start));
}

QByteArray cborHead(int major, quint64 value) {
    const char top = static_cast<char>(major << 5);
    if (value < 24)
        return QByteArray(1, static_cast<char>(top | static_cast<char>(value)));
    if (value < 0x100)
        return QByteArray(1, static_cast<char>(top | 24)) + big(static_cast<quint8>(value));
    if (value < 0x10000)
        return QByteArray(1, static_cast<char>(top | 25)) + big(static_cast<quint16>(value));
    return QByteArray(1, static_cast<char>(top | 27)) + big(value);
}

QByteArray cborText(const QByteArray &text) {
    return cborHead(3, static_cast<quint64>(text.size())) + text;
}

QByteArray cborBytes(const QByteArray &bytes) {
    return cborHead(2, static_cast<quint64>(bytes.size())) + bytes;
}

QByteArray integerArray(const QByteArray &bytes) {
    QByteArray cbor = cborHead(4, static_cast<quint64>(bytes.size()));
    for (const char byte : bytes)
        cbor += cborHead(0, static_cast<quint8>(byte));
    return cbor;
}

QByteArray rawSignature(EVP_PKEY *key, const EVP_MD *digest, const QByteArray &message) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    QByteArray der(1024, '\0');
    auto length = static_cast<size_t>(der.size());
    const bool isSigned = EVP_DigestSignInit(context, nullptr, digest, nullptr, key) == 1 &&
                          EVP_DigestSign(context, reinterpret_cast<unsigned char *>(der.data()), &length,
                                         reinterpret_cast<const unsigned char *>(message.constData()),
                                         static_cast<size_t>(message.size())) == 1;
    EVP_MD_CTX_free(context);
    der.truncate(static_cast<qsizetype>(length));
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return der;
    const int field = (EVP_PKEY_get_bits(key) + 7) / 8;
    QByteArray raw(qsizetype(2) * field, '\0');
    if (!isSigned) // a digest that this computer's OpenSSL refuses
        return raw;
    const auto *at = reinterpret_cast<const unsigned char *>(der.constData());
    ECDSA_SIG *signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length));
    auto *out = reinterpret_cast<unsigned char *>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, field);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + field, field);
    ECDSA_SIG_free(signature);
    return raw;
}

MadeSignature makeSignature(const SignatureRecipe &recipe) {
    const Key key = makeKey(recipe.keyKind);
    const Key signingKey = recipe.usesAnotherKey ? makeKey(recipe.keyKind) : nullptr;
    const QByteArray pem =
        recipe.pem.isEmpty() ? makeCertificatePem(key.get(), recipe.notBefore, recipe.notAfter) : recipe.pem;
    const QByteArray protectedHeader = "\xa1\x01" + cborHead(1, static_cast<quint64>(-1 - recipe.algorithm));
    const QByteArray payload = cborHead(5, 2) + cborText("register_index") +
                               cborHead(0, recipe.registerIndex) + cborText("register_value") +
                               integerArray(recipe.pcr0);
    const QByteArray toSign = cborHead(4, 4) + cborText("Signature1") + cborBytes(protectedHeader) +
                              cborBytes({}) + cborBytes(payload);
    const QByteArray signature =
        rawSignature(signingKey ? signingKey.get() : key.get(), digestOf(recipe.algorithm), toSign);
    const QByteArray cose = (recipe.isTagged ? cborHead(6, 18) : QByteArray()) + cborHead(4, 4) +
                            cborBytes(protectedHeader) + cborHead(5, 0) + cborBytes(payload) +
                            cborBytes(signature);
    const QByteArray section = cborHead(4, 1) + cborHead(5, 2) + cborText("signing_certificate") +
                               integerArray(pem) + cborText("signature") + integerArray(cose);
    return {section, pem};
}

QByteArray writeFile(const QTemporaryDir &folder, const char *name, const QByteArray &bytes) {
    QFile file(folder.filePath(QString::fromLatin1(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write a test file");
    return QFile::encodeName(file.fileName());
}

} // namespace nitroscope::test
