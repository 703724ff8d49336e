// SPDX-License-Identifier: GPL-2.0-or-later
//
// The roots that a verifier can pin. AWS publishes the fingerprints of its roots beside the zip files it
// offers for download; the certificates themselves travel in every document, so the fingerprints are all we
// need.

#include "app/formats/certificates/roots.hpp"

#include "app/formats/certificates/certificate.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/pki/authority.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <QCryptographicHash>
#include <QFile>

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

std::vector<TrustedRoot> readPem(const QByteArray &text, const QString &path) {
    std::vector<TrustedRoot> roots;
    const nsm::BioPtr in(BIO_new_mem_buf(text.constData(), static_cast<int>(text.size())));
    while (in) {
        const nsm::CertPtr certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
        if (!certificate)
            break;
        roots.push_back(rootOf(path, derOf(certificate.get())));
    }
    ERR_clear_error();
    return roots;
}

app::Result<std::vector<TrustedRoot>> readRoots(const QString &path) {
    constexpr qint64 maxBytes = 1024 * 1024;
    const auto fail = [&path](const QString &why) { return app::failure(u"root-unreadable"_s, why, path); };
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(file.errorString() + u". --root takes aws, aws-gov, local or a PEM file."_s);
    const QByteArray content = file.read(maxBytes);
    if (file.error() != QFileDevice::NoError)
        return fail(file.errorString());
    std::vector<TrustedRoot> roots = readPem(content, path);
    if (roots.empty() && Certificate::parse(content))
        roots.push_back(rootOf(path, content));
    if (roots.empty())
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
