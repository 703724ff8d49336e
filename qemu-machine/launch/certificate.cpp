// SPDX-License-Identifier: GPL-2.0-or-later
//
// X.509 and ECDSA on OpenSSL; see certificate.hpp. OpenSSL's error queue is cleared after each failure,
// because the queue belongs to the thread and QEMU's own TLS code would find our errors in it.

#include "qemu-machine/launch/certificate.hpp"

#include <algorithm>
#include <climits>
#include <ctime>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace nitroscope::launch {

namespace {

template <auto free>
struct FreeWith {
    template <class T>
    void operator()(T *object) const {
        free(object);
    }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

std::string take(const Bio &bio) {
    char *data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return length > 0 ? std::string(data, static_cast<size_t>(length)) : std::string();
}

std::string nameText(const X509_NAME *name) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio ||
        X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ) < 0)
        return {};
    return take(bio);
}

std::string timeText(const ASN1_TIME *time) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || ASN1_TIME_print(bio.get(), time) != 1) {
        ERR_clear_error();
        return "unreadable time";
    }
    return take(bio);
}

std::optional<int64_t> timeSeconds(const ASN1_TIME *time) {
    tm parts = {};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    return timegm(&parts);
}

std::string objectText(const ASN1_OBJECT *object) {
    char buffer[128] = "";
    OBJ_obj2txt(buffer, sizeof buffer, object, 0);
    return buffer;
}

} // namespace

void Certificate::Free::operator()(X509 *x509) const {
    X509_free(x509);
}

std::optional<Certificate> Certificate::fromPem(std::span<const std::byte> pem) {
    if (pem.empty() || pem.size() > INT_MAX)
        return std::nullopt;
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    // An empty passphrase instead of the default callback, which would ask on the terminal.
    char noPassphrase[] = "";
    X509 *x509 = bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, noPassphrase) : nullptr;
    if (!x509) {
        ERR_clear_error();
        return std::nullopt;
    }
    return Certificate(x509);
}

std::string Certificate::subject() const {
    return nameText(X509_get_subject_name(m_x509.get()));
}
std::string Certificate::issuer() const {
    return nameText(X509_get_issuer_name(m_x509.get()));
}

std::vector<std::pair<std::string, std::string>> Certificate::issuerFields() const {
    std::vector<std::pair<std::string, std::string>> fields;
    const X509_NAME *name = X509_get_issuer_name(m_x509.get());
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        unsigned char *utf8 = nullptr;
        const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
        std::string value = length > 0
                                ? std::string(reinterpret_cast<char *>(utf8), static_cast<size_t>(length))
                                : std::string();
        OPENSSL_free(utf8);
        fields.emplace_back(objectText(X509_NAME_ENTRY_get_object(entry)), std::move(value));
    }
    ERR_clear_error();
    return fields;
}

std::string Certificate::signatureAlgorithm() const {
    const ASN1_OBJECT *object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, X509_get0_tbs_sigalg(m_x509.get()));
    return objectText(object);
}

std::string Certificate::keyText() const {
    const EVP_PKEY *key = X509_get0_pubkey(m_x509.get());
    if (!key) {
        ERR_clear_error();
        return "unreadable key";
    }
    char group[64] = "";
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
        EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1) {
        const char *nist = EC_curve_nid2nist(OBJ_txt2nid(group));
        return std::string("EC ") + (nist ? nist : group);
    }
    const char *type = EVP_PKEY_get0_type_name(key);
    return std::string(type ? type : "unknown") + " " + std::to_string(EVP_PKEY_get_bits(key)) + " bit";
}

std::string Certificate::serialHex() const {
    std::string hex;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(m_x509.get());
    for (int i = 0; i < serial->length; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        hex += digits[serial->data[i] >> 4];
        hex += digits[serial->data[i] & 15];
    }
    return hex;
}

std::string Certificate::notBeforeText() const {
    return timeText(X509_get0_notBefore(m_x509.get()));
}
std::string Certificate::notAfterText() const {
    return timeText(X509_get0_notAfter(m_x509.get()));
}
std::optional<int64_t> Certificate::notBefore() const {
    return timeSeconds(X509_get0_notBefore(m_x509.get()));
}
std::optional<int64_t> Certificate::notAfter() const {
    return timeSeconds(X509_get0_notAfter(m_x509.get()));
}

std::vector<std::byte> Certificate::signature() const {
    const ASN1_BIT_STRING *bits = nullptr;
    X509_get0_signature(&bits, nullptr, m_x509.get());
    const auto *data = reinterpret_cast<const std::byte *>(bits->data);
    return {data, data + bits->length};
}

std::vector<std::byte> Certificate::der() const {
    std::vector<std::byte> der(static_cast<size_t>(std::max(0, i2d_X509(m_x509.get(), nullptr))));
    auto *end = reinterpret_cast<unsigned char *>(der.data());
    if (!der.empty())
        i2d_X509(m_x509.get(), &end);
    return der;
}

CoseVerdict Certificate::verifyCose(std::optional<int64_t> algorithm,
                                    std::span<const std::byte> protectedHeader,
                                    std::span<const std::byte> payload,
                                    std::span<const std::byte> signature) const {
    return launch::verifyCose(X509_get0_pubkey(m_x509.get()), algorithm, protectedHeader, payload, signature);
}

} // namespace nitroscope::launch
