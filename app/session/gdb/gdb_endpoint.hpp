// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two sockets of debugging: QEMU's gdbstub comes in at one, and stock gdbs at the other, as many as like.
#pragma once

#include "app/session/gdb/gdb_connection.hpp"
#include "app/session/process/channel_server.hpp"

#include <memory>
#include <optional>
#include <QTcpServer>
#include <sys/types.h>

namespace nitroscope::app {

class GdbEndpoint : public QObject {
    Q_OBJECT
public:
    // The architecture of the machine whose stub will come; outlives the endpoint.
    explicit GdbEndpoint(const arch::Architecture &architecture, QObject *parent = nullptr);
    ~GdbEndpoint() override;

    // `stub` is for QEMU, `clients` for gdb; both must be in a private folder. Error channel-failed.
    Result<void> listen(const QString &stub, const QString &clients);
    QString clientPath() const { return m_clients.fullServerName(); }
    // gdbs on the loopback interface, too, if they are this user's or the administrator's; for IDEs that know no Unix
    // sockets. 0 lets the system choose. The port, or error channel-failed.
    Result<quint16> listenOnLoopback(quint16 port);
    // Commands of `monitor` besides help and what QEMU's monitor shows.
    void setMonitorCommands(GdbConnection::MonitorCommands commands) { m_commands = std::move(commands); }
    // nullptr until QEMU has connected.
    GdbBroker *broker() const { return m_broker.get(); }

signals:
    // The target is stopped and gdb may connect.
    void ready(const QString &clientPath);
    void problem(const nitroscope::app::Error &error);

private:
    void acceptClients();
    void serve(QIODevice *device);
    void turnAway(QTcpSocket *socket, std::optional<uid_t> user);
    bool monitor(const QByteArray &words, const std::function<void(const QByteArray &)> &answer) const;

    ChannelServer m_stub;
    QLocalServer m_clients;
    QTcpServer m_loopback;
    GdbConnection::MonitorCommands m_commands;
    std::unique_ptr<GdbBroker> m_broker;
    int m_connections = 0;
    bool m_hasTurnedAway = false;
};

} // namespace nitroscope::app
