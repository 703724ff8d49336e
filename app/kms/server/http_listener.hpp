// SPDX-License-Identifier: GPL-2.0-or-later
//
// A port of 127.0.0.1 and the clients that come to it, whose number is bounded.
#pragma once

#include "app/core/result.hpp"
#include "app/kms/server/kms_connection.hpp"

#include <memory>
#include <QTcpServer>

namespace nitroscope::kms {

class HttpListener : public QObject {
    Q_OBJECT
public:
    static constexpr int maxConnections = 64;

    // `server` may speak TLS (QSslServer).
    HttpListener(std::unique_ptr<QTcpServer> server, ConnectionSettings settings,
                 KmsConnection::Answer answer);
    ~HttpListener() override;

    // 0 chooses a port. Error: "kms-listen".
    app::Result<void> listen(quint16 port);
    quint16 port() const { return m_server->serverPort(); }

signals:
    void refused(const QString &why);

private:
    void accept();

    std::unique_ptr<QTcpServer> m_server;
    ConnectionSettings m_settings;
    KmsConnection::Answer m_answer;
    int m_connections = 0;
};

} // namespace nitroscope::kms
