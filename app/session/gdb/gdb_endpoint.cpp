// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/gdb_endpoint.hpp"

namespace nitroscope::app {
namespace {

std::optional<QByteArray> monitorHelp(const QByteArray &words) {
    if (words != "help")
        return std::nullopt;
    return QByteArray("monitor info ...   QEMU's own information: info registers, info mem, info mtree\n"
                      "monitor x, xp      memory, virtual and physical, as QEMU's monitor shows it\n");
}

} // namespace

GdbEndpoint::GdbEndpoint(QObject *parent) : QObject(parent) {
    connect(&m_stub, &ChannelServer::connected, this, [this](QLocalSocket *socket) {
        m_broker = std::make_unique<GdbBroker>(socket);
        connect(m_broker.get(), &GdbBroker::ready, this, [this] { emit ready(clientPath()); });
        connect(m_broker.get(), &GdbBroker::problem, this, &GdbEndpoint::problem);
        acceptClients();
    });
    connect(&m_clients, &QLocalServer::newConnection, this, &GdbEndpoint::acceptClients);
}

GdbEndpoint::~GdbEndpoint() {
    // Before the broker that they use.
    qDeleteAll(findChildren<GdbConnection *>(QString(), Qt::FindDirectChildrenOnly));
}

Result<void> GdbEndpoint::listen(const QString &stub, const QString &clients) {
    if (!m_clients.listen(clients))
        return failure(QStringLiteral("channel-failed"),
                       QStringLiteral("No socket can be made: %1.").arg(m_clients.errorString()), clients);
    return m_stub.listen(stub);
}

void GdbEndpoint::acceptClients() {
    while (m_broker && m_clients.hasPendingConnections()) {
        auto *connection =
            new GdbConnection(m_clients.nextPendingConnection(), m_broker.get(), monitorHelp, this);
        ++m_connections;
        connect(connection, &GdbConnection::closed, this, [this, connection](bool detached) {
            connection->deleteLater();
            // Detaching lets a target go on, unless somebody else still looks at it.
            if (--m_connections == 0 && detached)
                m_broker->resume(";c");
        });
    }
}

} // namespace nitroscope::app
