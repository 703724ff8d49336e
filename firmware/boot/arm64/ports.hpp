// SPDX-License-Identifier: GPL-2.0-or-later
//
// See firmware/boot/ports.hpp. An access where nothing answers is an external abort here, so there is no asking
// whether something is there: the board has all of it.
#pragma once

#include "firmware/boot/arm64/cpu.hpp"
#include "firmware/boot/arm64/platform.h"

namespace nitroscope::boot {

template <typename Word>
volatile Word &deviceWord(uint64_t address) {
    return *reinterpret_cast<volatile Word *>(atPhysical(address));
}

// What are ports from `first` on elsewhere are words at one place here.
inline void writePort(uint16_t, uint16_t offset, uint32_t value) {
    memoryBarrier();
    deviceWord<uint32_t>(NITRO_ARM64_BOOT_PORT + offset) = value;
    memoryBarrier();
}
inline uint32_t readPort(uint16_t, uint16_t offset) {
    return deviceWord<uint32_t>(NITRO_ARM64_BOOT_PORT + offset);
}

namespace fwcfg {
constexpr uint64_t dmaRegister = NITRO_ARM64_FW_CFG + 16; // of a descriptor's address, big-endian
constexpr uint64_t dmaSignature = 0x51454d5520434647;     // "QEMU CFG", what it reads as

inline bool hasDma() {
    return __builtin_bswap64(deviceWord<uint64_t>(dmaRegister)) == dmaSignature;
}
inline void startDma(uint64_t descriptor) {
    memoryBarrier();
    deviceWord<uint64_t>(dmaRegister) = __builtin_bswap64(descriptor);
    memoryBarrier();
}
} // namespace fwcfg

namespace uart {
constexpr uint8_t divisor = NITRO_ARM64_UART_CLOCK / 16 / 115200; // 115200 baud

inline void write(unsigned index, uint8_t value) {
    deviceWord<uint8_t>(NITRO_ARM64_UART + index) = value;
}
inline uint8_t read(unsigned index) {
    return deviceWord<uint8_t>(NITRO_ARM64_UART + index);
}
} // namespace uart

} // namespace nitroscope::boot
