// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/kms/recipient_key.hpp"

#include <openssl/cms.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace nitroscope::demo {

RecipientKey::RecipientKey() : m_key(EVP_RSA_gen(2048)) {}

std::string RecipientKey::publicKey() const {
    unsigned char *der = nullptr;
    const int size = i2d_PUBKEY(m_key.get(), &der);
    std::string bytes(reinterpret_cast<const char *>(der), size > 0 ? static_cast<size_t>(size) : 0);
    OPENSSL_free(der);
    return bytes;
}

std::optional<std::string> RecipientKey::open(std::string_view envelope) const {
    BIO *in = BIO_new_mem_buf(envelope.data(), static_cast<int>(envelope.size())),
        *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = d2i_CMS_bio(in, nullptr);
    std::optional<std::string> content;
    if (cms != nullptr && CMS_decrypt_set1_pkey(cms, m_key.get(), nullptr) == 1 &&
        CMS_decrypt(cms, nullptr, nullptr, nullptr, out, 0) == 1) {
        char *bytes = nullptr;
        const long size = BIO_get_mem_data(out, &bytes);
        content.emplace(bytes, static_cast<size_t>(size));
    }
    CMS_ContentInfo_free(cms);
    BIO_free(out);
    BIO_free(in);
    return content;
}

} // namespace nitroscope::demo
