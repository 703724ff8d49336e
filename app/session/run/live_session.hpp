// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EnclaveSession that runs QEMU. It owns at most one EnclaveRun and turns its reports into the order
// that enclave_session.hpp promises.
#pragma once

#include "app/session/capture/live_capture.hpp"
#include "app/session/record/machine_replay.hpp"
#include "app/session/run/debugger_access.hpp"
#include "app/session/run/enclave_run.hpp"
#include "app/session/run/enclave_session.hpp"

#include <memory>

namespace nitroscope::app {

class LiveSession : public EnclaveSession, public DebuggerAccess {
    Q_OBJECT
public:
    // Whether QEMU's capture stream is read (see live_capture.hpp), which is all that panels know of a run. A
    // program without panels saves the work.
    enum class Stream { read, ignored };
    explicit LiveSession(Stream stream = Stream::read, QObject *parent = nullptr);
    LiveSession(const RunLimits &limits, Stream stream, QObject *parent = nullptr);
    ~LiveSession() override; // kills QEMU when it still runs

    State state() const override { return m_state; }
    LiveCapture *capture() override { return m_capture.get(); }
    DebugTarget *debugTarget() override;
    // The machine's monitor; null unless it answers.
    qmp::Client *monitor() const { return m_monitor; }
    MachineReplay *replay() override { return &m_replay; }
    LiveTarget *liveTarget() const { return m_run ? m_run->debugTarget() : nullptr; }

    void start(const LaunchSpec &spec) override;
    void pause() override;
    void resume() override;
    void reset() override;
    void stop() override;
    void sendConsoleInput(const QByteArray &bytes) override;
    // Bytes of it that the guest has not taken. Who has more of them than a keyboard waits for consoleInputTaken(),
    // which follows when there are none any more.
    qsizetype consoleInputWaiting() const { return m_run ? m_run->consoleInputWaiting() : 0; }
    void addNsmBreak(const qmp::BreakRule &wanted) override;
    void addNsmFault(const qmp::FaultRule &wanted) override;
    void removeNsmRule(qmp::MachineRule::Kind kind, quint32 id) override;
    void refreshNsmRules() override;
    void attachDebugger() override;

signals:
    void consoleInputTaken();

private:
    void setState(State state);
    void finish(const EndReason &reason);

    RunLimits m_limits;
    MachineReplay m_replay;
    std::unique_ptr<LiveCapture> m_capture; // outlives the run that feeds it
    std::unique_ptr<EnclaveRun> m_run;
    QPointer<qmp::Client> m_monitor;
    State m_state = State::idle;
};

} // namespace nitroscope::app
