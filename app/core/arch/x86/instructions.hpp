// SPDX-License-Identifier: GPL-2.0-or-later
//
// Instructions of x86 without a disassembler: what "step over" runs through to the next one, and whether a
// conditional jump will be taken.
#pragma once

#include "app/core/arch/instructions.hpp"

namespace nitroscope::arch::x86 {

extern const Instructions instructions;

} // namespace nitroscope::arch::x86
