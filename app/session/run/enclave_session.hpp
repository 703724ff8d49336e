// SPDX-License-Identifier: GPL-2.0-or-later
//
// One enclave as the rest of the app sees it: start it, steer it, watch it.
//
// Panels and the command line know only this interface. LiveSession runs QEMU, FakeSession plays a script
// for tests. All work is asynchronous: a slot returns at once, what came of it arrives as a signal.
//
// What the guest does is told twice: by the capture stream, which RunAccount follows for the panels, live and from
// a file alike; and by the signals below that come from the machine's monitor and its serial line, for programs
// without panels, which only have to know how far the boot is and what was written.
//
// Order that watchers may rely on, for every start(): stateChanged(starting), then any of the reports, then
// exactly one ended(), which comes after stateChanged(ended) or stateChanged(failed). Reports of an earlier
// run never arrive after the next stateChanged(starting). After ended(), start() works again.
#pragma once

#include "app/session/account/session_types.hpp"
#include "app/session/capture/capture_source.hpp"
#include "app/session/launch/launch_spec.hpp"
#include "app/session/nsm/nsm_control.hpp"
#include "app/session/record/replay_control.hpp"
#include "app/session/vsock/vsock_control.hpp"

#include <QObject>

namespace nitroscope::app {

class DebugTarget;

class EnclaveSession : public QObject {
    Q_OBJECT
public:
    enum class State {
        idle,     // never started
        starting, // QEMU is being started
        running,  // the guest's clock runs
        paused,   // the guest is stopped and can be inspected or resumed
        ended,    // over, by the guest or by the user
        failed,   // over, because something went wrong; ended()'s reason says what
    };
    Q_ENUM(State)

    using QObject::QObject;

    virtual State state() const = 0;
    // What the devices of the enclave observe, run after run; nullptr for a session that does not read it.
    virtual CaptureSource *capture() { return nullptr; }
    // The machine as the debugger sees it: of a run with LaunchSpec::debugger, from debuggerReady() until its
    // detached(), which comes before ended(). A new one for each run; nullptr otherwise.
    virtual DebugTarget *debugTarget() { return nullptr; }
    // Where the machine stands in its recording, for all runs of the session; never nullptr.
    virtual ReplayControl *replay() = 0;
    // Breaks, faults and routes of vsock; connected while the machine of a run can be asked.
    VsockControl &vsock() { return m_vsock; }

public slots:
    // Ignored (with a log line) while a run is in progress.
    virtual void start(const nitroscope::app::LaunchSpec &spec) = 0;
    virtual void pause() = 0;
    virtual void resume() = 0;
    // Boots the same EIF again from its reset vector, in the same QEMU.
    virtual void reset() = 0;
    virtual void stop() = 0;
    // Bytes as typed into the guest's serial console. Dropped when no console is connected.
    virtual void sendConsoleInput(const QByteArray &bytes) = 0;
    // Breaks and faults live as long as the run. What the machine refuses comes as a log line.
    virtual void addNsmBreak(const nitroscope::qmp::BreakRule &wanted) = 0;
    virtual void addNsmFault(const nitroscope::qmp::FaultRule &wanted) = 0;
    virtual void removeNsmRule(nitroscope::qmp::MachineRule::Kind kind, quint32 id) = 0;
    virtual void refreshNsmRules() = 0;

signals:
    void stateChanged(nitroscope::app::EnclaveSession::State state);
    void bootStage(const nitroscope::app::BootStage &stage);
    void bootFailed(const nitroscope::app::BootFailure &failure);
    // Bytes of COM1 in the order sent, split anywhere.
    void consoleOutput(const QByteArray &bytes);
    // All that are set, whenever that changes.
    void nsmRulesChanged(const QVector<nitroscope::qmp::MachineRule> &rules);
    // Why the machine stands still; stateChanged(paused) follows.
    void breakHit(const nitroscope::qmp::BreakHit &hit);
    // With LaunchSpec::debugger: stopped at the reset vector; `target remote` of gdb takes this Unix socket.
    void debuggerReady(const QString &socket);
    void logLine(const nitroscope::app::LogEntry &entry);
    void ended(const nitroscope::app::EndReason &reason);

private:
    VsockControl m_vsock;
};

} // namespace nitroscope::app
