// SPDX-License-Identifier: GPL-2.0-or-later
//
// One step up the stack by DWARF's call frame information: libdw finds the rule of each register, the
// expressions of the rules are worked out here (DWARF 5, 2.5 and 6.4). Few operations occur in practice; an
// expression with another one gives no caller.
#include "app/formats/symbols/dwarf_file.hpp"
#include "app/formats/symbols/program.hpp"

#include <cstdlib>
#include <dwarf.h>

namespace nitroscope::symbols {
namespace {

constexpr size_t maxOperations = 64;

struct Context {
    const FrameRegisters &registers;
    const ReadWord &read;
    std::optional<quint64> cfa;
};

struct Outcome {
    quint64 value = 0;
    bool isValue = false; // and not the place where the value is
};

// Puts what one operation gives onto the stack; false for what is not understood.
bool apply(const Dwarf_Op &op, const Context &context, QVector<quint64> &stack, bool &isValue) {
    const auto pop = [&stack]() -> std::optional<quint64> {
        return stack.isEmpty() ? std::nullopt : std::optional(stack.takeLast());
    };
    const auto push = [&stack](std::optional<quint64> value) {
        if (value)
            stack.append(*value);
        return value.has_value();
    };
    const auto registerValue = [&context](quint64 number) -> std::optional<quint64> {
        return number < quint64(context.registers.count()) ? context.registers[int(number)] : std::nullopt;
    };
    const auto binary = [&](auto &&work) {
        const auto right = pop(), left = pop();
        return left && right && push(work(*left, *right));
    };
    if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31)
        return push(op.atom - DW_OP_lit0);
    if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) {
        const auto value = registerValue(op.atom - DW_OP_breg0);
        return value && push(*value + op.number);
    }
    if (op.atom >= DW_OP_reg0 && op.atom <= DW_OP_reg31) {
        isValue = true;
        return push(registerValue(op.atom - DW_OP_reg0));
    }
    switch (op.atom) {
    case DW_OP_addr:
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
        return push(op.number);
    case DW_OP_bregx: {
        const auto value = registerValue(op.number);
        return value && push(*value + op.number2);
    }
    case DW_OP_call_frame_cfa:
        return push(context.cfa);
    case DW_OP_deref: {
        const auto address = pop();
        return address && push(context.read(*address));
    }
    case DW_OP_dup:
        return !stack.isEmpty() && push(stack.last());
    case DW_OP_drop:
        return pop().has_value();
    case DW_OP_plus_uconst: {
        const auto value = pop();
        return value && push(*value + op.number);
    }
    case DW_OP_plus:
        return binary([](quint64 a, quint64 b) { return a + b; });
    case DW_OP_minus:
        return binary([](quint64 a, quint64 b) { return a - b; });
    case DW_OP_and:
        return binary([](quint64 a, quint64 b) { return a & b; });
    case DW_OP_or:
        return binary([](quint64 a, quint64 b) { return a | b; });
    case DW_OP_mul:
        return binary([](quint64 a, quint64 b) { return a * b; });
    case DW_OP_shl:
        return binary([](quint64 a, quint64 b) { return b < 64 ? a << b : 0; });
    case DW_OP_shr:
        return binary([](quint64 a, quint64 b) { return b < 64 ? a >> b : 0; });
    case DW_OP_ge: // in the PLT's rule
        return binary([](quint64 a, quint64 b) { return quint64(qint64(a) >= qint64(b)); });
    case DW_OP_stack_value:
        isValue = true;
        return true;
    case DW_OP_nop:
        return true;
    default:
        return false;
    }
}

std::optional<Outcome> evaluate(const Dwarf_Op *ops, size_t count, const Context &context) {
    if (count == 0 || count > maxOperations)
        return std::nullopt;
    QVector<quint64> stack;
    Outcome outcome;
    for (size_t i = 0; i < count; ++i)
        if (!apply(ops[i], context, stack, outcome.isValue))
            return std::nullopt;
    if (stack.isEmpty())
        return std::nullopt;
    outcome.value = stack.last();
    return outcome;
}

struct FreeFrame {
    void operator()(Dwarf_Frame *frame) const { std::free(frame); }
};

std::optional<FrameRegisters> callerOf(Dwarf_Frame *frame, const FrameRegisters &here, const ReadWord &read) {
    Context context{here, read, std::nullopt};
    Dwarf_Op *ops = nullptr;
    size_t count = 0;
    if (dwarf_frame_cfa(frame, &ops, &count) != 0)
        return std::nullopt;
    const auto cfa = evaluate(ops, count, context);
    if (!cfa)
        return std::nullopt;
    context.cfa = cfa->value;
    const arch::FrameLayout &layout = here.layout();
    FrameRegisters caller(layout);
    for (int number = 0; number < layout.count; ++number) {
        Dwarf_Op memory[3];
        if (dwarf_frame_register(frame, number, memory, &ops, &count) != 0)
            return std::nullopt;
        if (count == 0) {
            // Null: the callee left it alone. Otherwise: lost. What the ABI lets a callee overwrite comes as
            // the former, too, and is not to be believed.
            const bool isKept = !ops || layout.isKeptWithoutRule(number);
            if (isKept && layout.isPreserved(number))
                caller[number] = here[number];
            continue;
        }
        if (const auto place = evaluate(ops, count, context))
            caller[number] = place->isValue ? std::optional(place->value) : read(place->value);
    }
    // By the usual definition of the CFA, unless a rule says otherwise (a signal's frame).
    if (!caller[layout.stackPointer])
        caller.setSp(context.cfa);
    if (!caller[layout.programCounter])
        return std::nullopt;
    return caller;
}

} // namespace

std::optional<FrameRegisters> Program::caller(const FrameRegisters &here, quint64 linkedPc,
                                              const ReadWord &read) const {
    const std::lock_guard guard(m_dwarf->lock());
    for (Dwarf_CFI *frames : m_dwarf->frames()) {
        Dwarf_Frame *found = nullptr;
        if (dwarf_cfi_addrframe(frames, linkedPc, &found) != 0)
            continue;
        const std::unique_ptr<Dwarf_Frame, FreeFrame> frame(found);
        if (auto caller = callerOf(found, here, read))
            return caller;
    }
    return std::nullopt;
}

} // namespace nitroscope::symbols
