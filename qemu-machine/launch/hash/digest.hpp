// SPDX-License-Identifier: GPL-2.0-or-later
//
// SHA-384 and the arithmetic of platform configuration registers, on OpenSSL. A register starts as 48 zero
// bytes; extending it with data gives SHA384(old || data). What the platform measures is itself a SHA-384
// first (PCR 0, 1, 2, 8) or short text (PCR 3, 4); see AWS's attestation description, "PCR".

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

typedef struct evp_md_ctx_st EVP_MD_CTX;

namespace nitroscope::launch {

inline constexpr size_t digestBytes = 48;
using Digest = std::array<uint8_t, digestBytes>;

// A running SHA-384. ok() is false when the crypto library failed (out of memory, or a configuration without
// SHA-2); the digest is then meaningless.
class Sha384 {
public:
    Sha384();
    // Forks the running state: both go on independently.
    Sha384(const Sha384 &other);
    Sha384 &operator=(const Sha384 &other);
    ~Sha384();

    void update(std::span<const std::byte> bytes);
    Digest finish();
    bool ok() const { return m_ok; }

    static Digest of(std::span<const std::byte> bytes);

private:
    EVP_MD_CTX *m_context = nullptr;
    bool m_ok = false;
};

// SHA384(48 zero bytes || data): the first extension of a register.
Digest extendZero(std::span<const std::byte> data);
// The same over text; all zero for empty text, as the platform leaves PCR 3 without a role.
Digest extendZeroWithText(std::string_view text);

} // namespace nitroscope::launch
