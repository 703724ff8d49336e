// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a conditional jump will be taken, from the flags as they are (Intel SDM Vol. 1, appendix B).
#pragma once

#include "app/features/debug/code/instruction.hpp"

namespace nitroscope::app {

// Nothing for instructions that are no conditional jump, or whose condition is not known here.
std::optional<bool> isTaken(const Instruction &instruction, quint64 eflags, quint64 rcx);

} // namespace nitroscope::app
