// SPDX-License-Identifier: GPL-2.0-or-later
//
// An X.509 certificate as the EIF tools need it, on OpenSSL: names, dates, key, and the check of a COSE_Sign1
// signature with its key (RFC 9052 §4.4, RFC 9053 §2.1).

#pragma once

#include "qemu-machine/launch/cose.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

typedef struct x509_st X509;

namespace nitroscope::launch {

class Certificate {
public:
    // The first certificate in PEM text; nothing when there is none that can be read.
    static std::optional<Certificate> fromPem(std::span<const std::byte> pem);

    std::string subject() const; // One line in certificate order: "C=US, O=Example, CN=name".
    std::string issuer() const;
    // Issuer as (long OpenSSL name, value) pairs, in certificate order: {"commonName", "..."}.
    std::vector<std::pair<std::string, std::string>> issuerFields() const;
    std::string signatureAlgorithm() const; // "ecdsa-with-SHA384".
    std::string keyText() const;            // "EC P-384" or "RSA 2048 bit".
    std::string serialHex() const;
    std::string notBeforeText() const; // OpenSSL's form: "Jan  2 03:04:05 2026 GMT".
    std::string notAfterText() const;
    std::optional<int64_t> notBefore() const; // Unix seconds.
    std::optional<int64_t> notAfter() const;
    std::vector<std::byte> signature() const;
    std::vector<std::byte> der() const;

    // Whether `signature` (r || s) over the Sig_structure of these two byte strings was made with this
    // certificate's key.
    CoseVerdict verifyCose(std::optional<int64_t> algorithm, std::span<const std::byte> protectedHeader,
                           std::span<const std::byte> payload, std::span<const std::byte> signature) const;

private:
    struct Free {
        void operator()(X509 *x509) const;
    };
    explicit Certificate(X509 *x509) : m_x509(x509) {}

    std::unique_ptr<X509, Free> m_x509;
};

} // namespace nitroscope::launch
