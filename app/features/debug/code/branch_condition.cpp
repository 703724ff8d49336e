// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/branch_condition.hpp"

#include <QHash>

namespace nitroscope::app {
namespace {

enum class Condition { o, b, e, be, s, p, l, le };

struct Test {
    Condition condition;
    bool negated;
};

const QHash<QString, Test> &tests() {
    using C = Condition;
    static const QHash<QString, Test> table{
        {QStringLiteral("jo"), {C::o, false}},   {QStringLiteral("jno"), {C::o, true}},
        {QStringLiteral("jb"), {C::b, false}},   {QStringLiteral("jae"), {C::b, true}},
        {QStringLiteral("je"), {C::e, false}},   {QStringLiteral("jne"), {C::e, true}},
        {QStringLiteral("jbe"), {C::be, false}}, {QStringLiteral("ja"), {C::be, true}},
        {QStringLiteral("js"), {C::s, false}},   {QStringLiteral("jns"), {C::s, true}},
        {QStringLiteral("jp"), {C::p, false}},   {QStringLiteral("jnp"), {C::p, true}},
        {QStringLiteral("jl"), {C::l, false}},   {QStringLiteral("jge"), {C::l, true}},
        {QStringLiteral("jle"), {C::le, false}}, {QStringLiteral("jg"), {C::le, true}}};
    return table;
}

bool holds(Condition condition, quint64 eflags) {
    const auto flag = [eflags](int bit) { return (eflags >> bit & 1) != 0; };
    const bool carry = flag(0), parity = flag(2), zero = flag(6), sign = flag(7), overflow = flag(11);
    switch (condition) {
    case Condition::o:
        return overflow;
    case Condition::b:
        return carry;
    case Condition::e:
        return zero;
    case Condition::be:
        return carry || zero;
    case Condition::s:
        return sign;
    case Condition::p:
        return parity;
    case Condition::l:
        return sign != overflow;
    case Condition::le:
        return zero || sign != overflow;
    }
    return false;
}

} // namespace

std::optional<bool> isTaken(const Instruction &instruction, quint64 eflags, quint64 rcx) {
    if (instruction.kind != InstructionKind::conditionalJump)
        return std::nullopt;
    if (const auto found = tests().constFind(instruction.mnemonic); found != tests().cend())
        return holds(found->condition, eflags) != found->negated;
    if (instruction.mnemonic == QLatin1String("jrcxz"))
        return rcx == 0;
    if (instruction.mnemonic == QLatin1String("jecxz"))
        return (rcx & 0xffffffff) == 0;
    return std::nullopt;
}

} // namespace nitroscope::app
