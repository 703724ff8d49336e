// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of EnclaveRun: how it comes to its end. Each way leaves its evidence, ends QEMU if it still runs, and waits until what is
// on its way has arrived; concludeEnd() then says why it was.
#include "app/core/worker.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/findings/findings_report.hpp"
#include "app/session/run/enclave_run.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int findingsGraceMs = 60'000; // after quit, for plugins that have files to write

} // namespace

void EnclaveRun::onShutdown(const QJsonObject &data) {
    if (m_spec.replays)
        return; // the guest's end is a place like any other
    if (m_evidence.shutdownReason.isEmpty())
        m_evidence.shutdownReason = data.value("reason"_L1).toString();
    if (!m_ending)
        endQemu();
}

void EnclaveRun::onBootFailed(const QJsonObject &data) {
    const auto problem = qmp::readBootProblem(data);
    if (!problem)
        log(LogLevel::warning, "session", problem.error().text());
    if (m_evidence.bootFailure)
        return;
    const BootFailure failure = problem ? *problem : BootFailure{{}, {}, {}, problem.error().text(), {}, {}};
    m_evidence.bootFailure = failure;
    emit bootFailed(failure);
    if (!m_ending)
        endQemu();
}

// A stop by QEMU itself looks like one that somebody wanted. Under a debugger the machine stays for whoever wants to
// see where it was; otherwise nobody would ever go on.
void EnclaveRun::askWhyStopped() {
    if (!m_qmp || m_qmp->state() != qmp::Client::State::ready)
        return;
    m_qmp->execute(u"query-status"_s, {}, this, [this](const qmp::Client::Reply &reply) {
        if (m_ending || !reply || reply->toObject().value("status"_L1) != "internal-error"_L1)
            return;
        m_evidence.internalError = true;
        if (m_gdb)
            log(LogLevel::error, "session",
                u"QEMU stopped the guest with an internal error; it cannot go on."_s);
        else
            endQemu();
    });
}

void EnclaveRun::onProcessEnd(const ProcessEnd &end) {
    m_connectTimer.stop();
    if (m_target)
        m_target->detach();
    m_processGone = true;
    m_sockets.clean();
    m_evidence.process = end;
    m_evidence.errorLines = m_process.lastErrorLines();
    if (!m_evidence.guestStarted && !m_evidence.startError && !m_evidence.bootFailure && end.exitCode != 0) {
        m_evidence.bootFailure = m_refusal;
        if (m_evidence.bootFailure)
            emit bootFailed(*m_evidence.bootFailure);
    }
    m_console.drain();
    if (m_capture)
        m_capture->close();
    m_drainTimer.start(m_limits.drainMs);
    finishWhenDrained();
}

// Not at once: the kernel still prints the stack.
void EnclaveRun::onPanic() {
    m_evidence.panicEndsRun = m_limits.afterPanicMs && !m_gdb;
    if (m_evidence.panicEndsRun)
        m_panicTimer.start(*m_limits.afterPanicMs);
    else
        log(LogLevel::error, "session",
            u"The guest's kernel panicked; it reboots by itself when its command line has panic=."_s);
}

void EnclaveRun::stop() {
    m_evidence.stopAsked = true;
    m_stopRecording.request_stop();
    if (!m_ending)
        endQemu();
}

void EnclaveRun::endQemu() {
    m_ending = true;
    m_connectTimer.stop();
    const bool polite = m_qmp && m_qmp->state() == qmp::Client::State::ready;
    if (polite)
        m_qmp->execute(u"quit"_s);
    else
        m_sockets.note(m_spec.vsock); // its monitor is not there to say that it has made them
    const int grace = wantsFindings() ? findingsGraceMs : m_limits.stopGraceMs;
    m_process.end(polite ? grace : 0, m_limits.stopGraceMs);
}

bool EnclaveRun::wantsFindings() const {
    return !m_spec.profilePath.isEmpty() || !m_spec.coveragePath.isEmpty();
}

void EnclaveRun::loseContact(const Error &error) {
    // A crash closes the socket before the process is reaped: concludeEnd() tells the two apart.
    if (!m_evidence.lostContact)
        m_evidence.lostContact = error;
    if (m_ending)
        return;
    m_ending = true;
    m_process.end(m_limits.stopGraceMs, m_limits.stopGraceMs);
}

// What the plugins left gets its names; the folder that has it goes with us.
void EnclaveRun::writeFindings() {
    runInWorker(
        this,
        [spec = m_spec, folder = m_folder->path()] {
            QVector<std::pair<LogLevel, QString>> lines;
            const CodeFiles files = codeFilesOf(spec.eifPath);
            const auto write = [&](const QString &path, const char *name, const auto &writer) {
                if (path.isEmpty())
                    return;
                const Result<QStringList> written = writer(folder + u'/' + QLatin1String(name), files, path);
                if (!written)
                    lines.append({LogLevel::error, written.error().text()});
                else
                    for (const QString &problem : *written)
                        lines.append({LogLevel::warning, path + u": "_s + problem});
            };
            write(spec.profilePath, profileFindings, writeProfile);
            write(spec.coveragePath, coverageFindings,
                  [](const QString &found, const CodeFiles &known, const QString &path) {
                      return writeCoverage(found, known, path);
                  });
            return lines;
        },
        [this](const QVector<std::pair<LogLevel, QString>> &lines) {
            for (const auto &[level, text] : lines)
                log(level, "session", text);
            conclude();
        });
}

void EnclaveRun::conclude() {
    m_evidence.panicLine = m_scanner.panicLine();
    m_evidence.initLine = m_scanner.lastLine();
    m_evidence.programEnd = m_scanner.programEnd();
    const EndReason reason = concludeEnd(m_evidence);
    endRecording(reason);
    emit finished(reason);
}

void EnclaveRun::finishWhenDrained() {
    if (!m_processGone || m_finished)
        return;
    if (m_qmp && m_qmp->state() != qmp::Client::State::closed)
        return;
    // From the event loop: our caller may be in the middle of its own signal.
    m_drainTimer.start(0);
}

} // namespace nitroscope::app
