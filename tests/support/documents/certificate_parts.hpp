// SPDX-License-Identifier: GPL-2.0-or-later
//
// A certificate as a list of its DER elements (RFC 5280 §4.1), each of which a test may replace by any bytes, sensible or not, before
// somebody signs it. OpenSSL's own functions would refuse to write half of what a forger may.
#pragma once

#include <openssl/evp.h>
#include <QByteArray>
#include <QList>

namespace nitroscope::test {

// One DER element; the length in its shortest form.
QByteArray der(quint8 tag, const QByteArray &content);
// The elements one after the other; of DER that is good.
QList<QByteArray> derParts(const QByteArray &content);
QByteArray derContent(const QByteArray &element);
// An OBJECT IDENTIFIER from its numbers, as in "2.5.29.19".
QByteArray derOid(const char *dotted);
QByteArray derInteger(const QByteArray &bigEndian);
// SEQUENCE { OBJECT IDENTIFIER }: an algorithm without parameters.
QByteArray derAlgorithm(const char *oid);

struct ExtensionParts {
    QByteArray oid;      // the whole element
    QByteArray critical; // the whole BOOLEAN, or nothing
    QByteArray value;    // what is inside of the OCTET STRING
};

struct CertificateParts {
    // Whole elements, in the order of TBSCertificate; `uniqueIds` is usually empty.
    QByteArray version, serial, algorithm, issuer, notBefore, notAfter, subject, key, uniqueIds;
    QList<ExtensionParts> extensions;
    QByteArray outerAlgorithm;
    // What is done to the whole when it is ready.
    QByteArray (*disguise)(const QByteArray &certificate) = nullptr;
    QByteArray (*disguiseTbs)(const QByteArray &tbs) = nullptr;
    QByteArray (*disguiseSignature)(const QByteArray &bitString) = nullptr;

    static CertificateParts of(const QByteArray &certificate);
    ExtensionParts *extension(const char *oid); // nullptr when there is none
    // In place of one of the same kind, or behind the others.
    void setExtension(const char *oid, const QByteArray &value, bool isCritical);
    void removeExtension(const char *oid);
    // The certificate, signed with `key` and that digest.
    QByteArray signedBy(EVP_PKEY *key, const EVP_MD *digest) const;
};

namespace oid {
inline constexpr auto basicConstraints = "2.5.29.19", keyUsage = "2.5.29.15", subjectKey = "2.5.29.14",
                      authorityKey = "2.5.29.35", extendedKeyUsage = "2.5.29.37", crlPoints = "2.5.29.31",
                      ecdsaSha1 = "1.2.840.10045.4.1", ecdsaSha256 = "1.2.840.10045.4.3.2",
                      ecdsaSha384 = "1.2.840.10045.4.3.3", ecPublicKey = "1.2.840.10045.2.1";
} // namespace oid

} // namespace nitroscope::test
