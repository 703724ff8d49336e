// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which instruction each place of a recorded run's capture belongs to, and the other way round: what leads from a row to its
// instruction, and from the machine's place to what had been told by then. Empty for a run whose instructions nobody counts.
#pragma once

#include "app/proto/pcapng/record.hpp"

#include <vector>

namespace nitroscope::app {

// A moment of a recorded run, as its panels have it.
struct RunMoment {
    quint64 instruction = 0;
    quint64 offset = 0;    // bytes of the capture by which everything up to and with it has been told
    qint64 virtualNs = -1; // the guest's clock at the last record before; -1 = before the first
    qint64 hostNs = 0;     // the host's, likewise

    bool operator==(const RunMoment &) const = default;
    // Whether a record that stands there in the capture comes after it.
    bool isBefore(quint64 recordOffset) const { return recordOffset >= offset; }
};

class InstructionIndex {
public:
    static constexpr size_t maxEntries = 2'000'000; // later records count as those at the last one

    void clear() { m_entries.clear(); }
    void add(const pcapng::Record &record);

    bool isEmpty() const { return m_entries.empty(); }
    RunMoment momentAt(quint64 instruction) const;
    // Of the record that has this byte of the capture; nothing before the first.
    std::optional<quint64> instructionAt(quint64 offset) const;
    // The instruction of the next record after a place, and of the last one before it.
    std::optional<quint64> next(quint64 instruction) const;
    std::optional<quint64> previous(quint64 instruction) const;
    // Of the first record at or after a time of the guest's clock; nothing after the last.
    std::optional<quint64> instructionAtTime(qint64 virtualNs) const;

private:
    // The records of one instruction, which follow each other.
    struct Entry {
        quint64 instruction, begin, end; // bytes of the capture
        qint64 virtualNs, hostNs;
    };
    std::vector<Entry> m_entries; // by instruction
};

} // namespace nitroscope::app
