// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock as the users of run-enclave and proxy have it: what is said on the command line is what an enclave
// with Linux's own driver sees, and what is captured is what Wireshark decodes: HTTP and TLS that really went
// through an enclave.
#include "app/proto/pcapng/capture_reader.hpp"
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/host_server.hpp"
#include "tests/enclave/app/pattern.hpp"
#include "tests/unit/cli/command.hpp"

#include <cerrno>
#include <csignal>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QtNetwork/QTcpSocket>
#include <QtTest>
#include <sys/socket.h>
#include <unistd.h>

using namespace nitroscope::test;
using namespace nitroscope::tests;
using namespace nitroscope::pcapng;
using namespace Qt::StringLiterals;

namespace {

constexpr int patienceMs = 240'000;
constexpr quint32 agentPort = 6000;
constexpr quint16 rw = 5; // VirtIO 1.2 §5.10.6

// A command in the foreground, with what it has said so far.
class Running {
public:
    explicit Running(const QStringList &arguments) { startCommand(m_process, arguments); }
    ~Running() { end(); }

    // What the expression's group has caught in either output; nothing after patienceMs or at the end.
    QString waitFor(const QString &pattern) {
        const QRegularExpression expression(pattern, QRegularExpression::MultilineOption);
        QElapsedTimer clock;
        clock.start();
        for (;;) {
            take();
            const auto match = expression.match(QString::fromUtf8(m_output + m_error));
            if (match.hasMatch())
                return match.captured(expression.captureCount() > 0 ? 1 : 0);
            if (clock.elapsed() > patienceMs || m_process.state() == QProcess::NotRunning)
                return {};
            m_process.waitForReadyRead(100);
        }
    }
    // As with Ctrl+C.
    void end() {
        if (m_process.state() != QProcess::NotRunning) {
            ::kill(pid_t(m_process.processId()), SIGINT);
            m_process.waitForFinished(patienceMs);
        }
        take();
    }
    // The process that it runs.
    qint64 child() const {
        const QString id = QString::number(m_process.processId());
        QFile file(u"/proc/%1/task/%1/children"_s.arg(id));
        return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toLongLong() : -1;
    }
    QByteArray said() const { return m_output.right(1500) + m_error.right(1500); }

private:
    void take() {
        m_output += m_process.readAllStandardOutput();
        m_error += m_process.readAllStandardError();
    }

    QProcess m_process;
    QByteArray m_output, m_error;
};

struct VsockCaptured {
    Record record;
    VsockRecord packet;
};

} // namespace

