// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/guest.hpp"

#include <QDeadlineTimer>
#include <QFileInfo>
#include <QJsonDocument>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
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
    return existing(isArm64() ? NITROSCOPE_BINARY_DIR "/bin/qemu-system-aarch64"
                              : NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
}

QString Guest::demoEif() {
    return existing(isArm64() ? NITROSCOPE_BINARY_DIR "/demo/demo-arm64.eif"
                              : NITROSCOPE_BINARY_DIR "/demo/demo.eif");
}

const char *Guest::missing() {
    // The second machine is nobody's duty, CI's neither.
    if (isArm64() && (qemu().isEmpty() || demoEif().isEmpty()))
        return "aarch64 was not asked for (./workbench build arm64)";
    if (qemu().isEmpty())
        return "build/bin/qemu-system-x86_64 has not been built (./workbench build)";
    if (demoEif().isEmpty())
        return "build/demo/demo.eif has not been built (./workbench build)";
    return nullptr;
}

bool Guest::start(const QStringList &arguments, const std::function<void()> &beforeRunning) {
    const QString socket = m_folder.filePath(u"qmp"_s);
    QStringList all{
        u"-nodefaults"_s, u"-no-user-config"_s, u"-display"_s, u"none"_s,
        u"-serial"_s,     u"stdio"_s,           u"-qmp"_s,     u"unix:%1,server=on,wait=on"_s.arg(socket),
        u"-S"_s};
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
    const QJsonValue agreed = command(u"qmp_capabilities"_s);
    if (beforeRunning)
        beforeRunning();
    const QJsonValue running = command(u"cont"_s);
    return !agreed.toObject().contains(u"error"_s) && !running.toObject().contains(u"error"_s);
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
        if (message.contains(u"event"_s))
            m_events.append(message);
        else if (!message.contains(u"QMP"_s))
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
            if (event[u"event"_s].toString() == name)
                return event[u"data"_s].toObject();
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
    QJsonObject request{{u"execute"_s, name}};
    if (!arguments.isEmpty())
        request[u"arguments"_s] = arguments;
    m_qmp.write(QJsonDocument(request).toJson(QJsonDocument::Compact) + '\n');
    m_qmp.flush();
    QDeadlineTimer deadline(120000);
    while (m_replies.isEmpty() && !deadline.hasExpired() && m_process.state() != QProcess::NotRunning)
        pump(milliseconds(deadline));
    if (m_replies.isEmpty())
        pump(100); // the last words of a QEMU that is gone
    if (m_replies.isEmpty())
        return QJsonObject{{u"error"_s, u"no reply"_s}};
    const QJsonObject reply = m_replies.takeFirst();
    return reply.contains(u"return"_s) ? reply[u"return"_s] : QJsonValue(reply);
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
