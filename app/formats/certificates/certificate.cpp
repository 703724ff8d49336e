// SPDX-License-Identifier: GPL-2.0-or-later
//
// See certificate.hpp.

#include "app/formats/certificates/certificate.hpp"

#include "app/formats/certificates/der.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <mutex>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <QCache>
#include <QDateTime>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

QString nameText(const X509_NAME *name) {
    const nsm::BioPtr out(BIO_new(BIO_s_mem()));
    // Escapes control characters and ends of lines, keeps UTF-8.
    constexpr unsigned long style =
        (XN_FLAG_RFC2253 & ~(ASN1_STRFLGS_ESC_MSB | XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV)) |
        XN_FLAG_SEP_CPLUS_SPC;
    if (!out || X509_NAME_print_ex(out.get(), name, 0, style) < 0)
        return u"unreadable"_s;
    char *data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return printableText(QByteArray(data, size));
}

const EVP_PKEY *keyOf(const X509 *certificate) {
    return X509_get0_pubkey(certificate);
}

QString groupOf(const X509 *certificate) {
    const EVP_PKEY *key = keyOf(certificate);
    char name[64];
    size_t size = 0;
    if (!key || EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1)
        return {};
    return QString::fromLatin1(name, qsizetype(size));
}

// The certificates parsed last, by their DER. Documents share root, regional and zonal certificates for days,
// and decoding a key costs OpenSSL 3 a quarter of what a signature costs. Also which of them were signed by
// which key: the same bytes under the same key cannot come out otherwise. Failures are not remembered, and
// dates, names and constraints are checked anew each time.
class RecentCertificates {
public:
    static RecentCertificates &instance() {
        static RecentCertificates certificates;
        return certificates;
    }

    nsm::CertPtr find(const QByteArray &der) {
        const std::scoped_lock lock(m_mutex);
        const nsm::CertPtr *found = m_certificates.object(der);
        if (!found || X509_up_ref(found->get()) != 1)
            return {};
        return nsm::CertPtr(found->get());
    }
    void insert(const QByteArray &der, const nsm::CertPtr &certificate) {
        if (der.size() > maxBytes || X509_up_ref(certificate.get()) != 1)
            return;
        auto *kept = new nsm::CertPtr(certificate.get());
        const std::scoped_lock lock(m_mutex);
        m_certificates.insert(der, kept);
    }

    // `link` names certificate and issuer.
    bool isProven(const QByteArray &link) {
        const std::scoped_lock lock(m_mutex);
        return m_proven.contains(link);
    }
    void setProven(const QByteArray &link) {
        const std::scoped_lock lock(m_mutex);
        m_proven.insert(link, new bool(true));
    }

private:
    static constexpr int maxCertificates = 64;
    static constexpr qsizetype maxBytes = 4096; // the documents' own limit is 1024

    std::mutex m_mutex;
    QCache<QByteArray, nsm::CertPtr> m_certificates{maxCertificates};
    QCache<QByteArray, bool> m_proven{maxCertificates};
};

// RFC 5280 §4.1.2.5: to the second, in UTC, without fractions; years up to 2049 as UTCTime, later ones as GeneralizedTime.
Certificate::TimeForm formOf(const ASN1_TIME *time) {
    constexpr int utcSize = 13, generalizedSize = 15, lastUtcYear = 2049;
    const bool isUtc = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
    const auto *text = reinterpret_cast<const char *>(ASN1_STRING_get0_data(time));
    const int size = ASN1_STRING_length(time);
    std::tm parts{};
    if (size != (isUtc ? utcSize : generalizedSize) || text[size - 1] != 'Z' ||
        ASN1_TIME_to_tm(time, &parts) != 1)
        return Certificate::TimeForm::unreadable;
    constexpr int tmEpoch = 1900;
    return !isUtc && parts.tm_year + tmEpoch <= lastUtcYear ? Certificate::TimeForm::misplaced
                                                            : Certificate::TimeForm::good;
}

