// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/child_process.hpp"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace nitroscope::app {

ChildProcess::ChildProcess(QObject *parent) : QObject(parent) {
    m_escalation.setSingleShot(true);
    connect(&m_escalation, &QTimer::timeout, this, &ChildProcess::escalate);
    connect(&m_process, &QProcess::started, this, &ChildProcess::started);
    connect(&m_process, &QProcess::readyReadStandardError, this, &ChildProcess::readErrors);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        // Every other error is followed by finished().
        if (error == QProcess::FailedToStart)
            emit failedToStart(m_process.errorString());
    });
    connect(&m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        m_escalation.stop();
        readErrors();
        if (!m_partialLine.isEmpty())
            takeErrorLine(std::exchange(m_partialLine, {}));
        // On Unix QProcess reports the signal's number as the exit code of a crash.
        const bool crashed = status == QProcess::CrashExit;
        emit finished({crashed ? 0 : code, crashed ? code : 0, m_terminateSent});
    });
}

ChildProcess::~ChildProcess() {
    m_process.disconnect(this);
    if (!isRunning())
        return;
    m_process.kill();
    // QProcess' destructor would do the same, but warn about it.
    m_process.waitForFinished(1000); // blocking-ok: reaping a killed child is immediate
}

void ChildProcess::start(const QString &program, const QStringList &arguments) {
    m_process.setProgram(program);
    m_process.setArguments(arguments);
    m_process.setStandardInputFile(QProcess::nullDevice());
    m_process.setStandardOutputFile(QProcess::nullDevice());
    const pid_t parent = getpid();
    // Runs between fork and exec: system calls only.
    m_process.setChildProcessModifier([parent] {
        // Of its own, so that Ctrl-C is not for it. But no session of its own: when we die, the kernel wakes a stopped
        // process (SIGHUP, SIGCONT) whose group nobody of its session looks after any more, and SIGTERM alone would wait.
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            _exit(127); // we died in between
    });
    m_process.start(QIODevice::ReadOnly);
}

void ChildProcess::end(int patienceMs, int graceMs) {
    m_graceMs = graceMs;
    if (isRunning() && !m_escalation.isActive())
        m_escalation.start(patienceMs);
}

void ChildProcess::escalate() {
    if (m_terminateSent) {
        m_process.kill();
        return;
    }
    m_terminateSent = true;
    m_process.terminate();
    m_escalation.start(m_graceMs);
}

void ChildProcess::readErrors() {
    m_partialLine += m_process.readAllStandardError();
    qsizetype start = 0;
    for (qsizetype end; (end = m_partialLine.indexOf('\n', start)) >= 0; start = end + 1)
        takeErrorLine(m_partialLine.mid(start, end - start));
    m_partialLine.remove(0, start);
    m_partialLine.truncate(maxLineLength);
}

void ChildProcess::takeErrorLine(QByteArray line) {
    line.truncate(maxLineLength);
    while (line.endsWith('\r'))
        line.chop(1);
    const QString text = QString::fromUtf8(line);
    m_errorLines.append(text);
    if (m_errorLines.size() > keptLines)
        m_errorLines.removeFirst();
    emit errorLine(text);
}

} // namespace nitroscope::app
