// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/loopback_peer.hpp"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest>
#include <unistd.h>

using namespace nitroscope::app;

class TestLoopbackPeer : public QObject {
    Q_OBJECT

private slots:
    void peer_ofARealConnection_isThisUser() {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QTcpSocket client;
        client.connectToHost(QHostAddress::LocalHost, server.serverPort());
        QTRY_VERIFY(server.hasPendingConnections());
        const QTcpSocket *end = server.nextPendingConnection();
        QCOMPARE(userOfLoopbackPeer(end->peerPort(), end->localPort()), std::optional<uid_t>(geteuid()));
        QCOMPARE(userOfLoopbackPeer(quint16(end->peerPort() ^ 1), end->localPort()), std::nullopt);
    }

    void peer_inAList_isTheOneOfBothPorts() {
        const QByteArray list =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
            "   0: 0100007F:04D2 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
            "   1: 0100007F:04D2 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
            "   2: 0100007F:C350 0100007F:04D2 01 00000000:00000000 00:00000000 00000000  1000        0 3 1\n"
            "   3: 0100007F:C351\n";
        QCOMPARE(userOfLoopbackPeer(list, 50000, 1234), std::optional<uid_t>(1000));
        QCOMPARE(userOfLoopbackPeer(list, 50001, 1234), std::nullopt);
    }
};

QTEST_GUILESS_MAIN(TestLoopbackPeer)
#include "tst_loopback_peer.moc"
