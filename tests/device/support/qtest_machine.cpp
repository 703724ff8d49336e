// SPDX-License-Identifier: GPL-2.0-or-later
//
// QtestMachine: see the header. QEMU connects to us, not we to it: then nothing has to be polled for, and a
// QEMU that refuses to start is noticed at once by its end.
#include "tests/device/support/qtest_machine.hpp"

#include <QDeadlineTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

namespace nitroscope::test {

namespace {

constexpr int deadlineMs = 60000;
// Short steps, so that the end of the process is seen while waiting for a socket.
constexpr int stepMs = 20;

} // namespace

QtestMachine::QtestMachine() {
    m_process.setProcessChannelMode(QProcess::SeparateChannels);
    m_process.setStandardInputFile(QProcess::nullDevice());
}

QtestMachine::~QtestMachine() {
    if (m_process.state() != QProcess::NotRunning) {
        m_process.kill();
        m_process.waitForFinished(deadlineMs);
    }
}

QString QtestMachine::qemu() {
    const QString path = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
    const QString other = qEnvironmentVariable("NITROSCOPE_QEMU");
    return !other.isEmpty() ? other : QFileInfo(path).isExecutable() ? path : QString();
}

bool QtestMachine::start(const QStringList &arguments) {
    const QString rom = m_folder.filePath(QStringLiteral("zero.rom"));
    QFile file(rom);
    if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray(64 * 1024, '\0')) < 0)
        return false;
    file.close();
    const QString qtestPath = m_folder.filePath(QStringLiteral("qtest"));
    const QString qmpPath = m_folder.filePath(QStringLiteral("qmp"));
    if (!m_qtestServer.listen(qtestPath) || !m_qmpServer.listen(qmpPath))
        return false;

    QStringList all{QStringLiteral("-accel"),     QStringLiteral("qtest"),
                    QStringLiteral("-display"),   QStringLiteral("none"),
                    QStringLiteral("-serial"),    QStringLiteral("null"),
                    QStringLiteral("-monitor"),   QStringLiteral("none"),
                    QStringLiteral("-qtest"),     QStringLiteral("unix:") + qtestPath,
                    QStringLiteral("-qtest-log"), QStringLiteral("none"),
                    QStringLiteral("-qmp"),       QStringLiteral("unix:") + qmpPath};
    if (!arguments.contains(QStringLiteral("-M")))
        all += {QStringLiteral("-M"), QStringLiteral("nitro-enclave")};
    if (!arguments.contains(QStringLiteral("-bios")))
        all += {QStringLiteral("-bios"), rom};
    m_process.start(qemu(), all + arguments);
    if (!m_process.waitForStarted(deadlineMs))
        return false;

    m_qtest = accept(m_qtestServer);
    m_qmp = m_qtest ? accept(m_qmpServer) : nullptr;
    QJsonObject greeting;
    if (!m_qmp || !readObject(deadlineMs, greeting) || !greeting.contains(QStringLiteral("QMP"))) {
        waitForExit();
        return false;
    }
    command(QStringLiteral("qmp_capabilities"));
    // QEMU opens its sockets before it makes the machine: it is there once it answers.
    const bool alive = command(QStringLiteral("query-status")).toObject().contains(QStringLiteral("status"));
    if (!alive)
        waitForExit();
    return alive;
}

std::unique_ptr<QLocalSocket> QtestMachine::accept(QLocalServer &server) {
    QDeadlineTimer deadline(deadlineMs);
    while (!deadline.hasExpired()) {
        if (server.hasPendingConnections() || server.waitForNewConnection(stepMs))
            return std::unique_ptr<QLocalSocket>(server.nextPendingConnection());
        if (m_process.state() == QProcess::NotRunning || m_process.waitForFinished(0))
            break;
    }
    return nullptr;
}

bool QtestMachine::waitForExit() {
    return m_process.state() == QProcess::NotRunning || m_process.waitForFinished(deadlineMs);
}

QByteArray QtestMachine::errorOutput() {
    m_errors += m_process.readAllStandardError();
    return m_errors;
}

