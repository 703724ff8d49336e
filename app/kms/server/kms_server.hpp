// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS on this computer's loopback: HTTPS for those who ask for the real names, plain HTTP beside it for SDKs whose endpoint can be set. One call
// at a time; a connection may stay for as long as it likes between calls, not inside of one.
#pragma once

#include "app/kms/imds/imds.hpp"
#include "app/kms/server/http_listener.hpp"
#include "app/kms/server/identities.hpp"
#include "app/kms/server/tls_identity.hpp"

#include <memory>
#include <QObject>

namespace nitroscope::kms {

struct ServerSettings {
    std::optional<TlsIdentity> tls;    // none: no HTTPS
    quint16 tlsPort = 0, httpPort = 0; // 0 chooses one
    bool anySignature = false;         // unknown keys and wrong signatures are the standard identity's
    std::optional<ImdsSettings> imds;  // none: no metadata service
    quint16 imdsPort = 0;
    qint64 credentialSeconds = 21'600; // how long those of the metadata service are good
    ConnectionSettings connection;     // the computer's clock by default
};

class KmsServer : public QObject {
    Q_OBJECT
public:
    KmsServer(KmsService service, Identities identities, ServerSettings settings, QObject *parent = nullptr);
    ~KmsServer() override;

    // Error: "kms-listen".
    app::Result<void> listen();
    // 0: it does not listen there.
    quint16 tlsPort() const { return portOf(m_tls); }
    quint16 httpPort() const { return portOf(m_http); }
    quint16 imdsPort() const { return portOf(m_imds); }

    const KeyStore &store() const { return m_service.store(); }
    // Whose calls are taken without one's own identity, and whether all are.
    const Identities &identities() const { return m_identities; }
    bool takesAnySignature() const { return m_settings.anySignature; }
    // The certificate that clients must trust.
    QByteArray rootPem() const { return m_settings.tls ? m_settings.tls->rootPem : QByteArray(); }

signals:
    void called(const nitroscope::kms::CallRecord &record);
    // What no call came of: a handshake that failed, a request that was none.
    void refused(const QString &why);

private:
    using Listener = std::unique_ptr<HttpListener>;
    static quint16 portOf(const Listener &listener) { return listener ? listener->port() : quint16(0); }
    app::Result<void> open(Listener &listener, std::unique_ptr<QTcpServer> server, quint16 port,
                           KmsConnection::Answer answer);
    HttpResponse answer(const HttpRequest &request, const QString &peer);
    HttpResponse answerCall(const HttpRequest &request, const QString &peer);
    qint64 now() const { return m_settings.connection.clock(); }

    KmsService m_service;
    Identities m_identities;
    ServerSettings m_settings;
    std::optional<Imds> m_metadata;
    Listener m_http, m_tls, m_imds;
};

} // namespace nitroscope::kms
