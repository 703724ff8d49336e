// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording for tests of those who move in one: as long as it is told to be, and a seek arrives when the test says so.
#pragma once

#include "app/session/record/replay_control.hpp"

namespace nitroscope::app {

class FakeReplay : public ReplayControl {
    Q_OBJECT
public:
    using ReplayControl::ReplayControl;

    Mode mode() const override { return m_mode; }
    std::optional<quint64> instruction() const override { return m_instruction; }
    std::optional<quint64> end() const override { return m_end; }
    bool isCut() const override { return m_isCut; }
    void cut() { m_isCut = true; }
    const QVector<RecordingSnapshot> &snapshots() const override { return m_snapshots; }
    const std::optional<ReplayDivergence> &divergence() const override { return m_divergence; }
    std::optional<quint64> target() const override { return m_target; }

    void seek(quint64 instruction) override;
    void cancelSeek() override;
    void refresh() override { ++m_refreshes; }
    void moved() override { refresh(); }

    // A replay of `end` instructions that stands at its beginning.
    void beginReplay(quint64 end, const QVector<RecordingSnapshot> &snapshots = {});
    void beginRecord();
    void finish(); // no machine any more
    // The machine has come this far on its way; at the target the seek is over.
    void arriveAt(quint64 instruction);
    void arrive(); // at the target
    void failSeek(const Error &error);
    void diverge(const ReplayDivergence &divergence);
    // As after a step by the debugger.
    void standAt(quint64 instruction);

    const QVector<quint64> &seeks() const { return m_seeks; }
    int refreshes() const { return m_refreshes; }

private:
    Mode m_mode = Mode::none;
    std::optional<quint64> m_instruction, m_end, m_target;
    QVector<RecordingSnapshot> m_snapshots;
    std::optional<ReplayDivergence> m_divergence;
    QVector<quint64> m_seeks;
    int m_refreshes = 0;
    bool m_isCut = false;
};

} // namespace nitroscope::app
