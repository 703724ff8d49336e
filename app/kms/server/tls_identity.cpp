// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/tls_identity.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/runtime_folder.hpp"
#include "nsm-device/pki/authority.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringList>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using nsm::BioPtr;
using nsm::CertPtr;
using nsm::KeyPtr;

namespace {

constexpr int rsaBits = 2048;
constexpr qint64 secondsPerDay = 86'400, rootDays = 3650, serverDays = 90;

// The names of KMS: kms.REGION.SUFFIX (developer guide, "Endpoints"), also as its clients in C derive them.
constexpr const char *regions[] = {"af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1",
                                   "ap-northeast-2", "ap-northeast-3", "ap-south-1",     "ap-south-2",
                                   "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
                                   "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
                                   "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",
                                   "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",
                                   "eu-west-3",      "il-central-1",   "me-central-1",   "me-south-1",
                                   "mx-central-1",   "sa-east-1",      "us-east-1",      "us-east-2",
                                   "us-gov-east-1",  "us-gov-west-1",  "us-west-1",      "us-west-2"};
constexpr const char *otherNames[] = {"*.cn-north-1.amazonaws.com.cn",    "*.cn-northwest-1.amazonaws.com.cn",
                                      "*.eusc-de-east-1.amazonaws.eu",    "*.us-iso-east-1.c2s.ic.gov",
                                      "*.us-iso-west-1.c2s.ic.gov",       "*.us-isob-east-1.sc2s.sgov.gov",
                                      "*.eu-isoe-west-1.cloud.adc-e.uk",  "*.us-isof-east-1.csp.hci.ic.gov",
                                      "*.us-isof-south-1.csp.hci.ic.gov", "localhost"};

QString subjectAltNames() {
    QStringList names;
    for (const char *region : regions)
        names << u"DNS:*.%1.amazonaws.com"_s.arg(QLatin1StringView(region))
              << u"DNS:*.%1.api.aws"_s.arg(QLatin1StringView(region));
    for (const char *name : otherNames)
        names << u"DNS:"_s + QLatin1StringView(name);
    return (names << u"IP:127.0.0.1"_s << u"IP:::1"_s).join(u',');
}

tl::unexpected<app::Error> cryptoFailure() {
    return app::failure(u"crypto"_s, u"OpenSSL made no certificate: %1."_s.arg(
                                         QString::fromStdString(nsm::lastOpensslError())));
}

QByteArray bytesOf(BIO *bio) {
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return QByteArray(data, size);
}

QByteArray pemOf(EVP_PKEY *key) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    return PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1
               ? bytesOf(out.get())
               : QByteArray();
}

QByteArray pemOf(const X509 *certificate) {
    return QByteArray::fromStdString(nsm::toPem(certificate));
}

