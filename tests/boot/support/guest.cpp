// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/guest.hpp"

#include <QDeadlineTimer>
#include <QFileInfo>
#include <QJsonDocument>

namespace nitroscope::test {
namespace {

QString existing(const char *path) {
    const QString name = QString::fromUtf8(path);
    return QFileInfo::exists(name) ? name : QString();
}

int milliseconds(const QDeadlineTimer &deadline) {
    return static_cast<int>(qMin<qint64>(deadline.remainingTime(), 50));
}

} // namespace

Guest::~Guest() {
    m_process.kill();
    m_process.waitForFinished(5000);
}

QString Guest::qemu() {
    return existing(NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
}

QString Guest::demoEif() {
    return existing(NITROSCOPE_BINARY_DIR "/demo/demo.eif");
}

bool Guest::start(const QStringList &arguments, const std::function<void()> &beforeRunning) {
    const QString socket = m_folder.filePath(QStringLiteral("qmp"));
    QStringList all{QStringLiteral("-nodefaults"), QStringLiteral("-no-user-config"),
                    QStringLiteral("-display"),    QStringLiteral("none"),
                    QStringLiteral("-serial"),     QStringLiteral("stdio"),
                    QStringLiteral("-qmp"),        QStringLiteral("unix:%1,server=on,wait=on").arg(socket),
                    QStringLiteral("-S")};
    m_process.start(qemu(), all + arguments);
    QDeadlineTimer deadline(120000);
    while (!deadline.hasExpired() && m_process.state() != QProcess::NotRunning) {
        m_qmp.connectToServer(socket);
        if (m_qmp.waitForConnected(100))
            break;
        pump(20);
    }
    if (m_qmp.state() != QLocalSocket::ConnectedState) {
        pump(200);
        return false;
    }
    // QEMU sends no events before the capabilities are agreed on, so the machine must not run before that.
    const QJsonValue agreed = command(QStringLiteral("qmp_capabilities"));
    if (beforeRunning)
        beforeRunning();
    const QJsonValue running = command(QStringLiteral("cont"));
    return !agreed.toObject().contains(QStringLiteral("error")) &&
           !running.toObject().contains(QStringLiteral("error"));
}

void Guest::pump(int wait) {
    if (m_qmp.state() == QLocalSocket::ConnectedState)
        m_qmp.waitForReadyRead(qMax(wait / 2, 1));
    if (m_qmp.bytesAvailable() > 0)
        m_pending += m_qmp.readAll();
    if (m_process.state() != QProcess::NotRunning)
        m_process.waitForReadyRead(qMax(wait / 2, 1));
    m_console += m_process.readAllStandardOutput();
    m_errors += m_process.readAllStandardError();
    takeLines();
}

void Guest::takeLines() {
    for (qsizetype end = m_pending.indexOf('\n'); end >= 0; end = m_pending.indexOf('\n')) {
        const QJsonObject message = QJsonDocument::fromJson(m_pending.left(end)).object();
        m_pending.remove(0, end + 1);
        if (message.contains(QStringLiteral("event")))
            m_events.append(message);
        else if (!message.contains(QStringLiteral("QMP")))
            m_replies.append(message);
    }
}

bool Guest::waitForConsole(const QByteArray &text, int seconds) {
    QDeadlineTimer deadline(seconds * 1000);
    while (!m_console.contains(text)) {
        const bool over = deadline.hasExpired() || m_process.state() == QProcess::NotRunning;
        pump(milliseconds(deadline));
        if (over && !m_console.contains(text))
            return false;
    }
    return true;
}

QJsonObject Guest::waitForEvent(const QString &name, int seconds) {
    QDeadlineTimer deadline(seconds * 1000);
    for (;;) {
        for (const QJsonObject &event : std::as_const(m_events))
            if (event[QStringLiteral("event")].toString() == name)
                return event[QStringLiteral("data")].toObject();
        if (deadline.hasExpired())
            return {};
        pump(milliseconds(deadline));
    }
}

bool Guest::waitForExit(int seconds) {
    QDeadlineTimer deadline(seconds * 1000);
    while (m_process.state() != QProcess::NotRunning && !deadline.hasExpired())
        pump(milliseconds(deadline));
    pump(20);
    return m_process.state() == QProcess::NotRunning;
}

QJsonValue Guest::command(const QString &name, const QJsonObject &arguments) {
    m_replies.clear();
    QJsonObject request{{QStringLiteral("execute"), name}};
    if (!arguments.isEmpty())
        request[QStringLiteral("arguments")] = arguments;
    m_qmp.write(QJsonDocument(request).toJson(QJsonDocument::Compact) + '\n');
    m_qmp.flush();
    QDeadlineTimer deadline(120000);
    while (m_replies.isEmpty() && !deadline.hasExpired() && m_process.state() != QProcess::NotRunning)
        pump(milliseconds(deadline));
    if (m_replies.isEmpty())
        return QJsonObject{{QStringLiteral("error"), QStringLiteral("no reply")}};
    const QJsonObject reply = m_replies.takeFirst();
    return reply.contains(QStringLiteral("return")) ? reply[QStringLiteral("return")] : QJsonValue(reply);
}

void Guest::type(const QByteArray &text) {
    m_process.write(text);
    m_process.waitForBytesWritten(1000);
}

QByteArray Guest::errorOutput() {
    pump(20);
    return m_errors;
}

} // namespace nitroscope::test
