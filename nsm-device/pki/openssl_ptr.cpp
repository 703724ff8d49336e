// SPDX-License-Identifier: GPL-2.0-or-later
//
// Conversions between OpenSSL objects and bytes.
#include "nsm-device/pki/openssl_ptr.hpp"

#include <algorithm>
#include <ctime>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace nitroscope::nsm {

namespace {

// `encode` is one of OpenSSL's i2d functions: without a target it tells the size, with one it writes there and moves it on.
template <class T>
ByteVector encodeDer(const T *object, int (*encode)(const T *, unsigned char **)) {
    ByteVector bytes(static_cast<std::size_t>(std::max(0, encode(object, nullptr))));
    auto *at = reinterpret_cast<unsigned char *>(bytes.data());
    if (bytes.empty() || encode(object, &at) != static_cast<int>(bytes.size()))
        return {};
    return bytes;
}

std::int64_t seconds(const ASN1_TIME *time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

} // namespace

ByteVector toDer(const X509 *certificate) {
    return encodeDer(certificate, i2d_X509);
}

ByteVector toDer(const EVP_PKEY *key) {
    return encodeDer(key, i2d_PrivateKey);
}

CertPtr certificateFromDer(std::span<const std::byte> der) {
    const auto *at = reinterpret_cast<const unsigned char *>(der.data());
    const auto *end = at + der.size();
    CertPtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    return at == end ? std::move(certificate) : CertPtr();
}

KeyPtr keyFromDer(std::span<const std::byte> der) {
    const auto *at = reinterpret_cast<const unsigned char *>(der.data());
    return KeyPtr(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
}

std::string toPem(const X509 *certificate) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    if (!out || PEM_write_bio_X509(out.get(), certificate) != 1)
        return {};
    char *text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

KeyPtr makeKey() {
    return KeyPtr(EVP_EC_gen("P-384"));
}

std::int64_t notBefore(const X509 *certificate) {
    return seconds(X509_get0_notBefore(certificate));
}

std::int64_t notAfter(const X509 *certificate) {
    return seconds(X509_get0_notAfter(certificate));
}

std::string lastOpensslError() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? reason : "unknown OpenSSL error";
}

} // namespace nitroscope::nsm
