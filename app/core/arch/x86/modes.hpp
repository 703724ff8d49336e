// SPDX-License-Identifier: GPL-2.0-or-later
//
// Real, protected and long mode. QEMU's gdbstub describes an x86-64 CPU in every mode, and gdb then disassembles
// 16- and 32-bit code as 64-bit code: for those modes there are descriptions of our own.
#pragma once

#include "app/core/arch/execution_mode.hpp"

#include <string>

namespace nitroscope::arch {
struct Register;
}

namespace nitroscope::arch::x86 {

extern const ExecutionModes modes;

// "GDT[2], ring 0" of a selector, "page tables at 0x1000"; empty for what says nothing.
std::string registerMeaning(const Register &which, std::uint64_t value);

} // namespace nitroscope::arch::x86
