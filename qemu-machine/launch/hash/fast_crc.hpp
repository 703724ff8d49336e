// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF's CRC32 as fast as this computer can: with carry-less multiplication where the CPU has it (the
// firmware's code, about ten times the speed of the table), with the table of firmware/eif otherwise. Same
// interface as eif::Crc32.

#pragma once

#include "firmware/eif/crc32.hpp"

#ifdef __x86_64__
#include "firmware/boot/crc/crc_fold.hpp"
#endif

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::launch {

// Continues a running state (not inverted).
inline uint32_t fastCrcBytes(uint32_t state, std::span<const std::byte> bytes) {
#ifdef __x86_64__
    static const bool canFold = __builtin_cpu_supports("pclmul") != 0;
    if (canFold)
        return boot::crcByFolding(state, bytes.data(), bytes.size());
#endif
    return eif::detail::crcBytes(state, bytes.data(), bytes.size());
}

class FastCrc32 {
public:
    void update(std::span<const std::byte> bytes) { m_state = fastCrcBytes(m_state, bytes); }
    uint32_t value() const { return ~m_state; }

private:
    uint32_t m_state = 0xffffffff;
};

} // namespace nitroscope::launch
