// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock with Linux's own driver: the demo enclave's agent (tests/enclave/app/agent.hpp) does in the enclave
// what these tests ask for, and host programs are the other end. What single packets do is tested in
// tests/device.
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/host_server.hpp"

#include <cerrno>
#include <memory>
#include <QJsonArray>
#include <QProcessEnvironment>
#include <QStandardPaths>
#include <QtTest>
#include <sys/socket.h>
#include <unistd.h>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int bootSeconds = 180;
constexpr quint32 echoPort = 5000, agentPort = 6000;

} // namespace

class VsockGuest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_path = m_folder.filePath(u"vsock"_s);
    std::unique_ptr<Guest> m_guest;
    int m_agent = -1;

    QString pathOf(quint32 port) const { return m_path + u'_' + QString::number(port); }
    // The agent's answer to a command.
    QByteArray ask(const QByteArray &command) {
        return sendAllTo(m_agent, command + '\n') ? receiveLine(m_agent) : "the agent is gone";
    }
    QJsonObject closedFlow(quint32 service) {
        const QJsonArray closed = m_guest->command(u"query-vsock"_s).toObject()[u"closed"_s].toArray();
        for (const QJsonValue flow : closed)
            if (flow.toObject()[u"service"_s].toInteger() == service)
                return flow.toObject();
        return {};
    }
    // Runs a program with the preload library; what it printed.
    QByteArray run(const QString &program, const QStringList &arguments, const QByteArray &input = {}) {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"LD_PRELOAD"_s,
                           QStringLiteral(NITROSCOPE_BINARY_DIR "/lib/libnitroscope-vsock.so"));
        environment.insert(u"NITROSCOPE_VSOCK"_s, u"16="_s + m_path);
        process.setProcessEnvironment(environment);
        process.start(program, arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(60000);
        return process.readAllStandardOutput() + process.readAllStandardError();
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        m_guest = std::make_unique<Guest>();
        QVERIFY2(m_guest->start({u"-M"_s, u"nitro-enclave,debug-mode=on,vsock-path="_s + m_path, u"-kernel"_s,
                                 Guest::demoEif()}),
                 m_guest->errorOutput());
        QVERIFY2(m_guest->waitForConsole("vsock services are up", bootSeconds),
                 m_guest->console().right(2000) + m_guest->errorOutput());
        m_agent = connectToEnclave(m_path, agentPort);
        QVERIFY(m_agent >= 0);
    }
    void cleanupTestCase() { close(m_agent); }
    void cleanup() {
        if (QTest::currentTestFailed() && m_guest)
            qInfo().noquote() << m_guest->console().right(500) << m_guest->errorOutput();
    }

    void enclaveDials_200AtOnce_eachGetsItsOwnBack() {
        const HostServer server(pathOf(8001), SOCK_STREAM, HostServer::echo);
        QCOMPARE(ask("many 8001 200"), QByteArray("ok 200"));
        QCOMPARE(server.accepted(), 200);
    }

    void hostDials_200AtOnce_eachGetsItsOwnBack() {
        QList<int> connections;
        for (int i = 0; i < 200; ++i) {
            connections += connectToEnclave(m_path, echoPort);
            QVERIFY2(connections.last() >= 0, QByteArray::number(i));
        }
        for (int i = 0; i < 200; ++i) {
            QVERIFY(sendAllTo(connections[i], "connection " + QByteArray::number(i)));
            shutdown(connections[i], SHUT_WR);
        }
        for (int i = 0; i < 200; ++i) {
            QCOMPARE(receiveFrom(connections[i]), "connection " + QByteArray::number(i));
            close(connections[i]);
        }
    }

    void halfClose_enclaveFirst_hostStillSends() {
        QByteArray got;
        const HostServer server(pathOf(8002), SOCK_STREAM, [&got](int fd) {
            got = receiveFrom(fd); // to the enclave's end of data
            sendAllTo(fd, "all " + QByteArray::number(got.size()));
        });
        QCOMPARE(ask("send 8002 300000 5"), QByteArray("ok all 300000"));
        QCOMPARE(closedFlow(8002)[u"reason"_s].toString(), u"host-closed"_s);
    }

    void halfClose_hostFirst_enclaveStillSends() {
        QByteArray got;
        {
            const HostServer server(pathOf(8002), SOCK_STREAM, [&got](int fd) {
                sendAllTo(fd, "before");
                shutdown(fd, SHUT_WR);
                got = receiveFrom(fd);
            });
            QCOMPARE(ask("last 8002"), QByteArray("ok before"));
        }
        QCOMPARE(got, QByteArray("after the end"));
    }

    void refused_nobodyListens_isConnectionResetAtOnce_data() {
        QTest::addColumn<QString>("route");
        QTest::newRow("no route") << QString();
        QTest::newRow("route says refuse") << u"refuse"_s;
        QTest::newRow("nobody at the route's Unix socket") << u"unix:/nowhere/at/all"_s;
        QTest::newRow("nobody at the route's TCP port") << u"tcp:127.0.0.1:1"_s;
    }
    void refused_nobodyListens_isConnectionResetAtOnce() {
        QFETCH(QString, route);
        if (!route.isEmpty())
            QCOMPARE(
                m_guest->command(u"vsock-route-add"_s, {{u"port"_s, 8009}, {u"route"_s, route}}).toObject(),
                QJsonObject());
        const QByteArray answer = ask("refused 8009");
        const QList<QByteArray> words = answer.split(' ');
        QVERIFY2(words.size() == 3 && words[1].toInt() == ECONNRESET, answer);
        // Linux would give up after 2000 ms by itself.
        QVERIFY2(words[2].toInt() < 1500, answer);
    }

    void refused_nobodyListensInTheEnclave_endsTheHostsConnection() {
        QCOMPARE(connectToEnclave(m_path, 4242), -1);
        QCOMPARE(closedFlow(4242)[u"reason"_s].toString(), u"refused-by-guest"_s);
    }

    // Linux sends no more than its own buffer holds before it is told that some of it was taken.
    void smallBuffer_ofTheEnclave_doesNotStopItsData() {
        constexpr qsizetype bytes = 1 << 20;
        const int agent = connectToEnclave(m_path, 6000);
        QVERIFY(sendAllTo(agent, "buffer 16384\n"));
        QCOMPARE(receiveLine(agent), "ok");
        QVERIFY(sendAllTo(agent, "give " + QByteArray::number(bytes) + " 0 65536\n"));
        QCOMPARE(receiveFrom(agent, bytes).size(), bytes);
        close(agent);
    }

    void messages_seqpacket_keepTheirBounds() {
        const HostServer server(pathOf(8003), SOCK_SEQPACKET, [](int fd) {
            static char message[1 << 20];
            ssize_t got;
            while ((got = recv(fd, message, sizeof message, 0)) > 0)
                ::send(fd, message, static_cast<size_t>(got), MSG_NOSIGNAL);
        });
        QCOMPARE(ask("messages 8003"), QByteArray("ok"));
        QCOMPARE(closedFlow(8003)[u"kind"_s].toString(), u"seqpacket"_s);
    }

    void flows_ofTheEnclave_areInTheTable() {
        const HostServer server(pathOf(8004), SOCK_STREAM, [](int fd) {
            receiveFrom(fd);
            sendAllTo(fd, "thanks");
        });
        QCOMPARE(ask("send 8004 100000 9"), QByteArray("ok thanks"));
        QTRY_COMPARE_WITH_TIMEOUT(closedFlow(8004).isEmpty(), false, 60000);
        const QJsonObject flow = closedFlow(8004);
        QCOMPARE(flow[u"bytes-from-guest"_s].toInt(), 100000);
        QCOMPARE(flow[u"bytes-to-guest"_s].toInt(), 6);
        QCOMPARE(flow[u"guest-dialed"_s].toBool(), true);
        QCOMPARE(flow[u"peer-cid"_s].toInt(), 3);
        QCOMPARE(flow[u"peer-pid"_s].toInteger(), QCoreApplication::applicationPid());
        QCOMPARE(flow[u"peer"_s].toString(), u"unix:"_s + pathOf(8004));
        QVERIFY(flow[u"round-trip-ns"_s].toInteger() >= 0);
        QVERIFY(flow[u"closed-ns"_s].toInteger() > flow[u"opened-ns"_s].toInteger());
    }

    void console_inDebugMode_isOnCid0() {
        const int console = connectToEnclave(m_path, 10016, 0);
        QVERIFY(console >= 0);
        const QByteArray start = receiveFrom(console, 26);
        QVERIFY2(m_guest->console().startsWith(start.left(26)), start);
        close(console);
        QCOMPARE(connectToEnclave(m_path, 10017, 0), -1);
    }

    void preload_python_talksBothWays() {
        const QString python = QStandardPaths::findExecutable(u"python3"_s, {u"/usr/bin"_s});
        if (python.isEmpty())
            QSKIP("python3 is not installed");
        const QByteArray dialing = run(python, {u"-c"_s, u"import socket\n"
                                                         "s = socket.socket(socket.AF_VSOCK)\n"
                                                         "s.connect((16, 5000))\n"
                                                         "peer = s.getpeername()\n" // none after shutdown
                                                         "s.sendall(b'to the enclave')\n"
                                                         "s.shutdown(socket.SHUT_WR)\n"
                                                         "print(s.recv(100).decode(), peer)\n"_s});
        QCOMPARE(dialing.trimmed(), QByteArray("to the enclave (16, 5000)"));
        QProcess listening;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"LD_PRELOAD"_s,
                           QStringLiteral(NITROSCOPE_BINARY_DIR "/lib/libnitroscope-vsock.so"));
        environment.insert(u"NITROSCOPE_VSOCK"_s, u"16="_s + m_path);
        listening.setProcessEnvironment(environment);
        listening.start(python, {u"-c"_s, u"import socket\n"
                                          "l = socket.socket(socket.AF_VSOCK)\n"
                                          "l.bind((3, 8005)); l.listen()\n"
                                          "print('ready', flush=True)\n"
                                          "s, peer = l.accept()\n"
                                          "n = 0\n"
                                          "while True:\n"
                                          "    more = s.recv(65536)\n"
                                          "    if not more: break\n"
                                          "    n += len(more)\n"
                                          "s.sendall(b'%d from CID %d' % (n, peer[0])); s.close()\n"_s});
        QVERIFY(listening.waitForReadyRead(60000));
        QCOMPARE(ask("send 8005 70000 3"), QByteArray("ok 70000 from CID 16"));
        listening.waitForFinished(60000);
    }

    void preload_socat_talksBothWays() {
        const QString socat = QStandardPaths::findExecutable(u"socat"_s);
        if (socat.isEmpty())
            QSKIP("socat is not installed");
        QCOMPARE(run(socat, {u"-t"_s, u"30"_s, u"-"_s, u"VSOCK-CONNECT:16:5000"_s}, "through socat"),
                 QByteArray("through socat"));
    }

    void heartbeat_eachMode_isWhatInitSees_data() {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("off") << u"off"_s << QByteArray("heartbeat failed: connect: Connection reset by peer");
        QTest::newRow("wrong") << u"wrong"_s << QByteArray("heartbeat failed: the answer is another byte");
        QTest::newRow("delay") << u"delay"_s << QByteArray("heartbeat answered");
        QTest::newRow("on") << u"on"_s << QByteArray("heartbeat answered");
    }
    void heartbeat_eachMode_isWhatInitSees() {
        QFETCH(QString, mode);
        QFETCH(QByteArray, words);
        constexpr qint64 delayMs = 1500;
        Guest guest;
        QVERIFY2(guest.start({u"-M"_s, u"nitro-enclave,heartbeat="_s + mode, u"-kernel"_s, Guest::demoEif(),
                              u"-global"_s, u"virtio-vsock-device.heartbeat-delay=%1"_s.arg(delayMs)}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("nitroscope-demo: " + words, bootSeconds), guest.console().right(1000));
        if (mode == u"off"_s)
            return;
        const auto flow = [&guest] {
            return guest.command(u"query-vsock"_s).toObject()[u"closed"_s].toArray().last().toObject();
        };
        QTRY_COMPARE_WITH_TIMEOUT(flow()[u"service"_s].toInt(), 9000, 60000);
        const qint64 took = flow()[u"closed-ns"_s].toInteger() - flow()[u"opened-ns"_s].toInteger();
        QVERIFY2((took >= delayMs * 1'000'000) == (mode == u"delay"_s), QByteArray::number(took));
    }

    void console_withoutDebugMode_isRefused() {
        const QString path = m_folder.filePath(u"plain"_s);
        Guest guest;
        QVERIFY2(
            guest.start({u"-M"_s, u"nitro-enclave,vsock-path="_s + path, u"-kernel"_s, Guest::demoEif()}),
            guest.errorOutput());
        QCOMPARE(connectToEnclave(path, 10016, 0), -1);
        QTRY_VERIFY_WITH_TIMEOUT(guest.errorOutput().contains("debug mode"), 60000);
    }
};

QTEST_GUILESS_MAIN(VsockGuest)
#include "tst_vsock_guest.moc"
