// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is to be known of instructions without a disassembler.
#pragma once

#include "app/core/arch/execution_mode.hpp"

#include <string_view>

namespace nitroscope::arch {

// Which decoder understands the code.
enum class InstructionSet { x86 };

inline constexpr std::size_t maxInstructionBytes = 15; // of all architectures

struct Instructions {
    InstructionSet set;
    int longest;                 // bytes
    int alignment;               // bytes
    std::string_view breakpoint; // the instruction that debuggers put in another's place; its bytes
    // Bytes of the instruction at the start of `code` when a step over it must not follow it inside: calls,
    // software interrupts, repeated instructions. 0 for all others.
    int (*lengthToStepOver)(QByteArrayView code, CpuMode mode);
    // Whether a conditional jump would be taken with these registers (QEMU's `g`). Nothing for what is no
    // conditional jump, or one whose condition is not known here.
    std::optional<bool> (*isTaken)(QByteArrayView mnemonic, QByteArrayView packet);
    // As the disassembler spells registers, those included that QEMU does not tell.
    bool (*isRegister)(QByteArrayView word);
};

} // namespace nitroscope::arch
