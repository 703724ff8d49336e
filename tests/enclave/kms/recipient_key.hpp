// SPDX-License-Identifier: GPL-2.0-or-later
//
// The key pair of an enclave for one answer of KMS: its public half goes into the attestation document, and only its private half opens
// CiphertextForRecipient (CMS, RFC 5652), which OpenSSL reads by itself.
#pragma once

#include <memory>
#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>

namespace nitroscope::demo {

class RecipientKey {
public:
    // RSA-2048.
    RecipientKey();

    bool isThere() const { return m_key != nullptr; }
    std::string publicKey() const; // DER SubjectPublicKeyInfo
    std::optional<std::string> open(std::string_view envelope) const;

private:
    struct Free {
        void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
    };
    std::unique_ptr<EVP_PKEY, Free> m_key;
};

} // namespace nitroscope::demo
