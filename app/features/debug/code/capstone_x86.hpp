// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Capstone tells of an x86 instruction beyond its text.
#pragma once

#include "app/core/arch/execution_mode.hpp"
#include "app/features/debug/code/instruction.hpp"

#include <capstone/capstone.h>

namespace nitroscope::app::capstone_x86 {

cs_mode modeOf(arch::CpuMode mode);
// Kind, target, memory and immediate. `from` has details.
void describe(csh handle, const cs_insn &from, const arch::CodeSegment &segment, Instruction &to);

} // namespace nitroscope::app::capstone_x86
