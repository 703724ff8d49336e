// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bank of 32 platform configuration registers: SHA-384 values, each of which can be locked for good.
// Extending follows the NSM: new = SHA-384(old ‖ data), data taken as it is. Index checks are the caller's,
// who knows which error the index makes.
#pragma once

#include "nsm-device/core/nsm_protocol.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct evp_md_st;
struct evp_md_ctx_st;

namespace nitroscope::nsm {

inline constexpr unsigned pcrCount = NSM_PCR_COUNT;
inline constexpr std::size_t pcrSize = NSM_PCR_SIZE;

using PcrValue = std::array<std::byte, pcrSize>;

struct Pcr {
    PcrValue value{};
    bool locked = false;
};

class PcrBank {
public:
    PcrBank();
    ~PcrBank();
    PcrBank(const PcrBank &) = delete;
    PcrBank &operator=(const PcrBank &) = delete;

    // False when the crypto library has no SHA-384; the bank is then of no use.
    bool ready() const { return m_digest != nullptr && m_context != nullptr; }

    const Pcr &at(unsigned index) const { return m_pcrs[index]; }
    Pcr &at(unsigned index) { return m_pcrs[index]; }
    void clear() { m_pcrs.fill({}); }

    // Leaves the register alone and returns false when hashing fails.
    bool extend(unsigned index, std::span<const std::byte> data);

private:
    std::array<Pcr, pcrCount> m_pcrs{};
    evp_md_st *m_digest = nullptr;
    evp_md_ctx_st *m_context = nullptr; // kept: fetching and allocating costs more than the hash
};

} // namespace nitroscope::nsm
