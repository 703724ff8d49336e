// SPDX-License-Identifier: GPL-2.0-or-later
//
// The proxy as its users run it: the program, its sockets, its messages and its end.
#include "app/session/proxy_allow_list.hpp"
#include "tests/unit/vsock_preload/fake_enclave.hpp"

#include <csignal>
#include <QProcess>
#include <QRegularExpression>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest>

using nitroscope::app::ProxyAllowList;
using nitroscope::vsock::test::FakeEnclave;

namespace {

constexpr int patienceMs = 60000;
const QString cli = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/nitroscope-cli");

/// Waits for a line on standard error that matches, and returns its first group.
QString awaitLine(QProcess &process, const QString &pattern) {
    const QRegularExpression expression(pattern);
    QString text;
    while (!expression.match(text).hasMatch()) {
        if (!process.waitForReadyRead(patienceMs))
            return {};
        text += QString::fromUtf8(process.readAllStandardError());
    }
    return expression.match(text).captured(1);
}

QByteArray readAll(QTcpSocket &socket) {
    QByteArray all;
    while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(patienceMs))
        all += socket.readAll();
    return all + socket.readAll();
}

} // namespace

class Proxy : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;
    std::unique_ptr<FakeEnclave> m_enclave;

    void start(QProcess &process, const QStringList &arguments) {
        process.setReadChannel(QProcess::StandardError);
        process.start(cli, QStringList{QStringLiteral("proxy")} + arguments +
                               QStringList{QStringLiteral("--vsock"), m_path});
        QVERIFY(process.waitForStarted(patienceMs));
    }

private Q_SLOTS:
    void initTestCase() {
        m_path = m_folder.filePath(QStringLiteral("vsock"));
        m_enclave = std::make_unique<FakeEnclave>(m_path.toStdString());
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void in_severalConnections_reachTheEnclaveAndEndOnSignal() {
        QProcess proxy;
        start(proxy, {QStringLiteral("in"), QStringLiteral("0"), QStringLiteral("5000")});
        const quint16 port = awaitLine(proxy, QStringLiteral("127\\.0\\.0\\.1 port (\\d+)")).toUShort();
        QVERIFY(port != 0);
        std::vector<std::unique_ptr<QTcpSocket>> sockets;
        for (int i = 0; i < 5; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(QStringLiteral("127.0.0.1"), port);
            QVERIFY(sockets.back()->waitForConnected(patienceMs));
        }
        const QByteArray block(100000, 'b');
        for (auto &socket : sockets) {
            socket->write(block);
            while (socket->bytesToWrite() > 0)
                QVERIFY(socket->waitForBytesWritten(patienceMs));
            ::shutdown(int(socket->socketDescriptor()),
                       SHUT_WR); // the echo goes on after the end of our data
        }
        for (auto &socket : sockets)
            QCOMPARE(readAll(*socket), block);
        ::kill(pid_t(proxy.processId()), SIGTERM);
        QVERIFY(proxy.waitForFinished(patienceMs));
        QCOMPARE(proxy.exitStatus(), QProcess::NormalExit);
        QCOMPARE(proxy.exitCode(), 0);
    }

    void in_refusedPort_isResetAndTold() {
        QProcess proxy;
        start(proxy, {QStringLiteral("in"), QStringLiteral("0"), QStringLiteral("1")});
        const quint16 port = awaitLine(proxy, QStringLiteral("127\\.0\\.0\\.1 port (\\d+)")).toUShort();
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), port);
        QVERIFY(socket.waitForConnected(patienceMs));
        QVERIFY(!awaitLine(proxy, QStringLiteral("(nobody in the enclave listens on port 1)")).isEmpty());
        QCOMPARE(readAll(socket), QByteArray());
        proxy.kill();
        proxy.waitForFinished(patienceMs);
    }

    void out_theEnclaveReachesTheHost() {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QProcess proxy;
        start(proxy, {QStringLiteral("out"), QStringLiteral("8443"), QStringLiteral("127.0.0.1"),
                      QString::number(server.serverPort())});
        QVERIFY(!awaitLine(proxy, QStringLiteral("(CID 3 port 8443)")).isEmpty());
        std::string answer;
        std::thread dialer([&] { answer = m_enclave->dial(8443, "request"); });
        bool served = server.waitForNewConnection(patienceMs);
        if (served) {
            QTcpSocket *socket = server.nextPendingConnection();
            socket->write("answer to " + readAll(*socket));
            socket->waitForBytesWritten(patienceMs);
            delete socket;
        }
        dialer.join();
        QVERIFY(served);
        // Qt's socket closes when its peer has ended, so the answer may not be sent: what counts is the
        // request.
        QVERIFY(answer.empty() || answer == "answer to request");
        ::kill(pid_t(proxy.processId()), SIGINT);
        QVERIFY(proxy.waitForFinished(patienceMs));
        QCOMPARE(proxy.exitCode(), 0);
        QVERIFY(!QFile::exists(m_path + QStringLiteral("_8443")));
    }

    void out_hostThatIsNotAllowed_isRefused() {
        const QString list = m_folder.filePath(QStringLiteral("allow.yaml"));
        QFile file(list);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("allowlist:\n- {address: kms.us-east-1.amazonaws.com, port: 443}\n");
        file.close();
        QProcess proxy;
        start(proxy, {QStringLiteral("out"), QStringLiteral("8000"), QStringLiteral("example.org"),
                      QStringLiteral("443"), QStringLiteral("--config"), list});
        QVERIFY(proxy.waitForFinished(patienceMs));
        QCOMPARE(proxy.exitCode(), 1);
        QVERIFY(proxy.readAllStandardError().contains("not in the allow-list"));
    }

    void allowList_malformed_isAnErrorWithItsLine() {
        QVERIFY(ProxyAllowList::parse("allowlist:\n- {address: A.b, port: 1}\n")
                    ->permits(QStringLiteral("a.B"), 1));
        QVERIFY(!ProxyAllowList::parse("# nothing\n")->permits(QStringLiteral("a"), 1));
        for (const char *text :
             {"- {address: a, port: 1}", "allowlist:\n- {address: a}", "allowlist:\n- {address: a, port: 0}",
              "allowlist:\n- {address: a, port: 99999}", "allowlist:\n  x: y", "allowlist: []"}) {
            const auto list = ProxyAllowList::parse(text);
            QVERIFY2(!list, text);
            QVERIFY(list.error().message.startsWith(QLatin1String("Line ")));
        }
    }

    void parent_runsAProgramWithAfVsock() {
        QProcess parent;
        parent.start(
            cli, {QStringLiteral("parent"), QStringLiteral("--vsock"), m_path, QStringLiteral("python3"),
                  QStringLiteral("-c"),
                  QStringLiteral("import socket; s = socket.socket(socket.AF_VSOCK); s.connect((16, 5000)); "
                                 "s.send(b'hello'); print(s.recv(9).decode())")});
        QVERIFY(parent.waitForFinished(patienceMs));
        QCOMPARE(parent.readAllStandardOutput(), QByteArray("hello\n"));
        QCOMPARE(parent.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(Proxy)
#include "tst_proxy.moc"
