// SPDX-License-Identifier: GPL-2.0-or-later
//
// Owning pointers to the OpenSSL objects that the core keeps, and conversions between them and bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <span>
#include <string>
#include <vector>

namespace nitroscope::nsm {

template <auto release>
struct Release {
    template <class T>
    void operator()(T *object) const {
        release(object);
    }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Release<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;

using ByteVector = std::vector<std::byte>;

// DER of a certificate; empty on failure.
ByteVector toDer(const X509 *certificate);
// DER (PKCS #8 not needed: the traditional EC or RSA form) of a private key; empty on failure.
ByteVector toDer(const EVP_PKEY *key);
// One certificate that fills `der` exactly; null otherwise.
CertPtr certificateFromDer(std::span<const std::byte> der);
KeyPtr keyFromDer(std::span<const std::byte> der);

std::string toPem(const X509 *certificate);

// A new P-384 key, the only kind this PKI issues; null on failure.
KeyPtr makeKey();

// Seconds since the epoch.
std::int64_t notBefore(const X509 *certificate);
std::int64_t notAfter(const X509 *certificate);

// The reason of OpenSSL's latest error in words, which is then forgotten.
std::string lastOpensslError();

} // namespace nitroscope::nsm
