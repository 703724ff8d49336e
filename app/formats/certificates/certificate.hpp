// SPDX-License-Identifier: GPL-2.0-or-later
//
// A certificate of an attestation document (X.509, RFC 5280), read by OpenSSL: the facts that a verifier asks
// for, and the two questions that need its key. Foreign DER: parse() fails instead of guessing.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/tree/node.hpp"
#include "nsm-device/pki/openssl_ptr.hpp"

#include <optional>
#include <QByteArray>
#include <QStringList>

namespace nitroscope::formats::attestation {

class Certificate {
public:
    // One certificate that fills `der` exactly. Error "bad-certificate" with the offset in `der` at which
    // its DER ends or stops making sense.
    static app::Result<Certificate> parse(const QByteArray &der);

    QByteArray sha256() const; // Of the DER, 32 bytes.
    QString subject() const;   // "C=US, O=Amazon, OU=AWS, CN=aws.nitro-enclaves"
    QString issuer() const;
    QString commonName() const; // Of the subject; empty when there is none.
    QByteArray serial() const;  // Big-endian bytes without leading zeros.
    bool isSerialNegative() const;
    int version() const;      // 1 to 3.
    qint64 notBefore() const; // Seconds since 1970; both ends are valid. 0 when it cannot be read.
    qint64 notAfter() const;
    // Its two times as RFC 5280 §4.1.2.5 has them, to the second and in UTC. `misplaced`: one is in the other of the two types than its year asks for.
    enum class TimeForm { good, misplaced, unreadable };
    TimeForm timeForm() const;
    bool hasEmptySubject() const;
    bool hasUniqueIdentifiers() const;  // Of subject or issuer, obsolete parts of X.509 version 2.
    QString signatureAlgorithm() const; // "ecdsa-with-SHA384"
    QString keyText() const;            // "EC P-384", "RSA 2048 bit", "unreadable"
    // Bytes of a field element of its EC key (48 for P-384, but also for other curves of that size); 0 for other keys.
    int fieldBytes() const;
    bool isP384() const; // An EC key on the named curve secp384r1.
    // Of its key, as NIST SP 800-57 counts: 192 for P-384, 112 for RSA 2048, 80 for RSA 1024; 0 for a key that cannot be read.
    int securityBits() const;
    // Its EC key brings a curve of its own instead of the name of one (RFC 5480 §2.1.1 forbids it).
    bool hasExplicitCurve() const;
    bool hasKeyOf(const Certificate &other) const; // Both are for the same key.

    bool hasBasicConstraints() const;
    bool isBasicConstraintsCritical() const;
    bool isCa() const;
    std::optional<qint64> pathLength() const;
    bool hasKeyUsage() const;
    bool maySignCertificates() const; // keyCertSign, or no key usage at all.
    bool maySignData() const;         // digitalSignature, or no key usage at all.
    QStringList keyUsages() const;    // "digitalSignature", "keyCertSign" ...
    // An extension cannot be decoded or appears twice (whatever it is about: RFC 5280 §4.2).
    bool hasBrokenExtension() const;
    // Critical extensions that this verifier does not process: whoever meets one must refuse (RFC 5280 §4.2). Processed are basic
    // constraints, key usage, extended key usage and the two key identifiers; not, for example, name and policy constraints.
    QStringList unprocessedCriticalExtensions() const;
    bool hasExtendedKeyUsage() const;
    // SHA-1, MD5 or unknown.
    bool isWeaklySigned() const;
    bool isSignedAsHardwareDoes() const; // ECDSA with SHA-384

    bool isIssuerNamed(const Certificate &issuer) const; // Our issuer is its subject.
    // What our authority key identifier says of the issuer (key, name and serial number) is true, or it says nothing.
    bool keyIdentifierFits(const Certificate &issuer) const;
    // Signed with the issuer's key. Says nothing about names, dates and constraints.
    bool isSignedBy(const Certificate &issuer) const;

    X509 *get() const { return m_x509.get(); }

private:
    explicit Certificate(nsm::CertPtr x509) : m_x509(std::move(x509)) {}
    nsm::CertPtr m_x509;
};

// The certificate's fields as nodes with their byte ranges; `offset` is where the DER starts. A certificate
// that cannot be read gives one node with the reason as an error.
Node certificateNode(const QString &name, const QByteArray &der, ByteRange range);

// "2026-01-02T03:04:05Z"
QString secondsText(qint64 secondsSinceEpoch);

} // namespace nitroscope::formats::attestation
