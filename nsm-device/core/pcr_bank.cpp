// SPDX-License-Identifier: GPL-2.0-or-later
//
// PCR extension over OpenSSL's EVP digests.
#include "nsm-device/core/pcr_bank.hpp"

#include <openssl/evp.h>

namespace nitroscope::nsm {

PcrBank::PcrBank() : m_digest(EVP_MD_fetch(nullptr, "SHA384", nullptr)), m_context(EVP_MD_CTX_new()) {}

PcrBank::~PcrBank() {
    EVP_MD_CTX_free(m_context);
    EVP_MD_free(m_digest);
}

bool PcrBank::extend(unsigned index, std::span<const std::byte> data) {
    Pcr &pcr = m_pcrs[index];
    PcrValue next{};
    unsigned length = 0;
    const bool done =
        ready() && EVP_DigestInit_ex2(m_context, m_digest, nullptr) == 1 &&
        EVP_DigestUpdate(m_context, pcr.value.data(), pcr.value.size()) == 1 &&
        EVP_DigestUpdate(m_context, data.data(), data.size()) == 1 &&
        EVP_DigestFinal_ex(m_context, reinterpret_cast<unsigned char *>(next.data()), &length) == 1 &&
        length == next.size();
    if (done)
        pcr.value = next;
    return done;
}

} // namespace nitroscope::nsm
