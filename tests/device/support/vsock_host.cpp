// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/device/support/vsock_host.hpp"

#include <QDeadlineTimer>
#include <QFile>
#include <QJsonArray>
#include <QThread>
#include <unistd.h>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int deadlineMs = 60000, stepMs = 20;

QJsonObject ofService(const QJsonValue &flows, quint32 service) {
    const QJsonArray list = flows.toArray();
    for (const QJsonValue flow : list)
        if (flow.toObject()[u"service"_s].toInteger() == service)
            return flow.toObject();
    return {};
}

// Clock ticks that a process has used.
qint64 ticksOf(qint64 process) {
    QFile file(u"/proc/%1/stat"_s.arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray line = file.readAll();
    // Fields 14 and 15; the name in parentheses may have spaces.
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    return fields.value(11).toLongLong() + fields.value(12).toLongLong();
}

} // namespace

QByteArray patternBytes(qsizetype count, quint32 seed) {
    QByteArray bytes(count, Qt::Uninitialized);
    quint32 state = seed * 2654435761u | 1;
    for (char &byte : bytes) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

QStringList VsockHostPrograms::arguments(const QStringList &routes) const {
    QStringList all{u"-global"_s, u"virtio-vsock-device.path="_s + path()};
    if (!routes.isEmpty())
        all += {u"-global"_s, u"virtio-vsock-device.routes="_s + routes.join(QLatin1Char(';'))};
    return all;
}

quint32 VsockHostPrograms::listenFor(quint32 port) {
    m_accepted.reset();
    m_server.close();
    const QString name = path() + QLatin1Char('_') + QString::number(port);
    QLocalServer::removeServer(name);
    m_server.listen(name);
    return port;
}

QLocalSocket &VsockHostPrograms::accepted() {
    QDeadlineTimer deadline(deadlineMs);
    while (!m_accepted && !deadline.hasExpired())
        if (m_server.hasPendingConnections() || m_server.waitForNewConnection(stepMs))
            m_accepted.reset(m_server.nextPendingConnection());
    if (!m_accepted)
        m_accepted = std::make_unique<QLocalSocket>(); // that is not connected
    return *m_accepted;
}

QByteArray VsockHostPrograms::readFrom(QLocalSocket &socket, qsizetype count) {
    QByteArray bytes;
    QDeadlineTimer deadline(deadlineMs);
    while (bytes.size() < count && !deadline.hasExpired()) {
        bytes += socket.read(count - bytes.size());
        if (bytes.size() < count && !socket.waitForReadyRead(stepMs) && socket.bytesAvailable() == 0 &&
            socket.state() != QLocalSocket::ConnectedState)
            break;
    }
    return bytes;
}

QByteArray VsockHostPrograms::readLineFrom(QLocalSocket &socket) {
    QByteArray line;
    while (!line.endsWith('\n')) {
        const QByteArray byte = readFrom(socket, 1);
        if (byte.isEmpty())
            break;
        line += byte;
    }
    return line;
}

bool VsockHostPrograms::hasEnded(QLocalSocket &socket) {
    QDeadlineTimer deadline(deadlineMs);
    while (socket.state() == QLocalSocket::ConnectedState && !deadline.hasExpired()) {
        socket.waitForReadyRead(stepMs);
        socket.readAll();
    }
    return socket.state() != QLocalSocket::ConnectedState;
}

std::unique_ptr<QLocalSocket> VsockHostPrograms::connectTo(quint32 guestPort) {
    auto socket = std::make_unique<QLocalSocket>();
    socket->connectToServer(path());
    socket->waitForConnected(deadlineMs);
    socket->write("CONNECT " + QByteArray::number(guestPort) + '\n');
    socket->flush();
    return socket;
}

QJsonObject VsockHostPrograms::flow(quint32 service) {
    const QJsonObject info = query();
    const QJsonObject living = ofService(info[u"flows"_s], service);
    return !living.isEmpty() ? living : ofService(info[u"closed"_s], service);
}

QJsonObject VsockHostPrograms::closedFlow(quint32 service) {
    return ofService(query()[u"closed"_s], service);
}

QString VsockHostPrograms::endOf(quint32 service) {
    QDeadlineTimer deadline(deadlineMs);
    QJsonObject row = flow(service);
    while (row[u"state"_s].toString() != "closed"_L1 && !deadline.hasExpired()) {
        QThread::msleep(5);
        row = flow(service);
    }
    return row[u"reason"_s].toString();
}

double VsockHostPrograms::cpuShareOver(int milliseconds) {
    const qint64 before = ticksOf(m_machine.processId());
    QThread::msleep(static_cast<unsigned long>(milliseconds));
    const auto used = static_cast<double>(ticksOf(m_machine.processId()) - before);
    return used / static_cast<double>(sysconf(_SC_CLK_TCK)) * 1000 / milliseconds;
}

} // namespace nitroscope::test
