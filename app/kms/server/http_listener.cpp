// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/http_listener.hpp"

#include <QTcpSocket>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

HttpListener::HttpListener(std::unique_ptr<QTcpServer> server, ConnectionSettings settings,
                           KmsConnection::Answer answer)
    : m_server(std::move(server)), m_settings(std::move(settings)), m_answer(std::move(answer)) {
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, &HttpListener::accept);
}

HttpListener::~HttpListener() = default;

app::Result<void> HttpListener::listen(quint16 port) {
    if (m_server->listen(QHostAddress::LocalHost, port))
        return {};
    return app::failure(u"kms-listen"_s,
                        u"Port %1 of 127.0.0.1: %2."_s.arg(port).arg(m_server->errorString()));
}

void HttpListener::accept() {
    while (QTcpSocket *socket = m_server->nextPendingConnection()) {
        if (m_connections >= maxConnections) {
            emit refused(u"There are %1 connections already."_s.arg(m_connections));
            socket->abort();
            socket->deleteLater();
            continue;
        }
        ++m_connections;
        const auto *connection = new KmsConnection(socket, m_settings, m_answer, this);
        connect(connection, &KmsConnection::refused, this, &HttpListener::refused);
        connect(connection, &QObject::destroyed, this, [this] { --m_connections; });
    }
}

} // namespace nitroscope::kms
