// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/code_listing.hpp"

#include <algorithm>
#include <array>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 lookBack = 192; // bytes decoded to find the boundaries before an address

quint64 endOfPage(quint64 address) {
    return (address | (TargetMemory::pageBytes - 1)) + 1;
}

QString hexNumber(quint64 number) {
    return u"0x"_s + QString::number(number, 16);
}

// A symbol further away than this says nothing.
std::optional<NamedPlace> placeNear(const SymbolSource *symbols, quint64 address) {
    constexpr quint64 furthest = 16 << 20;
    auto place = symbols ? symbols->place(address) : std::nullopt;
    return place && place->offset < furthest ? place : std::nullopt;
}

} // namespace

SymbolisedOperands symbolise(const Instruction &instruction, const SymbolSource *symbols) {
    SymbolisedOperands spelled{instruction.operands, {}};
    if (instruction.target) {
        if (const auto place = placeNear(symbols, *instruction.target))
            spelled.text = place->text();
        else
            spelled.text = hexNumber(*instruction.target);
        return spelled;
    }
    if (instruction.memory) {
        const QString address = hexNumber(*instruction.memory);
        const auto place = placeNear(symbols, *instruction.memory);
        const qsizetype open = instruction.isRelative ? spelled.text.indexOf(QLatin1Char('[')) : -1;
        const qsizetype close = spelled.text.indexOf(QLatin1Char(']'), open);
        if (open >= 0 && close > open)
            spelled.text.replace(open + 1, close - open - 1, place ? place->text() : address);
        else if (place)
            spelled.comment = place->text();
        if (place && spelled.comment.isEmpty())
            spelled.comment = address;
    } else if (instruction.immediate && *instruction.immediate >= TargetMemory::pageBytes) {
        const auto place = placeNear(symbols, *instruction.immediate);
        // The decoder writes kernel addresses as negative numbers, which nobody recognises.
        const qsizetype negative = spelled.text.lastIndexOf(u", -0x"_s);
        const QString address = hexNumber(*instruction.immediate);
        if (negative >= 0 && place && *instruction.immediate >> 47 != 0)
            spelled = {spelled.text.first(negative + 2) + place->text(), address};
        else if (place)
            spelled.comment = place->text();
    }
    return spelled;
}

CodeListing::CodeListing(TargetMemory &memory, const Disassembler &disassembler)
    : m_memory(memory), m_disassembler(&disassembler) {}

void CodeListing::addHeadings(std::vector<CodeLine> &lines, quint64 address, QString &lastSource) const {
    if (!m_symbols)
        return;
    if (const auto place = m_symbols->place(address); place && place->offset == 0) {
        CodeLine label;
        label.kind = CodeLine::Kind::label;
        label.address = address;
        label.text = place->title();
        label.comment = place->module;
        lines.push_back(std::move(label));
    }
    if (!m_showsSource)
        return;
    const auto sources = m_symbols->source(address);
    const QString source = sources.isEmpty() || sources.front().line == 0
                               ? QString()
                               : u"%1:%2"_s.arg(sources.front().file).arg(sources.front().line);
    if (source.isEmpty() || source == lastSource)
        return;
    lastSource = source;
    CodeLine line;
    line.kind = CodeLine::Kind::source;
    line.address = address;
    line.text = source;
    if (sources.size() > 1)
        line.comment = sources.front().function;
    lines.push_back(std::move(line));
}

CodeLine CodeListing::lineOf(Instruction instruction) const {
    CodeLine line;
    line.address = instruction.address;
    line.isStale = m_memory.isStaleAt(instruction.address);
    const SymbolisedOperands spelled = symbolise(instruction, m_symbols.get());
    line.text = spelled.text;
    line.comment = spelled.comment;
    line.instruction = std::move(instruction);
    return line;
}