bool addExtension(X509 *certificate, X509 *issuer, int nid, const QByteArray &value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, nsm::Release<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.constData()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

enum class Role { root, server };

// Signed by `issuer`, by itself for the root.
CertPtr issue(Role role, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuerKey, qint64 now) {
    CertPtr certificate(X509_new());
    unsigned char serial[16];
    if (!certificate || RAND_bytes(serial, sizeof serial) != 1)
        return nullptr;
    serial[0] = static_cast<unsigned char>(serial[0] & 0x7f); // positive
    X509 *raw = certificate.get();
    const std::unique_ptr<BIGNUM, nsm::Release<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
    X509_NAME *name = X509_get_subject_name(raw);
    const QByteArray commonName =
        role == Role::root ? "Nitroscope local KMS root" : "kms.us-east-1.amazonaws.com";
    const time_t start = time_t(now - secondsPerDay),
                 end = time_t(now + secondsPerDay * (role == Role::root ? rootDays : serverDays));
    const bool isMade =
        X509_set_version(raw, X509_VERSION_3) == 1 &&
        BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(raw)) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char *>(commonName.constData()), -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(raw, issuer ? X509_get_subject_name(issuer) : name) == 1 &&
        ASN1_TIME_set(X509_getm_notBefore(raw), start) && ASN1_TIME_set(X509_getm_notAfter(raw), end) &&
        X509_set_pubkey(raw, key) == 1;
    X509 *signer = issuer ? issuer : raw;
    const bool isExtended =
        isMade && addExtension(raw, signer, NID_subject_key_identifier, "hash") &&
        (role == Role::root
             ? addExtension(raw, signer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                   addExtension(raw, signer, NID_key_usage, "critical,keyCertSign,cRLSign")
             : addExtension(raw, signer, NID_authority_key_identifier, "keyid") &&
                   addExtension(raw, signer, NID_basic_constraints, "critical,CA:FALSE") &&
                   addExtension(raw, signer, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
                   addExtension(raw, signer, NID_ext_key_usage, "serverAuth") &&
                   addExtension(raw, signer, NID_subject_alt_name, subjectAltNames().toLatin1()));
    return isExtended && X509_sign(raw, issuerKey, EVP_sha256()) > 0 ? std::move(certificate) : nullptr;
}

struct Root {
    CertPtr certificate;
    KeyPtr key;
};

int noPassword(char *, int, int, void *) {
    return -1;
}

app::Result<Root> readRoot(const QString &file) {
    std::string problem;
    const auto open = [&] { return nsm::openTrusted(QFile::encodeName(file).toStdString(), 077, problem); };
    const BioPtr forKey = open(), forCertificate = open();
    if (!forKey || !forCertificate)
        return app::failure(u"root-unusable"_s, QString::fromStdString(problem));
    Root root{CertPtr(PEM_read_bio_X509(forCertificate.get(), nullptr, noPassword, nullptr)),
              KeyPtr(PEM_read_bio_PrivateKey(forKey.get(), nullptr, noPassword, nullptr))};
    const bool isWhole =
        root.certificate && root.key && X509_check_private_key(root.certificate.get(), root.key.get()) == 1;
    nsm::lastOpensslError();
    if (!isWhole)
        return app::failure(u"root-unusable"_s,
                            u"It holds no key with its certificate; remove it, and a new one is made."_s,
                            file);
    return root;
}

app::Result<Root> makeRoot(const QString &file, qint64 now) {
    Root root{nullptr, KeyPtr(EVP_RSA_gen(rsaBits))};
    if (root.key)
        root.certificate = issue(Role::root, root.key.get(), nullptr, root.key.get(), now);
    if (!root.certificate)
        return cryptoFailure();
    if (const auto written = app::writeFile(file, pemOf(root.key.get()) + pemOf(root.certificate.get()),
                                            app::FileRole::secret);
        !written)
        return tl::unexpected(written.error());
    return root;
}

} // namespace

QString defaultKmsFolder() {
    const QString pki = QString::fromStdString(nsm::RootStore::defaultDirectory());
    return QFileInfo(pki).dir().filePath(u"kms"_s);
}

app::Result<TlsIdentity> tlsIdentity(const QString &folder, qint64 now) {
    QDir().mkpath(QFileInfo(folder).path());
    if (const auto ready = app::ensurePrivateFolder(folder); !ready)
        return tl::unexpected(ready.error());
    const QString file = QDir(folder).filePath(u"tls-root.pem"_s);
    const auto root = QFileInfo::exists(file) ? readRoot(file) : makeRoot(file, now);
    if (!root)
        return tl::unexpected(root.error());
    const KeyPtr key(EVP_RSA_gen(rsaBits));
    const CertPtr certificate =
        key ? issue(Role::server, key.get(), root->certificate.get(), root->key.get(), now) : nullptr;
    if (!certificate)
        return cryptoFailure();
    return TlsIdentity{pemOf(root->certificate.get()), pemOf(certificate.get()), pemOf(key.get())};
}

} // namespace nitroscope::kms
