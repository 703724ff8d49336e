// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/process/channel_server.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ChannelServer::ChannelServer(QObject *parent) : QObject(parent) {
    m_server.setMaxPendingConnections(1);
    connect(&m_server, &QLocalServer::newConnection, this, [this] {
        QLocalSocket *socket = m_server.nextPendingConnection();
        if (!socket || m_socket)
            return;
        socket->setParent(this);
        m_socket = socket;
        m_server.close(); // also removes the socket's file
        emit connected(socket);
    });
}

Result<void> ChannelServer::listen(const QString &path) {
    if (!m_server.listen(path))
        return failure(u"channel-failed"_s, u"A socket cannot be created: %1."_s.arg(m_server.errorString()),
                       path);
    return {};
}

bool ChannelServer::isConnected() const {
    return m_socket && m_socket->state() != QLocalSocket::UnconnectedState;
}

} // namespace nitroscope::app