std::vector<CodeLine> CodeListing::lines(quint64 top, int count) {
    std::vector<CodeLine> lines;
    QString lastSource;
    quint64 at = top;
    std::array<char, 512> buffer;
    while (static_cast<int>(lines.size()) < count) {
        const qsizetype got = m_memory.read(at, buffer);
        if (got == 0) {
            CodeLine gap;
            gap.address = at;
            const bool unreadable = m_memory.stateAt(at) == TargetMemory::State::unreadable;
            gap.kind = unreadable ? CodeLine::Kind::unreadable : CodeLine::Kind::waiting;
            gap.text = unreadable ? m_memory.problemAt(at) : QString();
            lines.push_back(std::move(gap));
            at = endOfPage(at);
            if (!unreadable || at == 0)
                break;
            continue;
        }
        const quint64 behind = at + static_cast<quint64>(got);
        const bool isLast = behind == 0 || m_memory.stateAt(behind) == TargetMemory::State::unreadable;
        const auto list = m_disassembler->decode({buffer.data(), got}, at, m_segment, count,
                                                 isLast ? Disassembler::Tail::end : Disassembler::Tail::more);
        if (list.empty()) { // the rest of the instruction has not been read yet
            CodeLine gap;
            gap.address = at;
            gap.kind = CodeLine::Kind::waiting;
            lines.push_back(std::move(gap));
            break;
        }
        for (const Instruction &instruction : list) {
            addHeadings(lines, instruction.address, lastSource);
            lines.push_back(lineOf(instruction));
            if (static_cast<int>(lines.size()) >= count)
                break;
        }
        const quint64 next = list.back().end();
        if (next < at)
            break; // the end of the address space
        at = next;
    }
    return lines;
}

std::optional<Instruction> CodeListing::at(quint64 address) {
    std::array<char, arch::maxInstructionBytes> buffer;
    const qsizetype got =
        m_memory.read(address, std::span(buffer).first(static_cast<size_t>(m_disassembler->longest())));
    const auto list =
        m_disassembler->decode({buffer.data(), got}, address, m_segment, 1, Disassembler::Tail::end);
    return list.empty() ? std::nullopt : std::optional(list.front());
}

quint64 CodeListing::before(quint64 address, int steps) {
    while (steps > 0 && address > 0) {
        // As much before the address as can be read in one piece.
        const quint64 room = std::min(lookBack, address);
        std::array<char, lookBack> buffer;
        quint64 begin = address - room;
        qsizetype got = m_memory.read(begin, std::span(buffer).first(room));
        if (static_cast<quint64>(got) < room) {
            begin = address & ~(TargetMemory::pageBytes - 1);
            if (begin == address) { // the page before is missing: over it in one step
                const bool unreadable = m_memory.stateAt(address - 1) == TargetMemory::State::unreadable;
                address = unreadable ? (address - 1) & ~(TargetMemory::pageBytes - 1) : address - 1;
                --steps;
                continue;
            }
            begin = std::max(begin, address - room);
            got = m_memory.read(begin, std::span(buffer).first(address - begin));
            if (static_cast<quint64>(got) < address - begin)
                return address - 1;
        }
        std::optional<quint64> start;
        if (m_symbols)
            if (const auto place = m_symbols->place(address - 1); place && place->isText)
                start = address - 1 - place->offset;
        const auto list =
            instructionsBefore(*m_disassembler, {buffer.data(), got}, address, m_segment, steps, start);
        if (list.empty())
            return address - 1;
        steps -= static_cast<int>(list.size());
        address = list.front().address;
    }
    return address;
}

quint64 CodeListing::after(quint64 address, int steps) {
    for (int i = 0; i < steps; ++i) {
        const auto instruction = at(address);
        const quint64 next = instruction ? instruction->end()
                             : m_memory.stateAt(address) == TargetMemory::State::unreadable
                                 ? endOfPage(address)
                                 : address + 1;
        if (next < address)
            break;
        address = next;
    }
    return address;
}

} // namespace nitroscope::app
