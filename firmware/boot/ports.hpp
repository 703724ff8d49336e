// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the firmware reaches the machine: the boot port and the checksum port (handover.h), fw_cfg's DMA register
// (fwcfg::) and the console's 16550A (uart::). I/O ports on x86-64, memory on aarch64.
#pragma once

#include "firmware/boot/handover.h"

#if defined(__aarch64__)
#include "firmware/boot/arm64/ports.hpp" // IWYU pragma: export
#else
#include "firmware/boot/x86/ports.hpp" // IWYU pragma: export
#endif

namespace nitroscope::boot {

// The machine reads what is in memory while this is being written.
inline void writeBootPort(uint32_t address) {
    writePort(NITRO_BOOT_PORT, 0, address);
}
// On x86-64 a machine without the port reads all ones: then nobody measures and nobody can refuse.
inline uint32_t readBootPort() {
    return readPort(NITRO_BOOT_PORT, 0);
}
inline void writeChecksumPort(uint32_t address) {
    writePort(NITRO_BOOT_PORT, NITRO_CHECKSUM_PORT - NITRO_BOOT_PORT, address);
}

} // namespace nitroscope::boot
