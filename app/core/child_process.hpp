// SPDX-License-Identifier: GPL-2.0-or-later
//
// The app's one way to run another program: no shell, arguments as a list, standard error in lines, and a
// child that does not outlive us.
//
// The child gets a session of its own, so that Ctrl-C in a terminal reaches only us and we decide how the
// child ends; when we die without a word, the kernel sends it SIGTERM. A QEMU that cannot act on that ends by
// itself, see qemu-machine/board/nitro-parent.c.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

namespace nitroscope::app {

struct ProcessEnd {
    int exitCode = 0;  // valid when signal is 0
    int signal = 0;    // the signal that ended the process, 0 when it exited
    bool ours = false; // we sent it a signal
};

class ChildProcess : public QObject {
    Q_OBJECT
public:
    explicit ChildProcess(QObject *parent = nullptr);
    ~ChildProcess() override; // kills the child when it still runs

    void start(const QString &program, const QStringList &arguments);
    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    qint64 processId() const { return m_process.processId(); }

    // Waits `patienceMs` for an end by itself, then sends SIGTERM, and SIGKILL after another `graceMs`: even who
    // does not want to wait leaves the child the time to tidy up after itself.
    void end(int patienceMs, int graceMs);

    // The last lines of standard error, oldest first; at most keptLines.
    QStringList lastErrorLines() const { return m_errorLines; }

    static constexpr int keptLines = 40;
    static constexpr qsizetype maxLineLength =
        32 * 1024; // bytes, for a refusal that quotes a path; the rest of a longer line is dropped

signals:
    void started();
    void errorLine(const QString &line);
    void failedToStart(const QString &why);
    void finished(const nitroscope::app::ProcessEnd &end);

private:
    void readErrors();
    void takeErrorLine(QByteArray line);
    void escalate();

    QProcess m_process;
    QTimer m_escalation;
    QByteArray m_partialLine;
    QStringList m_errorLines;
    int m_graceMs = 0;
    bool m_terminateSent = false;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::ProcessEnd)
