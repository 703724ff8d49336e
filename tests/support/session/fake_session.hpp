// SPDX-License-Identifier: GPL-2.0-or-later
//
// An EnclaveSession without QEMU: tests of panels and models play what a run would report.
//
// Every call made on it is recorded; what the test wants the watchers to see, it says with the play…()
// functions, which emit at once. What the guest does goes into the capture stream as well, as it does when a
// machine runs.
#pragma once

#include "app/session/run/debugger_access.hpp"
#include "app/session/run/enclave_session.hpp"
#include "tests/support/session/fake_capture.hpp"
#include "tests/support/session/fake_replay.hpp"
#include "tests/support/session/fake_vsock.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <QStringList>

struct NitroCapture;

namespace nitroscope::app {

class FakeSession : public EnclaveSession, public DebuggerAccess {
    Q_OBJECT
public:
    using EnclaveSession::EnclaveSession;
    ~FakeSession() override;

    State state() const override { return m_state; }
    FakeCapture *capture() override { return &m_capture; }
    DebugTarget *debugTarget() override { return m_debugTarget; }
    FakeReplay *replay() override { return &m_replay; }

    void start(const LaunchSpec &spec) override;
    void pause() override;
    void resume() override;
    void reset() override;
    void stop() override;
    void sendConsoleInput(const QByteArray &bytes) override;
    void addNsmBreak(const qmp::BreakRule &wanted) override;
    void addNsmFault(const qmp::FaultRule &wanted) override;
    void removeNsmRule(qmp::MachineRule::Kind kind, quint32 id) override;
    void refreshNsmRules() override {}
    void attachDebugger() override { m_calls << u"attachDebugger"_s; }

    // What the vsock device was asked; answers while a run is in progress.
    FakeVsock &vsockMachine() { return m_vsockMachine; }

    // What was asked of the session so far: "start", "pause", "resume", "reset", "stop".
    QStringList calls() const { return m_calls; }
    std::optional<LaunchSpec> lastSpec() const { return m_spec; }
    QByteArray consoleInput() const { return m_consoleInput; }

    void playState(State state);
    void playStage(const BootStage &stage);
    void playBootFailure(const BootFailure &failure);
    void playConsole(const QByteArray &bytes);
    void playPcrs(const QVector<PcrValue> &pcrs);
    void playBreak(const qmp::BreakHit &hit); // and pauses
    // A run under the debugger has come to its reset vector. The target is the caller's.
    void playDebugger(DebugTarget *target);
    void playLog(LogLevel level, const QString &text);
    void playEnd(const EndReason &reason); // sets ended or failed by the kind of the reason

    // A whole successful boot: starting, six stages one virtual millisecond apart, 32 PCRs, some console
    // text, running.
    void playDemoBoot();

private:
    // Writes records into the run's stream; without a run, a stream begins.
    void record(const std::function<void(NitroCapture *)> &write);

    struct StreamDeleter {
        void operator()(NitroCapture *stream) const;
    };
    std::unique_ptr<NitroCapture, StreamDeleter> m_stream;
    qint64 m_hostNs = 0, m_guestNs = 0; // of what is recorded next

    QStringList m_calls;
    std::optional<LaunchSpec> m_spec;
    QByteArray m_consoleInput;
    State m_state = State::idle;
    FakeCapture m_capture;
    FakeReplay m_replay;
    FakeVsock m_vsockMachine;
    QVector<qmp::MachineRule> m_rules;
    quint32 m_nextRule = 1;
    DebugTarget *m_debugTarget = nullptr;
};

} // namespace nitroscope::app