bool QtestMachine::readObject(int milliseconds, QJsonObject &object) {
    QDeadlineTimer deadline(milliseconds);
    while (!m_qmp->canReadLine()) {
        const bool ended = m_qmp->state() != QLocalSocket::ConnectedState;
        if (ended || deadline.hasExpired())
            return false;
        m_qmp->waitForReadyRead(stepMs);
    }
    object = QJsonDocument::fromJson(m_qmp->readLine()).object();
    return true;
}

QJsonValue QtestMachine::command(const QString &name, const QJsonObject &arguments) {
    QJsonObject request{{QStringLiteral("execute"), name}};
    if (!arguments.isEmpty())
        request[QStringLiteral("arguments")] = arguments;
    m_qmp->write(QJsonDocument(request).toJson(QJsonDocument::Compact) + '\n');
    m_qmp->flush();
    QJsonObject reply;
    while (readObject(deadlineMs, reply)) {
        if (reply.contains(QStringLiteral("event")))
            m_events += reply;
        else if (reply.contains(QStringLiteral("return")))
            return reply[QStringLiteral("return")];
        else
            return reply;
    }
    return QJsonObject{{QStringLiteral("error"), QStringLiteral("no reply")}};
}

QJsonObject QtestMachine::takeEvent(const QString &name) {
    QDeadlineTimer deadline(deadlineMs);
    for (qsizetype i = 0;;) {
        for (; i < m_events.size(); ++i) {
            if (m_events[i][QStringLiteral("event")].toString() == name)
                return m_events.takeAt(i)[QStringLiteral("data")].toObject();
        }
        QJsonObject object;
        if (!readObject(static_cast<int>(deadline.remainingTime()), object))
            return {};
        if (object.contains(QStringLiteral("event")))
            m_events += object;
    }
}

/// What follows "OK" in the answer; nothing when the command was refused or QEMU is gone.
std::optional<QByteArray> QtestMachine::qtest(const QByteArray &line) {
    m_qtest->write(line + '\n');
    m_qtest->flush();
    QDeadlineTimer deadline(deadlineMs);
    while (!deadline.hasExpired()) {
        if (m_qtest->canReadLine()) {
            const QByteArray answer = m_qtest->readLine().trimmed();
            if (answer.startsWith("OK"))
                return answer.mid(2).trimmed();
            if (!answer.startsWith("IRQ")) // interrupt lines report whenever they change
                return std::nullopt;
        } else if (m_qtest->state() != QLocalSocket::ConnectedState) {
            return std::nullopt;
        } else {
            m_qtest->waitForReadyRead(stepMs);
        }
    }
    return std::nullopt;
}

quint32 QtestMachine::read32(quint64 address) {
    return qtest("readl 0x" + QByteArray::number(address, 16)).value_or("0xffffffff").toUInt(nullptr, 16);
}

void QtestMachine::write32(quint64 address, quint32 value) {
    qtest("writel 0x" + QByteArray::number(address, 16) + " 0x" + QByteArray::number(value, 16));
}

QByteArray QtestMachine::readMemory(quint64 address, qsizetype size) {
    const QByteArray answer =
        qtest("read 0x" + QByteArray::number(address, 16) + ' ' + QByteArray::number(size)).value_or("");
    return QByteArray::fromHex(answer.mid(2));
}

void QtestMachine::writeMemory(quint64 address, const QByteArray &bytes) {
    qtest("write 0x" + QByteArray::number(address, 16) + ' ' + QByteArray::number(bytes.size()) + " 0x" +
          bytes.toHex());
}

quint32 QtestMachine::in32(quint16 port) {
    return qtest("inl 0x" + QByteArray::number(port, 16)).value_or("0xffffffff").toUInt(nullptr, 16);
}

void QtestMachine::out32(quint16 port, quint32 value) {
    qtest("outl 0x" + QByteArray::number(port, 16) + " 0x" + QByteArray::number(value, 16));
}

void QtestMachine::advanceClock(qint64 nanoseconds) {
    qtest("clock_step " + QByteArray::number(nanoseconds));
}

void QtestMachine::out8(quint16 port, quint8 value) {
    qtest("outb 0x" + QByteArray::number(port, 16) + " 0x" + QByteArray::number(value, 16));
}

} // namespace nitroscope::test
