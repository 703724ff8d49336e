// SPDX-License-Identifier: GPL-2.0-or-later
//
// Expressions of the debugger: go-to fields, breakpoint places, conditions.
//
//   start_kernel+0x10   $pc   0xffffffff81000000   *(init_task+8)   *$sp == 3 && $pc != 0   ::phys(0x7000)
//
// Numbers are decimal, or hexadecimal with 0x. Operators as in C, all on unsigned 64-bit numbers, with C's
// precedence: || && | ^ & == != < <= > >= << >> + - * / %, before an operand - ~ ! *. `*` before an operand
// reads 8 bytes at that linear address; `*::phys(A)` reads them at the guest-physical address A.
//
// Memory cannot always be read at once. Evaluation therefore stops at the first read that is not known yet
// and says which; the caller fetches it and evaluates again.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/session/target/debug_types.hpp"

#include <functional>
#include <map>

namespace nitroscope::app {

struct ExpressionRead {
    AddressSpace space = AddressSpace::guestVirtual;
    quint64 address = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a pointer in the defaulted comparison
    auto operator<=>(const ExpressionRead &) const = default;
};

struct ExpressionContext {
    std::function<std::optional<quint64>(const QString &)> symbol;
    std::function<std::optional<quint64>(const QString &)> registerValue; // name without $
    std::map<ExpressionRead, quint64> memory;                             // 8 bytes each, little-endian
};

struct ExpressionResult {
    std::optional<quint64> value;
    std::optional<ExpressionRead> wanted; // read this, put it into the context's memory, evaluate again
    std::optional<Error> error;           // expression, with the offset in the text
};

// Bounded: 4096 characters, 64 levels deep.
ExpressionResult evaluateExpression(const QString &text, const ExpressionContext &context);

// What is wrong with an expression whatever symbols and memory turn out to be: its grammar, and registers that the
// machine does not have. Error "expression".
std::optional<Error> checkExpression(const QString &text, const arch::RegisterTable &registers);
// Whether the machine has this register of at most 64 bits, by the names that expressions know (without $).
bool isExpressionRegister(const QString &name, const arch::RegisterTable &registers);

} // namespace nitroscope::app
