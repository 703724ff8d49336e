// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a conditional jump will be taken, from the registers as they are.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/features/debug/code/instruction.hpp"

namespace nitroscope::app {

// `packet` is QEMU's `g`. Nothing for instructions that are no conditional jump, or whose condition is not known.
inline std::optional<bool> isTaken(const Instruction &instruction, const arch::Architecture &architecture,
                                   const QByteArray &packet) {
    return instruction.kind == InstructionKind::conditionalJump
               ? architecture.instructions.isTaken(instruction.mnemonic.toLatin1(), packet)
               : std::nullopt;
}

} // namespace nitroscope::app
