// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/unwind/unwind_step.hpp"

#include <array>
#include <QtEndian>

namespace nitroscope::app {
namespace {

constexpr quint64 wordBytes = 8;

// All words that an entry to the kernel saved, in memory from `address` on; those before `first` are not read.
struct SavedWords {
    std::array<std::uint64_t, arch::maxSavedWords> words{};
    std::span<const std::uint64_t> all;
};

bool readSaved(quint64 address, size_t first, const StepContext &context, SavedWords &saved) {
    const size_t count = context.architecture.unwinding.saved.order.size();
    const quint64 bytes = wordBytes * (count - first);
    const QByteArray read = context.read(address + wordBytes * first, bytes);
    if (quint64(read.size()) < bytes)
        return false;
    for (size_t i = first; i < count; ++i)
        saved.words[i] = qFromLittleEndian<quint64>(read.constData() + wordBytes * (i - first));
    saved.all = std::span(saved.words).first(count);
    return true;
}

// Registers as an entry to the kernel saved them, or only the last of them.
std::optional<UnwindFrame> fromSavedRegisters(quint64 address, const StepContext &context, bool hasAll,
                                              DebugFrame::Method method) {
    const arch::SavedRegisters &layout = context.architecture.unwinding.saved;
    const size_t first = hasAll ? 0 : layout.tailStart;
    SavedWords saved;
    if (!readSaved(address, first, context, saved))
        return std::nullopt;
    UnwindFrame frame(context.architecture);
    for (size_t i = first; i < saved.all.size(); ++i)
        if (layout.order[i] >= 0)
            frame.registers[layout.order[i]] = saved.all[i];
    frame.isUser = layout.isUser(saved.all);
    frame.isExact = true;
    frame.method = method;
    return frame;
}

// A system call's entry clears the frame pointer and has no tables in kernels with frame pointers: what it saved
// lies where its stack pointer is. Believed only when it is a user program's state in every part.
std::optional<UnwindFrame> fromSystemCall(quint64 address, const StepContext &context) {
    const arch::SavedRegisters &layout = context.architecture.unwinding.saved;
    SavedWords saved;
    if (!readSaved(address, layout.tailStart, context, saved) || !layout.isCertainlyUser(saved.all))
        return std::nullopt;
    return fromSavedRegisters(address, context, true, DebugFrame::Method::framePointer);
}

} // namespace

std::optional<quint64> StepContext::word(quint64 address) const {
    const QByteArray bytes = read(address, 8);
    return bytes.size() < 8 ? std::nullopt : std::optional(qFromLittleEndian<quint64>(bytes.constData()));
}

std::optional<UnwindFrame> stepByOrc(const UnwindFrame &frame, const StepContext &context, bool *isEnd) {
    using symbols::OrcRegister;
    const auto &parts = context.symbols.parts();
    const arch::Unwinding &unwinding = context.architecture.unwinding;
    if (frame.isUser || !parts.kernel || !parts.kernel->orc() || !unwinding.orcBase)
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
    const arch::OrcBase base = unwinding.orcBase(unsigned(entry->spRegister));
    std::optional<quint64> sp;
    if (base.number >= 0 && frame.registers[base.number]) {
        sp = *frame.registers[base.number] + (base.isOffsetFirst ? offset : 0);
        if (base.isIndirect)
            sp = context.word(*sp);
        if (sp && !base.isOffsetFirst)
            *sp += offset;
    }
    if (!sp)
        return std::nullopt;
    const std::optional<quint64> fp = frame.registers[unwinding.frame->framePointer];
    UnwindFrame caller(context.architecture);
    switch (entry->type) {
    case symbols::OrcEntry::Type::regs:
        return fromSavedRegisters(*sp, context, true, DebugFrame::Method::orc);
    case symbols::OrcEntry::Type::regsPartial: {
        auto saved = fromSavedRegisters(*sp - wordBytes * unwinding.saved.tailStart, context, false,
                                        DebugFrame::Method::orc);
        if (saved)
            saved->registers.setFp(fp);
        return saved;
    }
    case symbols::OrcEntry::Type::call: {
        const auto pcOfCaller = context.word(*sp - wordBytes);
        if (!pcOfCaller)
            return std::nullopt;
        caller.registers.setPc(pcOfCaller);
        caller.registers.setSp(sp);
        break;
    }
    default:
        return std::nullopt;
    }
    const auto bpOffset = quint64(qint64(entry->bpOffset));
    if (entry->bpRegister == OrcRegister::previousSp)
        caller.registers.setFp(context.word(*sp + bpOffset));
    else if (entry->bpRegister == OrcRegister::bp && fp)
        caller.registers.setFp(context.word(*fp + bpOffset));
    else
        caller.registers.setFp(fp);
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
    UnwindFrame caller(context.architecture);
    caller.registers = *registers;
    caller.isUser = frame.isUser;
    caller.method = DebugFrame::Method::cfi;
    return caller;
}

std::optional<UnwindFrame> stepByFramePointer(const UnwindFrame &frame, const StepContext &context) {
    using From = arch::ReturnPlace::From;
    constexpr quint64 farthest = 8 << 20; // a user stack's usual limit
    const arch::Unwinding &unwinding = context.architecture.unwinding;
    const arch::LinuxKernel &kernel = context.architecture.kernel;
    const quint64 fp = frame.registers.fp(), sp = frame.registers.sp(), pc = frame.registers.pc();
    if (const quint64 mark = unwinding.savedRegistersMark; !frame.isUser && fp & mark)
        return kernel.isKernelAddress(fp)
                   ? fromSavedRegisters(fp & ~mark, context, true, DebugFrame::Method::framePointer)
                   : std::nullopt;
    if (!frame.isUser && fp == 0 && kernel.isKernelAddress(sp))
        return fromSystemCall(sp, context);
    arch::ReturnPlace returns = unwinding.usualReturn;
    if (frame.isExact)
        if (const auto place = context.symbols.place(pc);
            place && place->offset < unwinding.maxPrologueLength)
            returns = unwinding.returnPlace(context.read(pc - place->offset, unwinding.maxPrologueLength),
                                            place->offset);
    const bool isByFrame = returns.from == From::framePointer;
    if (isByFrame && (fp % wordBytes != 0 || fp < sp || fp - sp > farthest))
        return std::nullopt;
    const quint64 returnAt = (isByFrame ? fp : sp) + quint64(returns.offset);
    const auto returnTo = context.word(returnAt);
    if (!returnTo)
        return std::nullopt;
    UnwindFrame caller(context.architecture);
    caller.isUser = frame.isUser;
    caller.method = DebugFrame::Method::framePointer;
    caller.registers.setPc(returnTo);
    caller.registers.setSp(returnAt + wordBytes);
    caller.registers.setFp(isByFrame ? context.word(fp) : frame.registers[unwinding.frame->framePointer]);
    return caller;
}

} // namespace nitroscope::app
