// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/gdb_endpoint.hpp"

#include "app/session/gdb/loopback_peer.hpp"
#include "qemu-machine/access/judge.hpp"

#include <QLocalSocket>
#include <QTcpSocket>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 readBufferBytes = 64 * 1024; // what a gdb says while it does not read its answers

constexpr char helpText[] =
    "monitor stages         where a boot can be stopped, and where the kernel runs\n"
    "monitor symbols        writes the kernel's symbols for gdb and says how to load them\n"
    "monitor tasks, dmesg   processes and log of the guest's kernel, read from its memory\n"
    "monitor info ...       QEMU's own information: info registers, info lapic, info mtree\n"
    "monitor x, xp          memory, virtual and physical, as QEMU's monitor shows it\n";

// A socket that is destroyed forgets what it has not written: the answer to `detach` would not arrive.
void sendRest(QIODevice *device) {
    if (auto *local = qobject_cast<QLocalSocket *>(device))
        local->flush();
    else if (auto *tcp = qobject_cast<QTcpSocket *>(device))
        tcp->flush();
}

} // namespace

GdbEndpoint::GdbEndpoint(const arch::Architecture &architecture, QObject *parent) : QObject(parent) {
    connect(&m_stub, &ChannelServer::connected, this, [this, &architecture](QLocalSocket *socket) {
        m_broker = std::make_unique<GdbBroker>(socket, architecture);
        connect(m_broker.get(), &GdbBroker::ready, this, [this] { emit ready(clientPath()); });
        connect(m_broker.get(), &GdbBroker::problem, this, &GdbEndpoint::problem);
        connect(m_broker.get(), &GdbBroker::closed, this, [this](const Error &error) {
            if (!m_broker->isReady()) // it has never answered; later ends are QEMU's own
                emit problem({error.code,
                              u"QEMU's gdbstub cannot be used: %1"_s.arg(error.message),
                              std::nullopt,
                              {}});
        });
        acceptClients();
    });
    connect(&m_clients, &QLocalServer::newConnection, this, &GdbEndpoint::acceptClients);
    connect(&m_loopback, &QTcpServer::newConnection, this, &GdbEndpoint::acceptClients);
}

GdbEndpoint::~GdbEndpoint() {
    // Before the broker that they use.
    qDeleteAll(findChildren<GdbConnection *>(QString(), Qt::FindDirectChildrenOnly));
}

Result<void> GdbEndpoint::listen(const QString &stub, const QString &clients) {
    if (!m_clients.listen(clients))
        return failure(u"channel-failed"_s, u"A socket cannot be created: %1."_s.arg(m_clients.errorString()),
                       clients);
    return m_stub.listen(stub);
}

Result<quint16> GdbEndpoint::listenOnLoopback(quint16 port) {
    if (!m_loopback.listen(QHostAddress::LocalHost, port))
        return failure(u"channel-failed"_s,
                       u"Listening for gdb on port %1 failed: %2."_s.arg(port).arg(m_loopback.errorString()));
    return m_loopback.serverPort();
}

bool GdbEndpoint::monitor(const QByteArray &words,
                          const std::function<void(const QByteArray &)> &answer) const {
    if (words != "help")
        return m_commands && m_commands(words, answer);
    answer(helpText);
    return true;
}

void GdbEndpoint::acceptClients() {
    while (m_broker && m_clients.hasPendingConnections()) {
        QLocalSocket *socket = m_clients.nextPendingConnection();
        socket->setReadBufferSize(readBufferBytes);
        serve(socket);
    }
    while (m_broker && m_loopback.hasPendingConnections()) {
        QTcpSocket *socket = m_loopback.nextPendingConnection();
        const auto user = userOfLoopbackPeer(socket->peerPort(), socket->localPort());
        socket->setReadBufferSize(readBufferBytes);
        if (user && access::isTrusted(*user))
            serve(socket);
        else
            turnAway(socket, user);
    }
}

// Whoever speaks gdb's protocol reads and writes all of the guest's memory, and a port is open to all users.
void GdbEndpoint::turnAway(QTcpSocket *socket, std::optional<uid_t> user) {
    socket->abort();
    socket->deleteLater();
    if (!std::exchange(m_hasTurnedAway, true)) // once: they may come as often as they like
        emit problem(
            {u"gdb-foreign"_s,
             (user ? u"A program of another user (%1) "_s.arg(*user) : u"A program of an unknown user "_s) +
                 u"wanted to connect to gdb's port and was turned away."_s,
             std::nullopt,
             {}});
}

void GdbEndpoint::serve(QIODevice *device) {
    auto *connection = new GdbConnection(
        device, m_broker.get(),
        [this](const QByteArray &words, const auto &answer) { return monitor(words, answer); }, this);
    ++m_connections;
    connect(connection, &GdbConnection::closed, this, [this, connection, device](bool detached) {
        sendRest(device);
        connection->deleteLater();
        // Detaching lets a target go on, unless somebody else still looks at it.
        if (--m_connections == 0 && detached)
            m_broker->resume(";c");
    });
}

} // namespace nitroscope::app
