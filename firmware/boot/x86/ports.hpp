// SPDX-License-Identifier: GPL-2.0-or-later
//
// See firmware/boot/ports.hpp.
#pragma once

#include "firmware/boot/x86/cpu.hpp"

namespace nitroscope::boot {

// Of several from `first` on.
inline void writePort(uint16_t first, uint16_t offset, uint32_t value) {
    outLong(static_cast<uint16_t>(first + offset), value);
}
inline uint32_t readPort(uint16_t first, uint16_t offset) {
    return inLong(static_cast<uint16_t>(first + offset));
}

namespace fwcfg {
constexpr uint16_t dmaHighPort = 0x514;       // upper half of the descriptor's address, big-endian
constexpr uint16_t dmaLowPort = 0x518;        // lower half; writing it starts the transfer
constexpr uint32_t dmaSignature = 0x554d4551; // "QEMU", what dmaHighPort reads as

inline bool hasDma() {
    return inLong(dmaHighPort) == dmaSignature;
}
inline void startDma(uint64_t descriptor) {
    outLong(dmaHighPort, __builtin_bswap32(static_cast<uint32_t>(descriptor >> 32)));
    outLong(dmaLowPort, __builtin_bswap32(static_cast<uint32_t>(descriptor)));
}
} // namespace fwcfg

namespace uart {
constexpr uint16_t com1 = 0x3f8;
constexpr uint8_t divisor = 1; // 115200 baud of 1.8432 MHz

inline void write(unsigned index, uint8_t value) {
    outByte(static_cast<uint16_t>(com1 + index), value);
}
// A port that is not there reads all ones.
inline uint8_t read(unsigned index) {
    return inByte(static_cast<uint16_t>(com1 + index));
}
} // namespace uart

} // namespace nitroscope::boot
