// SPDX-License-Identifier: GPL-2.0-or-later
//
// A CA that the user brings.
#include "nsm-device/pki/authority.hpp"

#include "qemu-machine/access/judge.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace nitroscope::nsm {

namespace {

constexpr std::size_t maxCertificates = 16;

int noPassword(char *, int, int, void *) {
    return 0;
}

std::vector<CertPtr> readCertificates(BIO *file) {
    std::vector<CertPtr> all;
    while (all.size() < maxCertificates) {
        CertPtr next(PEM_read_bio_X509(file, nullptr, noPassword, nullptr));
        if (!next)
            break;
        all.push_back(std::move(next));
    }
    lastOpensslError(); // the end of the file is an error to OpenSSL
    return all;
}

bool isSignedBy(X509 *certificate, X509 *issuer) {
    return X509_check_issued(issuer, certificate) == X509_V_OK &&
           X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

// Whether the CA may issue certificates now; says why not.
bool checkCa(X509 *ca, std::int64_t now, const std::string &path, std::string &error) {
    const std::uint32_t usage = X509_get_key_usage(ca); // all bits when the extension is missing
    if (X509_check_ca(ca) == 0 || (usage & KU_KEY_CERT_SIGN) == 0)
        error = "the certificate of the key in " + path + " is not one of a CA that may sign certificates";
    else if (now < notBefore(ca))
        error = "the CA certificate in " + path + " is not valid yet";
    else if (now >= notAfter(ca))
        error = "the CA certificate in " + path + " has expired";
    else
        return true;
    return false;
}

} // namespace

BioPtr openTrusted(const std::string &path, unsigned forbidden, std::string &error) {
    using access::Finding;
    const int descriptor = access::openForReading(path.c_str());
    const Finding finding = descriptor < 0 ? Finding::absent : access::judgeFile(descriptor, forbidden);
    if (finding == Finding::absent)
        error = "cannot read " + path + ": " + std::strerror(errno);
    else if (finding == Finding::otherKind)
        error = path + " is not a regular file";
    else if (finding == Finding::open)
        error = path +
                " holds a private key but others may access it; make it yours alone (chmod 600) or renew it";
    else if (finding != Finding::fine)
        error = path + ' ' + access::words(finding) + "; who made the key can sign whatever they like";
    FILE *stream = finding == Finding::fine ? fdopen(descriptor, "r") : nullptr;
    if (stream != nullptr)
        return BioPtr(BIO_new_fp(stream, BIO_CLOSE));
    if (finding == Finding::fine)
        error = "cannot read " + path + ": " + std::strerror(errno);
    if (descriptor >= 0)
        ::close(descriptor);
    return {};
}

bool loadAuthority(const std::string &keyFile, const std::string &chainFile, std::int64_t now,
                   Authority &authority, std::string &error) {
    const BioPtr keySource = openTrusted(keyFile, 0, error);
    const BioPtr chainSource = keySource ? openTrusted(chainFile, 0, error) : BioPtr();
    if (!chainSource)
        return false;
    KeyPtr key(PEM_read_bio_PrivateKey(keySource.get(), nullptr, noPassword, nullptr));
    if (!key) {
        error = keyFile + " holds no unencrypted PEM private key (" + lastOpensslError() + ")";
        return false;
    }
    std::vector<CertPtr> rest = readCertificates(chainSource.get());
    if (rest.empty()) {
        error = chainFile + " holds no PEM certificate";
        return false;
    }
    const auto own = std::find_if(rest.begin(), rest.end(), [&](const CertPtr &certificate) {
        return X509_check_private_key(certificate.get(), key.get()) == 1;
    });
    lastOpensslError();
    if (own == rest.end()) {
        error = "no certificate in " + chainFile + " belongs to the key in " + keyFile;
        return false;
    }
    if (!checkCa(own->get(), now, chainFile, error))
        return false;

    authority = {};
    authority.ca = {std::move(*own), std::move(key)};
    rest.erase(own);
    authority.pathLength = static_cast<int>(X509_get_pathlen(authority.ca.certificate.get()));
    // Climb from the CA as far as the file leads; a self-signed certificate is the top.
    X509 *lowest = authority.ca.certificate.get();
    while (X509_self_signed(lowest, 0) != 1) {
        const auto parent = std::find_if(rest.begin(), rest.end(), [&](const CertPtr &certificate) {
            return isSignedBy(lowest, certificate.get());
        });
        if (parent == rest.end())
            break;
        authority.above.insert(authority.above.begin(), std::move(*parent));
        rest.erase(parent);
        lowest = authority.above.front().get();
    }
    lastOpensslError();
    if (!rest.empty()) {
        error =
            chainFile + " has certificates that are not above the CA's own: the chain is broken or mixed up";
        return false;
    }
    return true;
}

} // namespace nitroscope::nsm
