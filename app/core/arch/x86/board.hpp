// SPDX-License-Identifier: GPL-2.0-or-later
//
// The nitro-enclave board for x86-64: RAM below 3 GiB at address 0 and the rest at 4 GiB (qemu-machine/board/
// nitro-machine.c, nitro-machine.h; QEMU's hw/i386/x86-common.c and target/i386).
#pragma once

#include "app/core/arch/memory_layout.hpp"

namespace nitroscope::arch::x86 {

extern const MemoryLayout memory;

} // namespace nitroscope::arch::x86
