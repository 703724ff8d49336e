// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/unwind/unwinder.hpp"

#include "app/session/unwind/unwind_step.hpp"

#include <QSet>
#include <QtEndian>

namespace nitroscope::app {
namespace {

using symbols::FrameRegisters;
using Number = FrameRegisters::Number;

// Registers 0 to 15 of QEMU's packet, in DWARF's numbering.
constexpr std::array<int, 16> stubOrder{
    Number::rax, Number::rbx, Number::rcx, Number::rdx, Number::rsi, Number::rdi, Number::rbp, Number::rsp,
    Number::r8,  Number::r9,  Number::r10, Number::r11, Number::r12, Number::r13, Number::r14, Number::r15};
constexpr int stubCs = 18;

std::optional<UnwindFrame> callerOf(const UnwindFrame &frame, const StepContext &context) {
    bool isEnd = false;
    if (const auto caller = stepByOrc(frame, context, &isEnd))
        return caller;
    if (isEnd)
        return std::nullopt;
    if (const auto caller = stepByCfi(frame, context))
        return caller;
    auto caller = stepByFramePointer(frame, context);
    // Without tables only what leads to known code is believed.
    if (caller && !context.symbols.owner(caller->registers.pc() - 1) && !caller->isExact)
        return std::nullopt;
    return caller;
}

void appendFrames(QVector<DebugFrame> &frames, const UnwindFrame &frame, const DebugSymbols &symbols) {
    const quint64 pc = frame.registers.pc();
    // A return may be the first instruction behind its function.
    const quint64 lookup = frame.isExact ? pc : pc - 1;
    DebugFrame shown;
    shown.pc = pc;
    shown.sp = frame.registers.sp();
    shown.method = frame.method;
    shown.isUser = frame.isUser;
    const auto place = symbols.place(lookup);
    if (place) {
        NamedPlace here = *place;
        here.offset += pc - lookup;
        shown.place = here.text();
        shown.module = here.module;
    } else if (const auto owner = symbols.owner(lookup)) {
        shown.module = owner->module;
    }
    const QVector<symbols::SourceLine> lines = symbols.lines(lookup);
    for (qsizetype i = 0; i < qMax<qsizetype>(lines.size(), 1); ++i) {
        DebugFrame one = shown;
        if (i < lines.size()) {
            one.source = QStringLiteral("%1:%2").arg(DebugSymbols::shortFile(lines[i])).arg(lines[i].line);
            one.isInline = i + 1 < lines.size();
            if (one.isInline)
                one.place = lines[i].function;
        }
        one.level = int(frames.size());
        frames.append(one);
    }
}

} // namespace

UnwindStart UnwindStart::of(const RegisterSet &registers) {
    UnwindStart start;
    if (registers.raw.size() < RegisterView::stubPacketBytes)
        return start;
    const char *raw = registers.raw.constData();
    for (size_t i = 0; i < stubOrder.size(); ++i)
        start.registers[stubOrder[i]] = qFromLittleEndian<quint64>(raw + RegisterView::stubOffset(int(i)));
    start.registers[Number::rip] =
        qFromLittleEndian<quint64>(raw + RegisterView::stubOffset(RegisterView::stubRip));
    start.isUser = (qFromLittleEndian<quint32>(raw + RegisterView::stubOffset(stubCs)) & 3) == 3;
    return start;
}

std::optional<UnwindStart> UnwindStart::sleeping(quint64 savedSp, const ReadGuest &read) {
    // struct inactive_task_frame (arch/x86/include/asm/switch_to.h): r15, r14, r13, r12, rbx, rbp, return.
    constexpr std::array<int, 7> order{Number::r15, Number::r14, Number::r13, Number::r12,
                                       Number::rbx, Number::rbp, Number::rip};
    const QByteArray saved = read(savedSp, 8 * order.size());
    if (saved.size() < qsizetype(8 * order.size()))
        return std::nullopt;
    UnwindStart start;
    for (size_t i = 0; i < order.size(); ++i)
        start.registers[order[i]] = qFromLittleEndian<quint64>(saved.constData() + 8 * i);
    start.registers[Number::rsp] = savedSp + 8 * order.size();
    return start;
}

QVector<DebugFrame> unwind(const UnwindStart &start, const DebugSymbols &symbols, const ReadGuest &read,
                           int most) {
    QVector<DebugFrame> frames;
    const StepContext context{symbols, read};
    UnwindFrame frame;
    frame.registers = start.registers;
    frame.isUser = start.isUser;
    frame.isExact = true;
    QSet<std::pair<quint64, quint64>> seen;
    while (frames.size() < most) {
        appendFrames(frames, frame, symbols);
        seen.insert({frame.registers.pc(), frame.registers.sp()});
        const auto caller = callerOf(frame, context);
        if (!caller || caller->registers.pc() == 0 ||
            seen.contains({caller->registers.pc(), caller->registers.sp()}))
            break;
        frame = *caller;
    }
    if (frames.size() > most)
        frames.resize(most);
    return frames;
}

} // namespace nitroscope::app
