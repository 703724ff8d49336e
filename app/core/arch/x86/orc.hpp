// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers that ORC, the kernel's unwind tables, can name (Linux, arch/x86/include/asm/orc_types.h).
#pragma once

#include <cstdint>

namespace nitroscope::arch::x86 {

enum class OrcRegister : std::uint8_t {
    undefined,
    previousSp,
    dx,
    di,
    bp,
    sp,
    r10,
    r13,
    bpIndirect,
    spIndirect
};

} // namespace nitroscope::arch::x86
