// SPDX-License-Identifier: GPL-2.0-or-later
//
// A certificate's extensions (RFC 5280 §4.2), as OpenSSL has decoded them.

#include "app/formats/certificates/certificate.hpp"
#include "app/formats/certificates/der.hpp"

#include <algorithm>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

bool hasRepeatedExtension(const X509 *certificate) {
    const int count = X509_get_ext_count(certificate);
    for (int i = 0; i < count; ++i)
        if (X509_get_ext_by_OBJ(certificate, X509_EXTENSION_get_object(X509_get_ext(certificate, i)), i) >= 0)
            return true;
    return false;
}

// The value is DER itself, which OpenSSL does not insist on.
bool hasLooseExtension(const X509 *certificate) {
    for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(certificate, i));
        const std::span bytes(ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value)));
        if (derFault(std::as_bytes(bytes)))
            return true;
    }
    return false;
}

} // namespace

bool Certificate::hasBasicConstraints() const {
    return X509_get_extension_flags(m_x509.get()) & EXFLAG_BCONS;
}

bool Certificate::isBasicConstraintsCritical() const {
    const int at = X509_get_ext_by_NID(m_x509.get(), NID_basic_constraints, -1);
    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(m_x509.get(), at));
}

bool Certificate::isCa() const {
    return X509_get_extension_flags(m_x509.get()) & EXFLAG_CA;
}

std::optional<qint64> Certificate::pathLength() const {
    const long length = X509_get_pathlen(m_x509.get());
    return length < 0 ? std::nullopt : std::optional<qint64>(length);
}

bool Certificate::hasKeyUsage() const {
    return X509_get_extension_flags(m_x509.get()) & EXFLAG_KUSAGE;
}

// Without the extension OpenSSL reports all bits.
bool Certificate::maySignCertificates() const {
    return X509_get_key_usage(m_x509.get()) & KU_KEY_CERT_SIGN;
}

bool Certificate::maySignData() const {
    return X509_get_key_usage(m_x509.get()) & KU_DIGITAL_SIGNATURE;
}

QStringList Certificate::keyUsages() const {
    if (!hasKeyUsage())
        return {};
    constexpr std::pair<uint32_t, const char *> names[] = {{KU_DIGITAL_SIGNATURE, "digitalSignature"},
                                                           {KU_NON_REPUDIATION, "nonRepudiation"},
                                                           {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
                                                           {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
                                                           {KU_KEY_AGREEMENT, "keyAgreement"},
                                                           {KU_KEY_CERT_SIGN, "keyCertSign"},
                                                           {KU_CRL_SIGN, "cRLSign"},
                                                           {KU_ENCIPHER_ONLY, "encipherOnly"},
                                                           {KU_DECIPHER_ONLY, "decipherOnly"}};
    const uint32_t usage = X509_get_key_usage(m_x509.get());
    QStringList list;
    for (const auto &[bit, name] : names)
        if (usage & bit)
            list << QString::fromLatin1(name);
    return list;
}

bool Certificate::hasBrokenExtension() const {
    return X509_get_extension_flags(m_x509.get()) & EXFLAG_INVALID || hasRepeatedExtension(m_x509.get()) ||
           hasLooseExtension(m_x509.get());
}

QStringList Certificate::unprocessedCriticalExtensions() const {
    constexpr int processed[] = {NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
                                 NID_subject_key_identifier, NID_authority_key_identifier};
    QStringList list;
    for (int i = 0; i < X509_get_ext_count(m_x509.get()); ++i) {
        X509_EXTENSION *extension = X509_get_ext(m_x509.get(), i);
        const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (!X509_EXTENSION_get_critical(extension) ||
            std::ranges::find(processed, nid) != std::end(processed))
            continue;
        char text[80];
        OBJ_obj2txt(text, sizeof text, X509_EXTENSION_get_object(extension), 0);
        list << QString::fromLatin1(text);
    }
    return list;
}

bool Certificate::hasExtendedKeyUsage() const {
    return X509_get_extension_flags(m_x509.get()) & EXFLAG_XKUSAGE;
}

} // namespace nitroscope::formats::attestation
