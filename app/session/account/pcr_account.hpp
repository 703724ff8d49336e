// SPDX-License-Identifier: GPL-2.0-or-later
//
// The 32 platform configuration registers as a capture tells of them: what each holds, and how it came to it.
#pragma once

#include "app/session/account/run_records.hpp"

#include <array>
#include <vector>

namespace nitroscope::app {

class PcrAccount {
public:
    static constexpr int pcrCount = 32;
    static constexpr size_t maxChanges = 10'000; // kept per PCR, of a guest that extends without end

    void add(const PcrChange &change);
    // A reset of the machine: all of them are zero and unlocked.
    void reset();

    // Nothing as long as the capture has not told of it.
    const std::optional<PcrValue> &value(int index) const { return m_values[static_cast<size_t>(index)]; }
    const std::vector<PcrChange> &history(int index) const { return m_history[static_cast<size_t>(index)]; }
    quint64 notKept() const { return m_notKept; }
    // Those that were known when the capture had come to that byte, with the values of then.
    QVector<PcrValue> valuesAt(quint64 offset) const;

    // Those whose value or lock is new since the last call.
    QVector<PcrValue> takeNews();

private:
    void set(const PcrValue &value);

    std::array<std::optional<PcrValue>, pcrCount> m_values;
    std::array<std::vector<PcrChange>, pcrCount> m_history;
    quint64 m_notKept = 0;
    quint32 m_news = 0; // bit per PCR
};

} // namespace nitroscope::app
