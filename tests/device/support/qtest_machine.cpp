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

using namespace Qt::Literals::StringLiterals;

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
    const QString rom = m_folder.filePath(u"zero.rom"_s);
    QFile file(rom);
    if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray(64 * 1024, '\0')) < 0)
        return false;
    file.close();
    const QString qtestPath = m_folder.filePath(u"qtest"_s);
    const QString qmpPath = m_folder.filePath(u"qmp"_s);
    if (!m_qtestServer.listen(qtestPath) || !m_qmpServer.listen(qmpPath))
        return false;

    QStringList all{
        u"-accel"_s,     u"qtest"_s,    u"-display"_s, u"none"_s,           u"-serial"_s,
        u"null"_s,       u"-monitor"_s, u"none"_s,     u"-qtest"_s,         u"unix:"_s + qtestPath,
        u"-qtest-log"_s, u"none"_s,     u"-qmp"_s,     u"unix:"_s + qmpPath};
    if (!arguments.contains(u"-M"_s))
        all += {u"-M"_s, u"nitro-enclave"_s};
    if (!arguments.contains(u"-bios"_s))
        all += {u"-bios"_s, rom};
    m_process.start(qemu(), all + arguments);
    if (!m_process.waitForStarted(deadlineMs))
        return false;

    m_qtest = accept(m_qtestServer);
    m_qmp = m_qtest ? accept(m_qmpServer) : nullptr;
    QJsonObject greeting;
    if (!m_qmp || !readObject(deadlineMs, greeting) || !greeting.contains(u"QMP"_s)) {
        waitForExit();
        return false;
    }
    command(u"qmp_capabilities"_s);
    // QEMU opens its sockets before it makes the machine: it is there once it answers.
    const bool alive = command(u"query-status"_s).toObject().contains(u"status"_s);
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
    QJsonObject request{{u"execute"_s, name}};
    if (!arguments.isEmpty())
        request[u"arguments"_s] = arguments;
    m_qmp->write(QJsonDocument(request).toJson(QJsonDocument::Compact) + '\n');
    m_qmp->flush();
    QJsonObject reply;
    while (readObject(deadlineMs, reply)) {
        if (reply.contains(u"event"_s))
            m_events += reply;
        else if (reply.contains(u"return"_s))
            return reply[u"return"_s];
        else
            return reply;
    }
    return QJsonObject{{u"error"_s, u"no reply"_s}};
}

QJsonObject QtestMachine::takeEvent(const QString &name) {
    QDeadlineTimer deadline(deadlineMs);
    for (qsizetype i = 0;;) {
        for (; i < m_events.size(); ++i) {
            if (m_events[i][u"event"_s].toString() == name)
                return m_events.takeAt(i)[u"data"_s].toObject();
        }
        QJsonObject object;
        if (!readObject(static_cast<int>(deadline.remainingTime()), object))
            return {};
        if (object.contains(u"event"_s))
            m_events += object;
    }
}

// What follows "OK" in the answer; nothing when the command was refused or QEMU is gone.
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
