// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/live_session.hpp"

#include "app/session/debug/live_target.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

LiveSession::LiveSession(Stream stream, QObject *parent) : LiveSession(RunLimits(), stream, parent) {}

LiveSession::LiveSession(const RunLimits &limits, Stream stream, QObject *parent)
    : EnclaveSession(parent), m_limits(limits),
      m_capture(stream == Stream::read ? std::make_unique<LiveCapture>() : nullptr) {
    connect(&vsock(), &VsockControl::refused, this, [this](const Error &error) {
        emit logLine({QDateTime::currentDateTimeUtc(), LogLevel::warning, u"machine"_s, error.text()});
    });
}

LiveSession::~LiveSession() = default;

DebugTarget *LiveSession::debugTarget() {
    return liveTarget();
}

void LiveSession::start(const LaunchSpec &spec) {
    if (m_run) {
        emit logLine({QDateTime::currentDateTimeUtc(), LogLevel::warning, u"session"_s,
                      u"An enclave is running already; stop it first."_s});
        return;
    }
    m_run = std::make_unique<EnclaveRun>(spec, m_limits, m_capture.get());
    EnclaveRun *run = m_run.get();
    connect(run, &EnclaveRun::stateChanged, this, &LiveSession::setState);
    connect(run, &EnclaveRun::bootStage, this, &LiveSession::bootStage);
    connect(run, &EnclaveRun::bootFailed, this, &LiveSession::bootFailed);
    connect(run, &EnclaveRun::consoleOutput, this, &LiveSession::consoleOutput);
    connect(run, &EnclaveRun::consoleInputTaken, this, &LiveSession::consoleInputTaken);
    connect(&run->nsmControl(), &NsmControl::rulesChanged, this, &LiveSession::nsmRulesChanged);
    connect(run, &EnclaveRun::breakHit, this, &LiveSession::breakHit);
    connect(run, &EnclaveRun::logLine, this, &LiveSession::logLine);
    connect(run, &EnclaveRun::debuggerReady, this, [this](const QString &socket) {
        if (replay() && replay()->isReplay())
            m_run->debugTarget()->follow(replay());
        emit debuggerReady(socket);
    });
    connect(run, &EnclaveRun::monitorReady, this, [this](qmp::Client *client) {
        m_monitor = client;
        m_replay.setClient(client);
        vsock().setSender([this, client = QPointer<qmp::Client>(client)](
                              QLatin1String command, const QJsonObject &arguments, auto answer) {
            if (client)
                client->execute(command, arguments, &vsock(), std::move(answer));
        });
    });
    connect(run, &EnclaveRun::finished, this, &LiveSession::finish);
    using Mode = ReplayControl::Mode;
    m_replay.begin(spec.replays ? Mode::replay : spec.recordingPath.isEmpty() ? Mode::none : Mode::record);
    setState(State::starting);
    // Even what fails at once is reported after start() has returned.
    QMetaObject::invokeMethod(run, &EnclaveRun::begin, Qt::QueuedConnection);
}

void LiveSession::pause() {
    if (m_run)
        m_run->pause();
}

void LiveSession::resume() {
    if (m_run)
        m_run->resume();
}

void LiveSession::reset() {
    if (m_run)
        m_run->reset();
}

void LiveSession::stop() {
    if (m_run)
        m_run->stop();
}

void LiveSession::attachDebugger() {
    if (m_run)
        m_run->attachDebugger();
}

void LiveSession::sendConsoleInput(const QByteArray &bytes) {
    if (m_run)
        m_run->sendConsoleInput(bytes);
}

void LiveSession::addNsmBreak(const qmp::BreakRule &wanted) {
    if (m_run)
        m_run->nsmControl().add(wanted);
}

void LiveSession::addNsmFault(const qmp::FaultRule &wanted) {
    if (m_run)
        m_run->nsmControl().add(wanted);
}

void LiveSession::removeNsmRule(qmp::MachineRule::Kind kind, quint32 id) {
    if (m_run)
        m_run->nsmControl().remove(kind, id);
}

void LiveSession::refreshNsmRules() {
    if (m_run)
        m_run->nsmControl().refresh();
}

void LiveSession::setState(State state) {
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

void LiveSession::finish(const EndReason &reason) {
    // We are inside a signal of the run: it may only die later, but it must not be heard any more.
    m_run->disconnect(this);
    m_run->nsmControl().disconnect(this);
    emit nsmRulesChanged({});
    vsock().setSender({});
    m_replay.finish();
    m_run.release()->deleteLater();
    setState(isFailure(reason.kind) ? State::failed : State::ended);
    emit ended(reason);
}

} // namespace nitroscope::app
