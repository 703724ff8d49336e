// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/machine_hold.hpp"

#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxText = 4 << 20; // of registers: 288 CPUs have 1 MiB

} // namespace

HoldServer::HoldServer(Monitor monitor, QObject *parent) : QObject(parent), m_monitor(std::move(monitor)) {
    connect(&m_server, &QLocalServer::newConnection, this, &HoldServer::next);
}

// The server takes its sockets along, which would tell us when we are half gone.
HoldServer::~HoldServer() {
    if (!m_holder)
        return;
    m_holder->disconnect(this);
    letGoOn();
}

void HoldServer::letGoOn() {
    if (qmp::Client *const monitor = m_monitor(); monitor && std::exchange(m_ran, false))
        monitor->execute(u"cont"_s);
}

Result<void> HoldServer::listen(const QString &path) {
    if (!m_server.listen(path))
        return failure(u"channel-failed"_s, u"A socket cannot be created: %1."_s.arg(m_server.errorString()),
                       path);
    return {};
}

void HoldServer::next() {
    if (m_holder || !m_server.hasPendingConnections())
        return;
    m_holder = m_server.nextPendingConnection();
    m_ran = false;
    connect(m_holder, &QLocalSocket::disconnected, this, &HoldServer::release);
    qmp::Client *const monitor = m_monitor();
    if (!monitor)
        return answer({});
    monitor->execute(u"query-status"_s, {}, m_holder, [this](const qmp::Client::Reply &reply) {
        if (reply)
            hold(*reply);
        else
            answer({});
    });
}

void HoldServer::hold(const QJsonValue &status) {
    qmp::Client *const monitor = m_monitor();
    if (!monitor)
        return answer({});
    m_ran = status[u"running"].toBool();
    if (m_ran)
        monitor->execute(u"stop"_s);
    monitor->execute(u"human-monitor-command"_s, {{u"command-line"_s, u"info registers -a"_s}}, m_holder,
                     [this](const qmp::Client::Reply &reply) {
                         answer(reply ? reply->toString().toLatin1() : QByteArray());
                     });
}

void HoldServer::answer(const QByteArray &registers) {
    m_holder->write(registers + '\0');
    m_holder->flush();
}

void HoldServer::release() {
    letGoOn();
    m_holder->deleteLater();
    m_holder.clear();
    QMetaObject::invokeMethod(this, &HoldServer::next, Qt::QueuedConnection);
}

void MachineHold::ask(const QString &path) {
    connect(&m_socket, &QLocalSocket::readyRead, this, &MachineHold::read);
    connect(&m_socket, &QLocalSocket::errorOccurred, this, [this] {
        emit failed(
            {u"not-held"_s,
             m_isHeld
                 ? u"The enclave ended meanwhile."_s
                 : u"The enclave does not stand still for this: it is just ending, or was started by another "
                   "version of this program. Start it again."_s,
             std::nullopt,
             {}});
    });
    m_socket.connectToServer(path, QIODevice::ReadOnly);
}

void MachineHold::read() {
    m_text += m_socket.read(maxText - m_text.size() + 1);
    const qsizetype end = m_text.indexOf('\0');
    if (m_isHeld || (end < 0 && m_text.size() <= maxText))
        return;
    m_isHeld = true;
    if (end <= 0)
        emit failed(
            {u"not-held"_s, u"The enclave's machine does not answer; try again."_s, std::nullopt, {}});
    else
        emit held(m_text.first(end));
}

} // namespace nitroscope::app