class RunVsock : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder, m_runtime;
    QString m_path = m_folder.filePath(u"v"_s), m_capture = m_folder.filePath(u"run.pcapng"_s);

    QStringList arguments(const QStringList &more) const {
        return QStringList{u"run-enclave"_s,  u"--eif-path"_s, Guest::demoEif(), u"--attach-console"_s,
                           u"--vsock-path"_s, m_path,          u"--capture"_s,   m_capture} +
               more;
    }
    // The agent's answer to a command on a connection of its own.
    QByteArray ask(const QByteArray &command) const {
        const int agent = connectToEnclave(m_path, agentPort);
        QByteArray answer = sendAllTo(agent, command + '\n') ? receiveLine(agent) : "no agent";
        ::close(agent);
        return answer;
    }
    QVector<VsockCaptured> packetsOf(quint32 port) const {
        QVector<VsockCaptured> packets;
        QFile file(m_capture);
        if (!file.open(QIODevice::ReadOnly))
            return packets;
        CaptureReader reader([&](const Record &record) {
            const auto *packet = std::get_if<VsockRecord>(&record.content);
            if (packet && (packet->srcPort == port || packet->dstPort == port))
                packets.append({record, *packet});
        });
        reader.feed(file.readAll());
        reader.finish();
        return packets;
    }
    static QByteArray output(const QString &program, const QStringList &words) {
        QProcess process;
        process.start(program, words);
        process.closeWriteChannel();
        process.waitForFinished(patienceMs);
        return process.readAllStandardOutput();
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
    }

    void heartbeat_asOnTheCommandLine_isWhatInitSees_data() {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QString>("words");
        QTest::addColumn<QByteArray>("answer"); // of the machine, to the enclave's 0xb7
        QTest::addColumn<qint64>("delayMs");
        QTest::newRow("on") << u"on"_s << u"heartbeat answered"_s << QByteArray("\xb7") << qint64(0);
        QTest::newRow("off") << u"off"_s << u"heartbeat failed: connect: Connection reset by peer"_s
                             << QByteArray() << qint64(0);
        QTest::newRow("wrong") << u"wrong"_s << u"heartbeat failed: the answer is another byte"_s
                               << QByteArray("\x48") << qint64(0);
        QTest::newRow("delay") << u"delay=1500"_s << u"heartbeat answered"_s << QByteArray("\xb7")
                               << qint64(1500);
    }
    void heartbeat_asOnTheCommandLine_isWhatInitSees() {
        QFETCH(QString, mode);
        QFETCH(QString, words);
        QFETCH(QByteArray, answer);
        QFETCH(qint64, delayMs);
        Running run(arguments({u"--heartbeat"_s, mode}));
        QVERIFY2(!run.waitFor(u"nitroscope-demo: "_s + words).isEmpty(), run.said());
        run.end();
        QByteArray sent, answered;
        qint64 sentNs = 0, answeredNs = 0;
        const auto packets = packetsOf(9000);
        QVERIFY(packets.size() >= 2);
        for (const auto &[record, packet] : packets) {
            if (packet.operation != rw)
                continue;
            const bool fromGuest = record.direction == Direction::outbound;
            (fromGuest ? sent : answered) += packet.payload;
            (fromGuest ? sentNs : answeredNs) = record.virtualNs.value_or(0);
        }
        QCOMPARE(answered, answer);
        QCOMPARE(sent, answer.isEmpty() ? QByteArray() : QByteArray("\xb7"));
        const qint64 tookMs = (answeredNs - sentNs) / 1'000'000;
        // Late it is never early, and not late it is in no hurry on a busy machine.
        QVERIFY2(delayMs == 0 ? tookMs < 1000 : tookMs >= delayMs && tookMs < 10 * delayMs,
                 QByteArray::number(tookMs));
    }

    void poorMachine_seqpacketAndCid2_areNotThere() {
        Running run(arguments({u"--no-seqpacket"_s, u"--refuse-cid2"_s, u"--vsock-route"_s, u"8003=echo"_s}));
        QVERIFY2(!run.waitFor(u"vsock services are up"_s).isEmpty(), run.said());
        QCOMPARE(ask("messages 8003"), QByteArray("failed: connect: Socket type not supported"));
        const QList<QByteArray> words = ask("reach 2 8003").split(' ');
        QCOMPARE(words.value(1).toInt(), ECONNRESET);
        QVERIFY2(words.value(2).toInt() < 1500, words.value(2)); // Linux would give up after 2000 ms
        QCOMPARE(ask("reach 3 8003").left(5), QByteArray("ok 0 "));
    }

    void richMachine_seqpacketAndCid2_areThereWithAWarning() {
        Running run(arguments({u"--vsock-route"_s, u"8003=echo"_s}));
        QVERIFY2(!run.waitFor(u"vsock services are up"_s).isEmpty(), run.said());
        QCOMPARE(ask("messages 8003"), QByteArray("ok"));
        QVERIFY2(!run.said().contains("CID 2"), run.said());
        QCOMPARE(ask("reach 2 8003").left(5), QByteArray("ok 0 "));
        QVERIFY2(!run.waitFor(u"vsock: .*CID 2"_s).isEmpty(), run.said());
    }

    void detached_warningsAfterTheStart_areDescribed() {
        const auto started =
            runCommand({u"run-enclave"_s, u"--eif-path"_s, Guest::demoEif(), u"--vsock-path"_s, m_path});
        QVERIFY2(started.exitCode == 0, started.error);
        const auto described = [] {
            return QJsonDocument::fromJson(runCommand({u"describe-enclaves"_s}).output)
                .array()
                .first()
                .toObject();
        };
        QTRY_COMPARE_WITH_TIMEOUT(ask("reach 3 9000").left(5), QByteArray("ok 0 "), patienceMs);
        QVERIFY(!described().contains(u"Warnings"_s));
        QCOMPARE(ask("reach 2 9000").left(5), QByteArray("ok 0 "));
        QCOMPARE(ask("reach 2 9000").left(5), QByteArray("ok 0 "));
        QTRY_COMPARE_WITH_TIMEOUT(described()[u"Warnings"_s].toArray().size(), 1, patienceMs);
        QVERIFY(described()[u"Warnings"_s].toArray().first().toString().contains(u"CID 2"_s));
        QCOMPARE(runCommand({u"terminate-enclave"_s, u"--all"_s}).exitCode, 0);
        QVERIFY(!QFile::exists(m_path));
    }

    void proxy_bothWays_connectsTheEnclaveWithTcp() {
        constexpr int bytes = 300'000;
        Running run(arguments({}));
        QVERIFY2(!run.waitFor(u"vsock services are up"_s).isEmpty(), run.said());

        // The enclave dials 3:8443 and reaches a TCP server; both ends check what comes.
        quint16 port = 0;
        const int listener = listenOnLoopback(port);
        bool isRight = false;
        const HostServer server(listener, [&isRight](int fd) {
            const QByteArray got = receiveFrom(fd);
            isRight = nitroscope::demo::Pattern(5).check(
                reinterpret_cast<const unsigned char *>(got.constData()), size_t(got.size()));
            sendAllTo(fd, "all " + QByteArray::number(got.size()));
        });
        // Without --vsock: the enclave is found by its runtime folder.
        Running out({u"proxy"_s, u"out"_s, u"8443"_s, u"127.0.0.1"_s, QString::number(port)});
        QVERIFY2(!out.waitFor(u"listening on CID 3 port 8443"_s).isEmpty(), out.said());
        QCOMPARE(ask("send 8443 " + QByteArray::number(bytes) + " 5"), QByteArray("ok all 300000"));
        QVERIFY(isRight);
        QCOMPARE(server.accepted(), 1);
        out.end();
        // Gone with the proxy: refused, not waited for.
        QCOMPARE(ask("refused 8443").split(' ').value(1).toInt(), ECONNRESET);

        // What nobody listens at is an end of the connection, too.
        quint16 nobody = 0;
        ::close(listenOnLoopback(nobody));
        Running vain({u"proxy"_s, u"out"_s, u"8444"_s, u"127.0.0.1"_s, QString::number(nobody)});
        QVERIFY2(!vain.waitFor(u"listening on CID 3 port 8444"_s).isEmpty(), vain.said());
        QVERIFY(!ask("send 8444 10 5").startsWith("ok all"));
        QVERIFY2(!vain.waitFor(u"127\\.0\\.0\\.1.*refused"_s).isEmpty(), vain.said());

        // And a TCP client reaches the enclave's echo.
        Running in({u"proxy"_s, u"in"_s, u"0"_s, u"5000"_s});
        const quint16 published = in.waitFor(u"127\\.0\\.0\\.1 port (\\d+)"_s).toUShort();
        QVERIFY2(published != 0, in.said());
        QTcpSocket socket;
        socket.connectToHost(u"127.0.0.1"_s, published);
        QVERIFY(socket.waitForConnected(patienceMs));
        socket.write("through the enclave");
        QByteArray back;
        while (back.size() < 19 && socket.waitForReadyRead(patienceMs))
            back += socket.readAll();
        QCOMPARE(back, QByteArray("through the enclave"));
    }

    void sockets_outsideTheRuntimeFolder_areRemovedAtTheEnd_data() {
        QTest::addColumn<bool>("killed");
        QTest::newRow("ended") << false;
        QTest::newRow("QEMU killed") << true;
    }
    void sockets_outsideTheRuntimeFolder_areRemovedAtTheEnd() {
        QFETCH(bool, killed);
        const QDir made(m_folder.filePath(killed ? u"k"_s : u"e"_s));
        const QString path = made.filePath(u"v"_s), published = m_folder.filePath(u"published"_s);
        Running run({u"run-enclave"_s, u"--eif-path"_s, Guest::demoEif(), u"--attach-console"_s,
                     u"--vsock-path"_s, path, u"--vsock-route"_s, u"5000=listen:unix:"_s + published});
        QVERIFY2(!run.waitFor(u"vsock services are up"_s).isEmpty(), run.said());
        const QDir::Filters sockets = QDir::System | QDir::Files;
        QCOMPARE(made.entryList(sockets), (QStringList{u"v"_s, u"v_seqpacket"_s}));
        QVERIFY(QFile::exists(published));
        // Somebody else's, at a name that belongs to the enclave's; and one of the enclave's that somebody
        // else has replaced.
        const HostServer foreign(path + u"_8000"_s, SOCK_STREAM, HostServer::echo);
        const HostServer usurper(published, SOCK_STREAM, HostServer::echo);
        if (killed) {
            const qint64 qemu = run.child();
            QVERIFY(qemu > 0);
            ::kill(pid_t(qemu), SIGKILL);
            QVERIFY2(!run.waitFor(u"killed by signal 9"_s).isEmpty(), run.said());
        }
        run.end();
        QCOMPARE(made.entryList(sockets), QStringList{u"v_8000"_s});
        QVERIFY(QFile::exists(published));
        // The folder was there for the enclave alone; it goes when nothing else is in it.
        if (killed)
            return;
        QVERIFY(QFile::remove(path + u"_8000"_s));
        QVERIFY(made.rmdir(made.path()));
        Running again({u"run-enclave"_s, u"--eif-path"_s, Guest::demoEif(), u"--attach-console"_s,
                       u"--vsock-path"_s, path});
        QVERIFY2(!again.waitFor(u"vsock services are up"_s).isEmpty(), again.said());
        QVERIFY(made.exists());
        again.end();
        QVERIFY(!made.exists());
    }

    void tcpView_ofTlsAndHttpThroughTheEnclave_isDecodedByWireshark() {
        const QString tshark = QStandardPaths::findExecutable(u"tshark"_s),
                      openssl = QStandardPaths::findExecutable(u"openssl"_s);
        if (tshark.isEmpty() || openssl.isEmpty())
            QSKIP("tshark or openssl is not installed");
        const QString key = m_folder.filePath(u"key.pem"_s), certificate = m_folder.filePath(u"cert.pem"_s),
                      secrets = m_folder.filePath(u"secrets"_s), relay = m_folder.filePath(u"relay"_s),
                      tcp = m_folder.filePath(u"tcp.pcapng"_s);
        output(openssl,
               {u"req"_s, u"-x509"_s, u"-newkey"_s, u"ec"_s, u"-pkeyopt"_s, u"ec_paramgen_curve:P-256"_s,
                u"-nodes"_s, u"-subj"_s, u"/CN=parent.example"_s, u"-keyout"_s, key, u"-out"_s, certificate});
        QVERIFY(QFile::exists(certificate));
        Running run(arguments({}));
        QVERIFY2(!run.waitFor(u"vsock services are up"_s).isEmpty(), run.said());
        // OpenSSL's client → a relay in the enclave → 3:443, where OpenSSL's server is.
        const auto throughTheEnclave = [this](quint32 port) {
            return [this, port](int fd) {
                const int agent = connectToEnclave(m_path, agentPort);
                if (sendAllTo(agent, "relay " + QByteArray::number(port) + '\n'))
                    joinConnections(fd, agent);
                ::close(agent);
            };
        };
        {
            QProcess server;
            server.setProcessChannelMode(QProcess::MergedChannels);
            server.start(openssl, {u"s_server"_s, u"-unix"_s, m_path + u"_443"_s, u"-cert"_s, certificate,
                                   u"-key"_s, key, u"-www"_s, u"-naccept"_s, u"1"_s});
            QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(m_path + u"_443"_s), patienceMs);
            const HostServer front(relay, SOCK_STREAM, throughTheEnclave(443));
            QProcess client;
            client.start(openssl, {u"s_client"_s, u"-unix"_s, relay, u"-servername"_s, u"parent.example"_s,
                                   u"-keylogfile"_s, secrets, u"-quiet"_s, u"-no_ign_eof"_s});
            client.write("GET /secret HTTP/1.0\r\n\r\n");
            QByteArray page;
            while (!page.contains("</HTML>") && !page.contains("</html>") &&
                   client.waitForReadyRead(patienceMs))
                page += client.readAllStandardOutput();
            QVERIFY2(page.contains("s_server"), page + client.readAllStandardError());
            client.closeWriteChannel();
            client.waitForFinished(patienceMs);
            server.kill();
            server.waitForFinished(patienceMs);
        }
        {
            const HostServer web(m_path + u"_80"_s, SOCK_STREAM, [](int fd) {
                while (!receiveLine(fd).trimmed().isEmpty()) {
                }
                sendAllTo(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain");
            });
            const HostServer front(relay, SOCK_STREAM, throughTheEnclave(80));
            QLocalSocket browser;
            browser.connectToServer(relay);
            QVERIFY(browser.waitForConnected(patienceMs));
            browser.write("GET /open HTTP/1.1\r\nHost: parent.example\r\n\r\n");
            QByteArray page;
            while (!page.endsWith("plain") && browser.waitForReadyRead(patienceMs))
                page += browser.readAll();
            QVERIFY2(page.endsWith("plain"), page);
        }
        run.end();
        const auto exported = runCommand({u"capture"_s, u"export"_s, m_capture, u"--tcp"_s, tcp});
        QVERIFY2(exported.exitCode == 0, exported.error);

        const auto decoded = [&](const QStringList &words) {
            return output(tshark, QStringList{u"-n"_s, u"-r"_s, tcp} + words).trimmed();
        };
        // The handshake, without any secret.
        QCOMPARE(decoded({u"-Y"_s, u"tls.handshake.type == 1"_s, u"-T"_s, u"fields"_s, u"-e"_s,
                          u"tls.handshake.extensions_server_name"_s, u"-e"_s, u"tcp.dstport"_s}),
                 QByteArray("parent.example\t443"));
        QVERIFY(!decoded({u"-Y"_s, u"tls.handshake.type == 2"_s}).isEmpty());
        QVERIFY(!decoded({u"-Y"_s, u"tls.app_data"_s}).isEmpty());
        QVERIFY(decoded({u"-Y"_s, u"http.request.uri == \"/secret\""_s}).isEmpty());
        // And with the session's secrets what was in it.
        QCOMPARE(decoded({u"-o"_s, u"tls.keylog_file:"_s + secrets, u"-Y"_s, u"http.request && tls"_s,
                          u"-T"_s, u"fields"_s, u"-e"_s, u"http.request.uri"_s}),
                 QByteArray("/secret"));
        QCOMPARE(
            decoded({u"-Y"_s, u"http && tcp.port == 80"_s, u"-T"_s, u"fields"_s, u"-e"_s,
                     u"http.request.uri"_s, u"-e"_s, u"http.response.code"_s, u"-e"_s, u"http.file_data"_s}),
            QByteArray("/open\t\t\n\t200\tplain"));
    }
};

QTEST_GUILESS_MAIN(RunVsock)
#include "tst_run_vsock.moc"