app::Error broken(const QString &why, quint64 offset) {
    return {u"bad-certificate"_s, u"The certificate's DER is broken (%1)."_s.arg(why), offset, {}};
}

} // namespace

QString secondsText(qint64 secondsSinceEpoch) {
    return QDateTime::fromSecsSinceEpoch(secondsSinceEpoch, Qt::UTC).toString(Qt::ISODate);
}

app::Result<Certificate> Certificate::parse(const QByteArray &der) {
    if (nsm::CertPtr known = RecentCertificates::instance().find(der))
        return Certificate(std::move(known));
    ERR_clear_error();
    nsm::CertPtr x509 = nsm::certificateFromDer(toBytes(der));
    if (!x509) {
        // OpenSSL itself has nothing against what follows a certificate.
        const QString why = ERR_peek_last_error() == 0 ? u"bytes after its end"_s
                                                       : QString::fromStdString(nsm::lastOpensslError());
        return tl::unexpected(broken(why, derFault(toBytes(der)).value_or(0)));
    }
    // OpenSSL reads looser encodings (BER), too; a certificate has one encoding only, or its fingerprint would mean nothing.
    if (const auto fault = derFault(toBytes(der)))
        return tl::unexpected(broken(u"not in DER's only form"_s, *fault));
    // Decodes the extensions once; what is wrong with them is kept as flags. OpenSSL's own words are not
    // needed.
    X509_check_purpose(x509.get(), -1, 0);
    ERR_clear_error();
    RecentCertificates::instance().insert(der, x509);
    return Certificate(std::move(x509));
}

QByteArray Certificate::sha256() const {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(m_x509.get(), EVP_sha256(), digest, &size) != 1)
        return {};
    return {reinterpret_cast<const char *>(digest), qsizetype(size)};
}

QString Certificate::subject() const {
    return nameText(X509_get_subject_name(m_x509.get()));
}

QString Certificate::issuer() const {
    return nameText(X509_get_issuer_name(m_x509.get()));
}

QString Certificate::commonName() const {
    const X509_NAME *name = X509_get_subject_name(m_x509.get());
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0)
        return {};
    unsigned char *utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0)
        return {};
    const QString text = printableText(QByteArray(reinterpret_cast<char *>(utf8), size));
    OPENSSL_free(utf8);
    return text;
}

QByteArray Certificate::serial() const {
    const ASN1_INTEGER *serial = X509_get0_serialNumber(m_x509.get());
    return {reinterpret_cast<const char *>(ASN1_STRING_get0_data(serial)), ASN1_STRING_length(serial)};
}

bool Certificate::isSerialNegative() const {
    return ASN1_STRING_type(X509_get0_serialNumber(m_x509.get())) == V_ASN1_NEG_INTEGER;
}

int Certificate::version() const {
    return static_cast<int>(X509_get_version(m_x509.get())) + 1;
}

qint64 Certificate::notBefore() const {
    return nsm::notBefore(m_x509.get());
}

qint64 Certificate::notAfter() const {
    return nsm::notAfter(m_x509.get());
}

QString Certificate::signatureAlgorithm() const {
    const int nid = X509_get_signature_nid(m_x509.get());
    return nid == NID_undef ? u"unknown"_s : QString::fromLatin1(OBJ_nid2ln(nid));
}

QString Certificate::keyText() const {
    const EVP_PKEY *key = keyOf(m_x509.get());
    if (!key)
        return u"unreadable"_s;
    const QString group = groupOf(m_x509.get());
    if (group.isEmpty())
        return u"%1 %2 bit"_s.arg(QString::fromLatin1(EVP_PKEY_get0_type_name(key)))
            .arg(EVP_PKEY_get_bits(key));
    const int nid = OBJ_txt2nid(group.toLatin1().constData());
    const char *nist = EC_curve_nid2nist(nid);
    return u"EC "_s + (nist ? QString::fromLatin1(nist) : group);
}

