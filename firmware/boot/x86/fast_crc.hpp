// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC32 by this processor's own means: carry-less multiplication.
#pragma once

#include "firmware/boot/crc/crc_fold.hpp"
#include "firmware/boot/x86/cpu.hpp"

namespace nitroscope::boot {

inline bool hasCrcInstructions() {
    constexpr uint32_t pclmulqdq = 1u << 1; // CPUID.1:ECX
    static const bool has = cpuId(1).ecx & pclmulqdq;
    return has;
}

inline uint32_t crcByInstructions(uint32_t state, const std::byte *data, size_t size) {
    return crcByFolding(state, data, size);
}

} // namespace nitroscope::boot
