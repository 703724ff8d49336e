// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs on the host, as the vsock device's tests need them: a server for what the guest dials, a client of
// the hybrid socket, and what QMP says of the flows. Everything waits for conditions, with deadlines.
#pragma once

#include "tests/device/support/vsock_driver.hpp"

#include <memory>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

// Bytes in which no stretch of some length occurs twice.
QByteArray patternBytes(qsizetype count, quint32 seed = 1);

class VsockHostPrograms {
public:
    explicit VsockHostPrograms(QtestMachine &machine) : m_machine(machine) {}

    // Arguments for QtestMachine::start() that make the hybrid socket, and these routes.
    QStringList arguments(const QStringList &routes = {}) const;
    QString path() const { return m_folder.filePath(u"vsock"_s); }

    // A server for what the guest dials at `port`, which is returned. Connections of an earlier test end.
    quint32 listenFor(quint32 port);
    // The connection to the server, waiting for it.
    QLocalSocket &accepted();
    // So many bytes of the accepted connection; fewer when it ends before.
    QByteArray read(qsizetype count) { return readFrom(accepted(), count); }
    static QByteArray readFrom(QLocalSocket &socket, qsizetype count);
    static QByteArray readLineFrom(QLocalSocket &socket);
    // Until the other side has closed; true, or false after a minute.
    static bool hasEnded(QLocalSocket &socket);
    // A connection to the hybrid socket that has said CONNECT.
    std::unique_ptr<QLocalSocket> connectTo(quint32 guestPort);

    QJsonObject query() { return m_machine.command(u"query-vsock"_s).toObject(); }
    // The living flow, or the one that ended last, of that service; empty when there is none.
    QJsonObject flow(quint32 service);
    QJsonObject closedFlow(quint32 service);
    // Waits until the service's last flow has ended, and says why it did.
    QString endOf(quint32 service);

    // QEMU's processor time as a share of so many milliseconds. It is idleness that is measured, hence the
    // fixed time.
    double cpuShareOver(int milliseconds);

private:
    QtestMachine &m_machine;
    QTemporaryDir m_folder;
    QLocalServer m_server;
    std::unique_ptr<QLocalSocket> m_accepted;
};

} // namespace nitroscope::test

Q_DECLARE_METATYPE(nitroscope::test::VsockPacket)