int Certificate::fieldBytes() const {
    const EVP_PKEY *key = keyOf(m_x509.get());
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? (EVP_PKEY_get_bits(key) + 7) / 8 : 0;
}

bool Certificate::isP384() const {
    const QByteArray group = groupOf(m_x509.get()).toLatin1();
    return fieldBytes() != 0 && (OBJ_txt2nid(group.constData()) == NID_secp384r1 ||
                                 EC_curve_nist2nid(group.constData()) == NID_secp384r1);
}

int Certificate::securityBits() const {
    const EVP_PKEY *key = keyOf(m_x509.get());
    return key ? EVP_PKEY_get_security_bits(key) : 0;
}

Certificate::TimeForm Certificate::timeForm() const {
    return std::max(formOf(X509_get0_notBefore(m_x509.get())), formOf(X509_get0_notAfter(m_x509.get())));
}

bool Certificate::hasEmptySubject() const {
    return X509_NAME_entry_count(X509_get_subject_name(m_x509.get())) == 0;
}

bool Certificate::hasUniqueIdentifiers() const {
    const ASN1_BIT_STRING *issuer = nullptr, *subject = nullptr;
    X509_get0_uids(m_x509.get(), &issuer, &subject);
    return issuer || subject;
}

bool Certificate::hasExplicitCurve() const {
    const EVP_PKEY *key = keyOf(m_x509.get());
    int isExplicit = 0;
    return key &&
           EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit) == 1 &&
           isExplicit == 1;
}

bool Certificate::hasKeyOf(const Certificate &other) const {
    const EVP_PKEY *key = keyOf(m_x509.get()), *others = keyOf(other.get());
    return key && others && EVP_PKEY_eq(key, others) == 1;
}

bool Certificate::isWeaklySigned() const {
    int digest = NID_undef, bits = 0;
    if (X509_get_signature_info(m_x509.get(), &digest, nullptr, &bits, nullptr) != 1)
        return true;
    return bits < 100; // security bits: SHA-1 has 63, SHA-256 has 128
}

bool Certificate::isSignedAsHardwareDoes() const {
    return X509_get_signature_nid(m_x509.get()) == NID_ecdsa_with_SHA384;
}

bool Certificate::isIssuerNamed(const Certificate &issuer) const {
    return X509_NAME_cmp(X509_get_issuer_name(m_x509.get()), X509_get_subject_name(issuer.get())) == 0;
}

bool Certificate::keyIdentifierFits(const Certificate &issuer) const {
    const std::unique_ptr<AUTHORITY_KEYID, nsm::Release<AUTHORITY_KEYID_free>> identifier(
        static_cast<AUTHORITY_KEYID *>(
            X509_get_ext_d2i(m_x509.get(), NID_authority_key_identifier, nullptr, nullptr)));
    return X509_check_akid(issuer.get(), identifier.get()) == X509_V_OK;
}

bool Certificate::isSignedBy(const Certificate &issuer) const {
    EVP_PKEY *key = X509_get0_pubkey(issuer.get());
    if (!key)
        return false;
    // SHA-256 of both certificates as a whole: key bits alone do not name the curve.
    constexpr int digestBytes = 32;
    QByteArray link(2 * digestBytes, '\0');
    auto *out = reinterpret_cast<unsigned char *>(link.data());
    const bool isNamed = X509_digest(m_x509.get(), EVP_sha256(), out, nullptr) == 1 &&
                         X509_digest(issuer.get(), EVP_sha256(), out + digestBytes, nullptr) == 1;
    if (isNamed && RecentCertificates::instance().isProven(link))
        return true;
    const bool good = X509_verify(m_x509.get(), key) == 1;
    ERR_clear_error();
    if (good && isNamed)
        RecentCertificates::instance().setProven(link);
    return good;
}

} // namespace nitroscope::formats::attestation
