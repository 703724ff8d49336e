// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC32 by this processor's own means: the CRC32 instructions, which have zlib's polynomial (Arm ARM, C6.2.75).
#pragma once

#include <cstddef>
#include <cstdint>

namespace nitroscope::boot {

inline bool hasCrcInstructions() {
    constexpr unsigned crc32Field = 16; // ID_AA64ISAR0_EL1.CRC32
    uint64_t features;
    asm("mrs %0, id_aa64isar0_el1" : "=r"(features));
    return features >> crc32Field & 15;
}

// Continues a running state, not inverted.
inline uint32_t crcByInstructions(uint32_t state, const std::byte *data, size_t size) {
    constexpr size_t word = sizeof(uint64_t);
    for (; size > 0 && reinterpret_cast<uintptr_t>(data) % word != 0; --size, ++data)
        asm(".arch_extension crc\n crc32b %w0, %w0, %w1"
            : "+r"(state)
            : "r"(std::to_integer<uint32_t>(*data)));
    for (; size >= word; size -= word, data += word)
        asm(".arch_extension crc\n crc32x %w0, %w0, %x1"
            : "+r"(state)
            : "r"(*reinterpret_cast<const uint64_t *>(data)));
    for (; size > 0; --size, ++data)
        asm(".arch_extension crc\n crc32b %w0, %w0, %w1"
            : "+r"(state)
            : "r"(std::to_integer<uint32_t>(*data)));
    return state;
}

} // namespace nitroscope::boot
