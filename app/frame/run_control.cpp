// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/run_control.hpp"

#include "app/frame/frame.hpp"
#include "app/session/run/end_reason.hpp"
#include "app/ui/bars/banner.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::Severity;
using State = EnclaveSession::State;

RunControl::RunControl(Frame &frame) : m_frame(frame), m_options(frame.preferences().launchOptions()) {
    registerActions();
    EnclaveSession &session = frame.session();
    connect(&session, &EnclaveSession::stateChanged, this, &RunControl::takeState);
    connect(&session, &EnclaveSession::breakHit, this, &RunControl::takeBreak);
    connect(&session, &EnclaveSession::ended, this, &RunControl::takeEnd);
    connect(&frame.image(), &EifLoader::openingFinished, this, &RunControl::updateActions);
    updateActions();
}

void RunControl::registerActions() {
    using K = QKeySequence;
    ActionRegistry &actions = m_frame.actions();
    EnclaveSession &session = m_frame.session();
    actions.add({u"enclave.run"_s, u"&Run"_s, K(u"F5"_s), u"run"_s, u"Start the enclave"_s},
                [this] { run(); });
    actions.add({u"enclave.runDebug"_s, u"Run under &Debugger"_s, K(u"Ctrl+F5"_s), u"debug"_s,
                 u"Start the enclave and stop before its first instruction"_s},
                [this] { run(Under::debugger); });
    actions.add({u"enclave.pause"_s, u"&Pause"_s, K(u"F6"_s), u"pause"_s, u"Stop the guest's clock"_s},
                [this, &session] { m_guest.pause ? m_guest.pause() : session.pause(); });
    actions.add({u"enclave.resume"_s, u"Res&ume"_s, K(u"F8"_s), u"resume"_s, u"Let the guest continue"_s},
                [this, &session] { m_guest.resume ? m_guest.resume() : session.resume(); });
    actions.add({u"enclave.reset"_s, u"Re&set"_s, K(u"Ctrl+R"_s), u"reset"_s,
                 u"Boot again from the reset vector in the same QEMU"_s},
                [&session] { session.reset(); });
    actions.add({u"enclave.stop"_s, u"S&top"_s, K(u"Shift+F5"_s), u"stop"_s, u"End the enclave"_s},
                [&session] { session.stop(); });
    actions.add({u"enclave.restart"_s, u"Start &Again"_s, K(u"Ctrl+Shift+F5"_s), u"reset"_s,
                 u"Start the enclave with a new QEMU, stopping it first if it runs"_s},
                [this] { startAgain(); });
}

bool RunControl::isActive() const {
    const State state = m_frame.session().state();
    return state == State::running || state == State::paused;
}

bool RunControl::isBusy() const {
    return m_frame.session().state() == State::starting || isActive();
}

void RunControl::run(Under what) {
    m_under = what;
    if (!m_frame.image().document())
        return;
    LaunchSpec spec = m_options;
    spec.eifPath = m_frame.image().document()->path();
    spec.debugger = what == Under::debugger;
    start(spec);
}

void RunControl::start(const LaunchSpec &spec) {
    m_spec = spec;
    m_frame.session().start(m_spec);
}

// Also while an enclave runs, which is then stopped first.
void RunControl::startAgain() {
    if (!isBusy()) {
        run(m_under);
        return;
    }
    stopThen([this] { run(m_under); });
}

void RunControl::stopThen(std::function<void()> next) {
    m_next = std::move(next);
    m_frame.session().stop();
}

void RunControl::setPauseReason(const QString &reason) {
    m_pauseReason = reason;
    emit pauseReasonChanged();
}

void RunControl::takeState(State state) {
    if (state == State::starting) {
        m_showsBreak = false;
        m_frame.banner().dismiss();
    }
    if (state == State::running && std::exchange(m_showsBreak, false))
        m_frame.banner().dismiss();
    if (state != State::paused && !m_pauseReason.isEmpty())
        setPauseReason({});
    updateActions();
}

void RunControl::takeBreak(const qmp::BreakHit &hit) {
    m_showsBreak = true;
    m_frame.banner().display(
        Severity::note, u"Stopped by break %1: %2."_s.arg(hit.id).arg(hit.detail),
        u"The guest's clock stands still. Look around, then let it continue; the break stays until it is "
        "removed in the %1 panel."_s.arg(hit.source == "vsock"_L1 ? u"vsock"_s : u"NSM"_s),
        {m_frame.action("enclave.resume")});
    setPauseReason(u"break %1, %2"_s.arg(hit.id).arg(hit.detail));
}

void RunControl::takeEnd(const EndReason &reason) {
    if (m_next) {
        // Not now: the session accepts a start only after it has told everybody about the end.
        QMetaObject::invokeMethod(this, std::exchange(m_next, nullptr), Qt::QueuedConnection);
        return;
    }
    if (reason.kind == EndKind::stoppedByUser)
        return;
    m_frame.banner().display(
        isFailure(reason.kind) ? Severity::error : Severity::note, reason.message, reason.advice,
        {m_frame.action("enclave.restart"), m_frame.action("file.open"), m_frame.action("edit.copyDetails")});
}

void RunControl::updateActions() {
    const State state = m_frame.session().state();
    const bool canRun = m_frame.image().document().has_value();
    const auto enable = [this](const char *id, bool on) { m_frame.action(id)->setEnabled(on); };
    enable("enclave.run", canRun && !isBusy());
    enable("enclave.runDebug", canRun && !isBusy());
    enable("enclave.restart", canRun);
    enable("enclave.pause", state == State::running);
    enable("enclave.resume", state == State::paused);
    m_frame.actions().allow(u"enclave.reset"_s, isActive() && m_frame.whyFixed().isEmpty(),
                            m_frame.whyFixed());
    enable("enclave.stop", isBusy());
    // One place in the toolbar for pausing and resuming.
    m_frame.action("enclave.resume")->setVisible(state == State::paused);
    m_frame.action("enclave.pause")->setVisible(state != State::paused);
}

} // namespace nitroscope::app
