// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers that unwinding a stack needs, in DWARF's numbering (System V ABI for x86-64, figure 3.36). A
// register that a caller's frame does not tell is absent.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <QtGlobal>

namespace nitroscope::symbols {

struct FrameRegisters {
    enum Number { rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip, count };

    std::array<std::optional<quint64>, count> values;

    std::optional<quint64> &operator[](int number) { return values[size_t(number)]; }
    const std::optional<quint64> &operator[](int number) const { return values[size_t(number)]; }
    // Absent as 0, which no code and no stack is at.
    quint64 pc() const { return values[rip].value_or(0); }
    quint64 sp() const { return values[rsp].value_or(0); }
    quint64 bp() const { return values[rbp].value_or(0); }
};

// Eight bytes of the stack, nothing when they cannot be read.
using ReadWord = std::function<std::optional<quint64>(quint64 address)>;

} // namespace nitroscope::symbols
