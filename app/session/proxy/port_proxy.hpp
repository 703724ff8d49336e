// SPDX-License-Identifier: GPL-2.0-or-later
//
// Between TCP and an enclave's vsock ports, as AWS's vsock-proxy does on a parent instance, through the Unix
// sockets of the vsock device (qemu-machine/vsock/host):
//
//   into the enclave     a TCP port of this machine; each connection reaches a port of the enclave
//   out of the enclave   PATH_<port>, where the device delivers what the enclave sends to CID 3; each
//   connection
//                        reaches one TCP host and port
#pragma once

#include "app/core/result.hpp"
#include "app/session/proxy/socket_relay.hpp"

#include <QAbstractSocket>
#include <QHostAddress>
#include <QPointer>
#include <QString>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct ProxyRule {
    enum class Direction { intoEnclave, outOfEnclave };
    Direction direction = Direction::intoEnclave;
    QString vsockPath;       // the device's hybrid socket
    quint32 enclavePort = 0; // dialed in the enclave, or by it
    // Into: where to listen, a numeric address (port 0: any). Out: the host to connect to.
    QString host = u"127.0.0.1"_s;
    quint16 port = 0;
    // Out: which of the host's addresses count.
    QAbstractSocket::NetworkLayerProtocol family = QAbstractSocket::AnyIPProtocol;
};

class PortProxy : public QObject {
    Q_OBJECT
public:
    explicit PortProxy(ProxyRule rule, QObject *parent = nullptr);
    ~PortProxy() override; // ends all connections and removes the path

    // Errors: proxy-listen-failed (address or path in use, no such folder), proxy-address.
    Result<void> listen();
    quint16 tcpPort() const { return m_rule.port; } // the real one, after listen()
    int connections() const { return m_count; }

signals:
    void opened(const QString &peer);
    void failed(const QString &why); // of one connection
    void closed(quint64 fromTcp, quint64 fromEnclave);

private:
    Result<void> listenTcp();
    Result<void> listenUnix();
    void acceptOne();
    void dialEnclave(UniqueFd tcp);
    void dialTcp(UniqueFd unixSocket);
    void connectNext(UniqueFd unixSocket, QList<QHostAddress> addresses, const QString &problem);
    void join(UniqueFd tcp, UniqueFd unixSocket);
    void leave(const QString &why);
    QString unixPath() const;

    ProxyRule m_rule;
    UniqueFd m_listener;
    QSocketNotifier *m_notifier = nullptr;
    int m_count = 0;
    bool m_ownsPath = false;
    bool m_isOutOfDescriptors = false; // and that was told
};

} // namespace nitroscope::app
