// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/unwind/unwinder.hpp"

#include "app/session/unwind/unwind_step.hpp"

#include <QSet>
#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

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
            one.source = u"%1:%2"_s.arg(DebugSymbols::shortFile(lines[i])).arg(lines[i].line);
            one.isInline = i + 1 < lines.size();
            if (one.isInline)
                one.place = lines[i].function;
        }
        one.level = int(frames.size());
        frames.append(one);
    }
}

} // namespace

UnwindStart UnwindStart::of(const arch::Architecture &architecture, const RegisterSet &registers) {
    UnwindStart start(architecture);
    if (!architecture.isPacket(registers.raw))
        return start;
    for (const arch::Register &one : architecture.registers.registers)
        if (one.dwarf >= 0 && one.dwarf < start.registers.count())
            start.registers[one.dwarf] = architecture.value(registers.raw, one.number);
    start.isUser = architecture.modes.isUser(registers.raw);
    return start;
}

std::optional<UnwindStart> UnwindStart::sleeping(const arch::Architecture &architecture, quint64 savedSp,
                                                 const ReadGuest &read) {
    constexpr qsizetype wordBytes = 8;
    const std::span<const std::int8_t> order = architecture.unwinding.switched;
    const qsizetype bytes = wordBytes * qsizetype(order.size());
    const QByteArray saved = read(savedSp, quint64(bytes));
    if (saved.size() < bytes)
        return std::nullopt;
    UnwindStart start(architecture);
    for (size_t i = 0; i < order.size(); ++i)
        start.registers[order[i]] = qFromLittleEndian<quint64>(saved.constData() + wordBytes * qsizetype(i));
    start.registers.setSp(savedSp + quint64(bytes));
    return start;
}

QVector<DebugFrame> unwind(const UnwindStart &start, const DebugSymbols &symbols, const ReadGuest &read,
                           int most) {
    QVector<DebugFrame> frames;
    const StepContext context{*start.architecture, symbols, read};
    UnwindFrame frame(*start.architecture);
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
