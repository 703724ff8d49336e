// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands over runs: start the open EIF, pause, resume, reset, stop, start again; and the notice above
// the panels when a run has stopped at a break or has ended.
#pragma once

#include "app/session/launch/launch_spec.hpp"
#include "app/session/run/enclave_session.hpp"

#include <functional>
#include <QObject>

namespace nitroscope::app {

class Frame;

class RunControl : public QObject {
    Q_OBJECT
public:
    explicit RunControl(Frame &frame);

    // Of the next runs, all but the EIF's path.
    const LaunchSpec &options() const { return m_options; }
    void setOptions(const LaunchSpec &options) { m_options = options; }
    // What the present or last run was started with.
    const LaunchSpec &spec() const { return m_spec; }

    // Starts the open EIF, under the debugger when the options say so.
    void run() { run(m_options.debugger ? Under::debugger : Under::nothing); }
    // Starts what the spec says: a run that is recorded, a replay.
    void start(const LaunchSpec &spec);
    bool isBusy() const;   // starting, running or paused
    bool isActive() const; // running or paused: the machine can be asked
    // Stops the run and does something when it has ended; the latest call counts.
    void stopThen(std::function<void()> next);

    // Who pauses and resumes the guest; nothing set: the session. Once a debugger is attached it is its
    // business: QEMU's gdbstub must not be surprised.
    struct GuestControl {
        std::function<void()> pause, resume;
    };
    void setGuestControl(GuestControl control) { m_guest = std::move(control); }

    // Why the machine stands still; empty when it does not, or nobody knows.
    QString pauseReason() const { return m_pauseReason; }
    void setPauseReason(const QString &reason);

signals:
    void pauseReasonChanged();

private:
    enum class Under { nothing, debugger };
    void registerActions();
    void run(Under what);
    void startAgain();
    void takeState(EnclaveSession::State state);
    void takeBreak(const qmp::BreakHit &hit);
    void takeEnd(const EndReason &reason);
    void updateActions();

    Frame &m_frame;
    LaunchSpec m_options;
    LaunchSpec m_spec;
    Under m_under = Under::nothing; // the run going on, and what Start Again repeats
    GuestControl m_guest;
    std::function<void()> m_next; // after the run's end
    QString m_pauseReason;
    bool m_showsBreak = false; // the notice tells of a break
};

} // namespace nitroscope::app
