// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/unwind/unwind_step.hpp"

#include <cstring>
#include <QtEndian>

namespace nitroscope::app {
namespace {

using symbols::FrameRegisters;
using Number = FrameRegisters::Number;

// struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h): words in this order, orig_ax between di and ip.
constexpr std::array<int, 15> savedOrder{Number::r15, Number::r14, Number::r13, Number::r12, Number::rbp,
                                         Number::rbx, Number::r11, Number::r10, Number::r9,  Number::r8,
                                         Number::rax, Number::rcx, Number::rdx, Number::rsi, Number::rdi};
constexpr quint64 ipOffset = 16 * 8, csOffset = 17 * 8, spOffset = 19 * 8, regsBytes = 21 * 8;

// Registers as an entry to the kernel saved them.
std::optional<UnwindFrame> fromSavedRegisters(quint64 address, const StepContext &context, bool hasAll,
                                              DebugFrame::Method method) {
    const QByteArray saved =
        context.read(address + (hasAll ? 0 : ipOffset), hasAll ? regsBytes : regsBytes - ipOffset);
    if (quint64(saved.size()) < (hasAll ? regsBytes : regsBytes - ipOffset))
        return std::nullopt;
    const auto word = [&](quint64 offset) {
        return qFromLittleEndian<quint64>(saved.constData() + offset - (hasAll ? 0 : ipOffset));
    };
    UnwindFrame frame;
    if (hasAll)
        for (size_t i = 0; i < savedOrder.size(); ++i)
            frame.registers[savedOrder[i]] = word(8 * i);
    frame.registers[Number::rip] = word(ipOffset);
    frame.registers[Number::rsp] = word(spOffset);
    frame.isUser = (word(csOffset) & 3) == 3;
    frame.isExact = true;
    frame.method = method;
    return frame;
}

// A system call's entry clears RBP and has no tables in kernels with frame pointers: what it saved lies where
// its stack pointer is. Believed only when it is a user program's state in every part.
std::optional<UnwindFrame> fromSystemCall(quint64 address, const StepContext &context) {
    constexpr quint64 userCode64 = 0x33, userCode32 = 0x23, userData = 0x2b, alwaysSet = 2;
    const auto code = context.word(address + csOffset), data = context.word(address + spOffset + 8),
               flags = context.word(address + csOffset + 8), ip = context.word(address + ipOffset);
    if (!code || !data || !flags || !ip || (*code != userCode64 && *code != userCode32) ||
        *data != userData || !(*flags & alwaysSet) || RunningKernel::isKernelAddress(*ip))
        return std::nullopt;
    return fromSavedRegisters(address, context, true, DebugFrame::Method::framePointer);
}

// Where in a function's first instructions the frame is set up, by what stands before `pc`.
enum class Prologue { beforePush, afterPush, done };

Prologue prologueAt(quint64 start, quint64 pc, const ReadGuest &read) {
    constexpr quint64 longest = 24;
    static const QByteArray endbr("\xf3\x0f\x1e\xfa", 4), nop5("\x0f\x1f\x44\x00\x00", 5);
    const quint64 distance = pc - start;
    if (distance >= longest)
        return Prologue::done;
    const QByteArray code = read(start, longest);
    qsizetype push = code.startsWith(endbr) ? endbr.size() : 0;
    if (QByteArrayView(code).sliced(qMin(push, code.size())).startsWith(nop5)) // ftrace's place
        push += nop5.size();
    if (push >= code.size() || static_cast<unsigned char>(code[push]) != 0x55) // push %rbp
        return Prologue::done;
    return distance <= quint64(push)       ? Prologue::beforePush
           : distance == quint64(push) + 1 ? Prologue::afterPush
                                           : Prologue::done;
}

} // namespace

std::optional<quint64> StepContext::word(quint64 address) const {
    const QByteArray bytes = read(address, 8);
    return bytes.size() < 8 ? std::nullopt : std::optional(qFromLittleEndian<quint64>(bytes.constData()));
}

std::optional<UnwindFrame> stepByOrc(const UnwindFrame &frame, const StepContext &context, bool *isEnd) {
    using symbols::OrcRegister;
    const auto &parts = context.symbols.parts();
    if (frame.isUser || !parts.kernel || !parts.kernel->orc())
        return std::nullopt;
    const quint64 pc = frame.registers.pc() - parts.slide - (frame.isExact ? 0 : 1);
    const auto entry = parts.kernel->orc()->find(pc);
    if (!entry || pc < parts.kernel->start() || pc >= parts.kernel->end())
        return std::nullopt;
    if (entry->type == symbols::OrcEntry::Type::endOfStack) {
        *isEnd = true;
        return std::nullopt;
    }
    const auto offset = quint64(qint64(entry->spOffset));
    const auto of = [&frame, offset](int number) -> std::optional<quint64> {
        const auto &value = frame.registers[number];
        return value ? std::optional(*value + offset) : std::nullopt;
    };
    std::optional<quint64> sp;
    switch (entry->spRegister) {
    case OrcRegister::sp:
        sp = of(Number::rsp);
        break;
    case OrcRegister::bp:
        sp = of(Number::rbp);
        break;
    case OrcRegister::r10:
        sp = of(Number::r10);
        break;
    case OrcRegister::r13:
        sp = of(Number::r13);
        break;
    case OrcRegister::di:
        sp = of(Number::rdi);
        break;
    case OrcRegister::dx:
        sp = of(Number::rdx);
        break;
    case OrcRegister::spIndirect:
        if (const auto value = context.word(frame.registers.sp()))
            sp = *value + offset;
        break;
    case OrcRegister::bpIndirect:
        if (const auto at = of(Number::rbp))
            sp = context.word(*at);
        break;
    default:
        break;
    }
    if (!sp)
        return std::nullopt;
    UnwindFrame caller;
    switch (entry->type) {
    case symbols::OrcEntry::Type::regs:
        return fromSavedRegisters(*sp, context, true, DebugFrame::Method::orc);
    case symbols::OrcEntry::Type::regsPartial: {
        auto saved = fromSavedRegisters(*sp - ipOffset, context, false, DebugFrame::Method::orc);
        if (saved)
            saved->registers[Number::rbp] = frame.registers[Number::rbp];
        return saved;
    }
    case symbols::OrcEntry::Type::call: {
        const auto pcOfCaller = context.word(*sp - 8);
        if (!pcOfCaller)
            return std::nullopt;
        caller.registers[Number::rip] = *pcOfCaller;
        caller.registers[Number::rsp] = *sp;
        break;
    }
    default:
        return std::nullopt;
    }
    const auto bpOffset = quint64(qint64(entry->bpOffset));
    if (entry->bpRegister == OrcRegister::previousSp)
        caller.registers[Number::rbp] = context.word(*sp + bpOffset);
    else if (entry->bpRegister == OrcRegister::bp && frame.registers[Number::rbp])
        caller.registers[Number::rbp] = context.word(frame.registers.bp() + bpOffset);
    else
        caller.registers[Number::rbp] = frame.registers[Number::rbp];
    caller.method = DebugFrame::Method::orc;
    return caller;
}

std::optional<UnwindFrame> stepByCfi(const UnwindFrame &frame, const StepContext &context) {
    const quint64 pc = frame.registers.pc() - (frame.isExact ? 0 : 1);
    const auto owner = context.symbols.owner(pc);
    if (!owner || !owner->program)
        return std::nullopt;
    const auto read = [&context](quint64 address) { return context.word(address); };
    const auto registers = owner->program->caller(frame.registers, owner->linked, read);
    if (!registers)
        return std::nullopt;
    UnwindFrame caller;
    caller.registers = *registers;
    caller.isUser = frame.isUser;
    caller.method = DebugFrame::Method::cfi;
    return caller;
}

std::optional<UnwindFrame> stepByFramePointer(const UnwindFrame &frame, const StepContext &context) {
    constexpr quint64 farthest = 8 << 20; // a user stack's usual limit
    const quint64 bp = frame.registers.bp(), sp = frame.registers.sp();
    // Kernels with frame pointers mark saved registers by an odd one (ENCODE_FRAME_POINTER).
    if (!frame.isUser && bp & 1)
        return RunningKernel::isKernelAddress(bp)
                   ? fromSavedRegisters(bp & ~quint64(1), context, true, DebugFrame::Method::framePointer)
                   : std::nullopt;
    if (!frame.isUser && bp == 0 && RunningKernel::isKernelAddress(sp))
        return fromSystemCall(sp, context);
    UnwindFrame caller;
    caller.isUser = frame.isUser;
    caller.method = DebugFrame::Method::framePointer;
    Prologue prologue = Prologue::done;
    if (frame.isExact)
        if (const auto place = context.symbols.place(frame.registers.pc()))
            prologue = prologueAt(frame.registers.pc() - place->offset, frame.registers.pc(), context.read);
    const quint64 returnAt = prologue == Prologue::beforePush  ? sp
                             : prologue == Prologue::afterPush ? sp + 8
                                                               : bp + 8;
    if (prologue == Prologue::done && (bp % 8 != 0 || bp < sp || bp - sp > farthest))
        return std::nullopt;
    caller.registers[Number::rip] = context.word(returnAt);
    caller.registers[Number::rsp] = returnAt + 8;
    caller.registers[Number::rbp] =
        prologue == Prologue::done ? context.word(bp) : frame.registers[Number::rbp];
    if (!caller.registers[Number::rip])
        return std::nullopt;
    return caller;
}

} // namespace nitroscope::app
