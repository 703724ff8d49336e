// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ReplayControl of a session that runs QEMU: asks the machine over QMP where it stands, has it seek, and hears from its
// events what came of that. It outlives the runs.
//
// A seek's events may still be under way when the next one has been sent. An arrival counts only at the place that is sought
// now; any other is one that was overtaken.
#pragma once

#include "app/proto/qmp/client.hpp"
#include "app/session/record/replay_control.hpp"

#include <QPointer>
#include <QTimer>

namespace nitroscope::app {

class MachineReplay : public ReplayControl {
    Q_OBJECT
public:
    static constexpr int progressMs = 100; // between questions on the way

    explicit MachineReplay(QObject *parent = nullptr);

    // A run begins that is none, records or replays; its machine can be asked from setClient() on.
    void begin(Mode mode);
    void setClient(qmp::Client *client);
    void finish(); // of the run

    Mode mode() const override { return m_mode; }
    std::optional<quint64> instruction() const override { return m_instruction; }
    std::optional<quint64> end() const override { return m_state.end; }
    bool isCut() const override { return m_state.isCut; }
    const QVector<RecordingSnapshot> &snapshots() const override { return m_state.snapshots; }
    const std::optional<ReplayDivergence> &divergence() const override { return m_state.divergence; }
    std::optional<quint64> target() const override { return m_target; }

    void seek(quint64 instruction) override;
    void cancelSeek() override;
    void refresh() override;
    void moved() override { refresh(); }

private:
    void takeEvent(const qmp::Event &event);
    void takeState(const qmp::RecordingState &state);
    void arrive(quint64 instruction, bool isEnd);
    void takeDivergence(const ReplayDivergence &divergence);
    void endSeek();
    void fail(const Error &error);

    QPointer<qmp::Client> m_client;
    Mode m_mode = Mode::none;
    qmp::RecordingState m_state;
    std::optional<quint64> m_instruction, m_target;
    quint64 m_seeks = 0; // sent so far: a refusal of an overtaken one is nobody's
    QTimer m_progress;
    bool m_isAsking = false;
};

} // namespace nitroscope::app
