// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/instruction_index.hpp"

#include <algorithm>

namespace nitroscope::app {

void InstructionIndex::add(const pcapng::Record &record) {
    if (!record.icount)
        return;
    const quint64 end = record.offset + record.blockLength;
    // A count that goes back would be a machine that was reset; its records stand where they are told.
    const quint64 instruction =
        m_entries.empty() ? *record.icount : std::max(*record.icount, m_entries.back().instruction);
    if (m_entries.empty() || (instruction > m_entries.back().instruction && m_entries.size() < maxEntries)) {
        const qint64 virtualNs =
            record.virtualNs.value_or(m_entries.empty() ? -1 : m_entries.back().virtualNs);
        m_entries.push_back({instruction, record.offset, end, virtualNs, record.hostNs});
        return;
    }
    Entry &last = m_entries.back();
    last.end = end;
    last.virtualNs = record.virtualNs.value_or(last.virtualNs);
    last.hostNs = record.hostNs;
}

RunMoment InstructionIndex::momentAt(quint64 instruction) const {
    const auto after = std::ranges::upper_bound(m_entries, instruction, {}, &Entry::instruction);
    if (after == m_entries.begin())
        return {.instruction = instruction};
    const Entry &entry = *std::prev(after);
    return {instruction, entry.end, entry.virtualNs, entry.hostNs};
}

std::optional<quint64> InstructionIndex::instructionAt(quint64 offset) const {
    const auto after = std::ranges::upper_bound(m_entries, offset, {}, &Entry::begin);
    return after == m_entries.begin() ? std::nullopt : std::optional(std::prev(after)->instruction);
}

std::optional<quint64> InstructionIndex::next(quint64 instruction) const {
    const auto after = std::ranges::upper_bound(m_entries, instruction, {}, &Entry::instruction);
    return after == m_entries.end() ? std::nullopt : std::optional(after->instruction);
}

std::optional<quint64> InstructionIndex::previous(quint64 instruction) const {
    const auto at = std::ranges::lower_bound(m_entries, instruction, {}, &Entry::instruction);
    return at == m_entries.begin() ? std::nullopt : std::optional(std::prev(at)->instruction);
}

std::optional<quint64> InstructionIndex::instructionAtTime(qint64 virtualNs) const {
    const auto at = std::ranges::lower_bound(m_entries, virtualNs, {}, &Entry::virtualNs);
    return at == m_entries.end() ? std::nullopt : std::optional(at->instruction);
}

} // namespace nitroscope::app
