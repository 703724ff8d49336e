// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS on this computer's loopback: HTTPS for those who ask for the real names, plain HTTP beside it for SDKs whose endpoint can be set. One call
// at a time; a connection may stay for as long as it likes between calls, not inside of one.
#pragma once

#include "app/kms/server/identities.hpp"
#include "app/kms/server/kms_connection.hpp"
#include "app/kms/server/tls_identity.hpp"

#include <memory>
#include <QObject>
#include <QTcpServer>

namespace nitroscope::kms {

struct ServerSettings {
    std::optional<TlsIdentity> tls;    // none: no HTTPS
    quint16 tlsPort = 0, httpPort = 0; // 0 chooses one
    bool anySignature = false;         // unknown keys and wrong signatures are the standard identity's
    ConnectionSettings connection;     // the computer's clock by default
};

class KmsServer : public QObject {
    Q_OBJECT
public:
    KmsServer(KmsService service, Identities identities, ServerSettings settings, QObject *parent = nullptr);
    ~KmsServer() override;

    // Error: "kms-listen".
    app::Result<void> listen();
    quint16 tlsPort() const;
    quint16 httpPort() const { return m_http.serverPort(); }

    static constexpr int maxConnections = 64;

signals:
    void called(const nitroscope::kms::CallRecord &record);
    // What no call came of: a handshake that failed, a request that was none.
    void refused(const QString &why);

private:
    void accept(QTcpServer &server);
    HttpResponse answer(const HttpRequest &request, const QString &peer);
    HttpResponse answerCall(const HttpRequest &request, const QString &peer);
    qint64 now() const { return m_settings.connection.clock(); }

    KmsService m_service;
    Identities m_identities;
    ServerSettings m_settings;
    QTcpServer m_http;
    std::unique_ptr<QTcpServer> m_tls;
    int m_connections = 0;
};

} // namespace nitroscope::kms
