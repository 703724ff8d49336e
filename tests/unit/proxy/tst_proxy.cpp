// SPDX-License-Identifier: GPL-2.0-or-later
//
// The proxy as its users run it: the program, its sockets, its messages and its end.
#include "app/session/proxy/proxy_allow_list.hpp"
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/foreign_listener.hpp"

#include <csignal>
#include <netinet/in.h>
#include <QProcess>
#include <QRegularExpression>
#include <QtNetwork/QTcpSocket>
#include <QtTest>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

using nitroscope::app::ProxyAllowList;
using nitroscope::vsock::test::FakeEnclave;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int patienceMs = 60000;
const QString cli = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/nitroscope-cli");

// Waits for a line on standard error that matches, and returns its first group.
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

sockaddr_in loopback(quint16 port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
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
        process.start(cli, QStringList{u"proxy"_s} + arguments + QStringList{u"--vsock"_s, m_path});
        QVERIFY(process.waitForStarted(patienceMs));
    }

private slots:
    void initTestCase() {
        m_path = m_folder.filePath(u"vsock"_s);
        m_enclave = std::make_unique<FakeEnclave>(m_path.toStdString());
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void in_severalConnections_reachTheEnclaveAndEndOnSignal() {
        QProcess proxy;
        start(proxy, {u"in"_s, u"0"_s, u"5000"_s});
        const quint16 port = awaitLine(proxy, u"127\\.0\\.0\\.1 port (\\d+)"_s).toUShort();
        QVERIFY(port != 0);
        std::vector<std::unique_ptr<QTcpSocket>> sockets;
        for (int i = 0; i < 5; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(u"127.0.0.1"_s, port);
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

    void in_descriptorsAreUsedUp_isToldWithTheRemedy() {
        QProcess proxy;
        proxy.setChildProcessModifier([] {
            const rlimit few{16, 16};
            setrlimit(RLIMIT_NOFILE, &few);
        });
        start(proxy, {u"in"_s, u"0"_s, u"5000"_s});
        const quint16 port = awaitLine(proxy, u"127\\.0\\.0\\.1 port (\\d+)"_s).toUShort();
        QVERIFY(port != 0);
        std::vector<std::unique_ptr<QTcpSocket>> sockets;
        for (int i = 0; i < 16; ++i) {
            sockets.push_back(std::make_unique<QTcpSocket>());
            sockets.back()->connectToHost(u"127.0.0.1"_s, port);
            QVERIFY(sockets.back()->waitForConnected(patienceMs));
        }
        QVERIFY(
            !awaitLine(proxy, u"(no file descriptor is left for a connection; raise the limit)"_s).isEmpty());
        proxy.kill();
        proxy.waitForFinished(patienceMs);
    }

    void in_refusedPort_isResetAndTold() {
        QProcess proxy;
        start(proxy, {u"in"_s, u"0"_s, u"1"_s});
        const quint16 port = awaitLine(proxy, u"127\\.0\\.0\\.1 port (\\d+)"_s).toUShort();
        // Not Qt's: it takes a reset that comes at once for a connection that never was.
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(port);
        QCOMPARE(::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
        QVERIFY(!awaitLine(proxy, u"(nobody in the enclave listens on port 1)"_s).isEmpty());
        char byte = 0;
        const ssize_t count = ::recv(socket, &byte, 1, 0);
        const int error = errno;
        ::close(socket);
        QCOMPARE(count, ssize_t(-1));
        QCOMPARE(error, ECONNRESET);
        proxy.kill();
        proxy.waitForFinished(patienceMs);
    }

    // The enclave has ended, and another user has bound the name of its socket in a folder that is open to all.
    void in_socketThatAnotherUserHasTaken_isNotUsed() {
        if (!nitroscope::vsock::test::canBeAnotherUser())
            QSKIP("only the administrator can be another user");
        const QString path = m_folder.filePath(u"taken"_s);
        const nitroscope::vsock::test::ForeignListener other(path.toStdString());
        QVERIFY(other.isListening());
        QProcess proxy;
        proxy.setReadChannel(QProcess::StandardError);
        proxy.start(cli, {u"proxy"_s, u"in"_s, u"0"_s, u"5000"_s, u"--vsock"_s, path});
        const quint16 port = awaitLine(proxy, u"127\\.0\\.0\\.1 port (\\d+)"_s).toUShort();
        QTcpSocket socket;
        socket.connectToHost(u"127.0.0.1"_s, port);
        QVERIFY(!awaitLine(proxy, u"(belongs to another user)"_s).isEmpty());
        QCOMPARE(other.heard(), std::string());
        proxy.kill();
        proxy.waitForFinished(patienceMs);
    }

    void out_theEnclaveReachesTheHost() {
        // Plain sockets: Qt's close when their peer has ended its data, and the answer comes after that.
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        QCOMPARE(::bind(server, reinterpret_cast<sockaddr *>(&address), size), 0);
        QCOMPARE(::listen(server, 1), 0);
        QCOMPARE(::getsockname(server, reinterpret_cast<sockaddr *>(&address), &size), 0);
        QProcess proxy;
        start(proxy, {u"out"_s, u"8443"_s, u"127.0.0.1"_s, QString::number(ntohs(address.sin_port))});
        QVERIFY(!awaitLine(proxy, u"(CID 3 port 8443)"_s).isEmpty());
        std::thread host([server] {
            const int accepted = ::accept(server, nullptr, nullptr);
            std::string reply = "answer to ";
            char buffer[64];
            for (ssize_t count; (count = ::recv(accepted, buffer, sizeof buffer, 0)) > 0;)
                reply.append(buffer, size_t(count));
            ::send(accepted, reply.data(), reply.size(), MSG_NOSIGNAL);
            ::close(accepted);
        });
        const std::string answer = m_enclave->dial(8443, "request");
        ::shutdown(server, SHUT_RDWR); // lets accept() go if nobody came
        host.join();
        ::close(server);
        QCOMPARE(answer, std::string("answer to request"));
        ::kill(pid_t(proxy.processId()), SIGINT);
        QVERIFY(proxy.waitForFinished(patienceMs));
        QCOMPARE(proxy.exitCode(), 0);
        QVERIFY(!QFile::exists(m_path + u"_8443"_s));
    }

    void out_hostThatIsNotAllowed_isRefused() {
        const QString list = m_folder.filePath(u"allow.yaml"_s);
        QFile file(list);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("allowlist:\n- {address: kms.us-east-1.amazonaws.com, port: 443}\n");
        file.close();
        QProcess proxy;
        start(proxy, {u"out"_s, u"8000"_s, u"example.org"_s, u"443"_s, u"--config"_s, list});
        QVERIFY(proxy.waitForFinished(patienceMs));
        QCOMPARE(proxy.exitCode(), 1);
        QVERIFY(proxy.readAllStandardError().contains("not in the allow-list"));
    }

    // kms and imds stand for services of AWS's, which is what an allow-list knows.
    void out_localService_isAllowedAsTheOneItStandsFor() {
        const QString list = m_folder.filePath(u"kms.yaml"_s);
        QFile file(list);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("allowlist:\n- {address: kms.us-east-1.amazonaws.com, port: 443}\n");
        file.close();
        QProcess kms;
        start(kms, {u"out"_s, u"8000"_s, u"kms"_s, u"--config"_s, list});
        QCOMPARE(awaitLine(kms, u"listening on CID 3 port 8000 for (.*)"_s), u"127.0.0.1 port 4567"_s);
        ::kill(pid_t(kms.processId()), SIGTERM);
        QVERIFY(kms.waitForFinished(patienceMs));
        QProcess imds;
        start(imds, {u"out"_s, u"8001"_s, u"imds"_s, u"--config"_s, list});
        QVERIFY(imds.waitForFinished(patienceMs));
        QCOMPARE(imds.exitCode(), 1);
        QVERIFY(imds.readAllStandardError().contains("169.254.169.254 port 80 is not in the allow-list"));
        QProcess other;
        start(other, {u"out"_s, u"8001"_s, u"example.org"_s});
        QVERIFY(other.waitForFinished(patienceMs));
        QCOMPARE(other.exitCode(), 1);
        QVERIFY(other.readAllStandardError().contains("is required for a host"));
    }

    void allowList_malformed_isAnErrorWithItsLine() {
        QVERIFY(ProxyAllowList::parse("allowlist:\n- {address: A.b, port: 1}\n")->permits(u"a.B"_s, 1));
        QVERIFY(!ProxyAllowList::parse("# nothing\n")->permits(u"a"_s, 1));
        for (const char *text :
             {"- {address: a, port: 1}", "allowlist:\n- {address: a}", "allowlist:\n- {address: a, port: 0}",
              "allowlist:\n- {address: a, port: 99999}", "allowlist:\n  x: y", "allowlist:\n- a\n",
              "allowlist: {", "allowlist: \xff", "allowlist:\n- {address: [a], port: 1}", "other: []"}) {
            const auto list = ProxyAllowList::parse(text);
            QVERIFY2(!list, text);
            QVERIFY(list.error().message.startsWith("Line "_L1));
        }
    }

    // As vsock-proxy's users write it; it reads any YAML.
    void allowList_everyStyleOfYaml_isRead_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("flow") << QByteArray("allowlist:\n- {address: a.b, port: 443}\n");
        QTest::newRow("block") << QByteArray("allowlist:\n  - address: a.b\n    port: 443\n");
        QTest::newRow("keys the other way round")
            << QByteArray("---\nallowlist:\n- port: 443\n  address: 'a.b'\n...\n");
        QTest::newRow("JSON") << QByteArray(R"({"allowlist": [{"address": "a.b", "port": 443}]})");
        QTest::newRow("comments and other keys")
            << QByteArray("# list\nversion: 1\nallowlist: # mine\n- {address: a.b, port: 443, note: x}\n");
        QTest::newRow("anchor and alias")
            << QByteArray("x: &e {address: a.b, port: 443}\nallowlist:\n- *e\n- *e\n");
        QTest::newRow("CR LF and byte order mark")
            << QByteArray("\xef\xbb\xbf"
                          "allowlist:\r\n- address: a.b\r\n  port: 443\r\n");
        QTest::newRow("first document only")
            << QByteArray("allowlist:\n- {address: a.b, port: 443}\n---\nallowlist: 5\n");
    }

    void allowList_everyStyleOfYaml_isRead() {
        QFETCH(QByteArray, text);
        const auto list = ProxyAllowList::parse(text);
        QVERIFY2(list, list ? "" : qPrintable(list.error().text()));
        QVERIFY(list->permits(u"a.b"_s, 443));
        QVERIFY(!list->permits(u"a.b"_s, 444));
    }

    void allowList_empty_permitsNothing() {
        const auto list = ProxyAllowList::parse("allowlist: []");
        QVERIFY(list && !list->permits(u"a"_s, 1));
    }

    void allowList_deepAliasedOrCut_neverHangs() {
        QByteArray bomb("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 40; ++i)
            bomb += u"a%1: &a%1 [*a%2,*a%2,*a%2,*a%2,*a%2,*a%2,*a%2,*a%2]\n"_s.arg(i).arg(i - 1).toUtf8();
        (void)ProxyAllowList::parse(bomb + "allowlist: *a39\n");
        (void)ProxyAllowList::parse(QByteArray(100'000, '['));
        const QByteArray good("allowlist:\n- {address: \"a.b\", port: 443}\n- address: c\n  port: 80\n");
        for (qsizetype size = 0; size <= good.size(); ++size)
            (void)ProxyAllowList::parse(good.first(size));
        QCOMPARE(ProxyAllowList::parse(QByteArray((1 << 20) + 1, ' ')).error().code,
                 u"allow-list-too-large"_s);
    }

    void parent_runsAProgramWithAfVsock() {
        QProcess parent;
        parent.start(cli, {u"parent"_s, u"--vsock"_s, m_path, u"python3"_s, u"-c"_s,
                           u"import socket; s = socket.socket(socket.AF_VSOCK); s.connect((16, 5000)); "
                           "s.send(b'hello'); print(s.recv(9).decode())"_s});
        QVERIFY(parent.waitForFinished(patienceMs));
        QCOMPARE(parent.readAllStandardOutput(), QByteArray("hello\n"));
        QCOMPARE(parent.exitCode(), 0);
    }

    void parent_ofAProgramThatPreloadingCannotReach_saysSoAndStartsIt_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<int>("mode"); // more bits of the file's mode
        QTest::addColumn<QByteArray>("words");
        const QByteArray none;
        QTest::newRow("dynamic") << u"vsock_client"_s << 0 << none;
        QTest::newRow("static") << u"vsock_client_static"_s << 0
                                << QByteArray("is statically linked: its AF_VSOCK sockets are the kernel's");
        QTest::newRow("Go") << u"vsock_client_go"_s << 0
                            << QByteArray("is written in Go, which makes system calls without the C library");
        QTest::newRow("set-user-id") << u"vsock_client"_s << 04000
                                     << QByteArray("changes user or group when it starts");
        QTest::newRow("script") << QString() << 0
                                << QByteArray("is statically linked: its AF_VSOCK sockets are the kernel's");
    }
    void parent_ofAProgramThatPreloadingCannotReach_saysSoAndStartsIt() {
        QFETCH(QString, program);
        QFETCH(int, mode);
        QFETCH(QByteArray, words);
        const QString built = QStringLiteral(NITROSCOPE_BINARY_DIR "/tests/"),
                      path = m_folder.filePath(u"client"_s);
        QFile::remove(path);
        if (program.isEmpty()) { // of a static interpreter
            QFile script(path);
            QVERIFY(script.open(QIODevice::WriteOnly));
            script.write("#!" + (built + u"vsock_client_static"_s).toLocal8Bit() + "\n");
        } else {
            QVERIFY(QFile::copy(built + program, path));
        }
        QCOMPARE(::chmod(QFile::encodeName(path).constData(), mode_t(0755 | mode)), 0);
        QProcess parent;
        parent.start(cli, {u"parent"_s, u"--vsock"_s, m_path, u"--how"_s, u"preload"_s, path});
        QVERIFY(parent.waitForFinished(patienceMs));
        const QByteArray said = parent.readAllStandardError(), output = parent.readAllStandardOutput();
        QCOMPARE(words.isEmpty(), said.isEmpty());
        QVERIFY2(said.contains(words), said);
        QVERIFY(words.contains("AF_VSOCK") ? said.contains("--how supervise reaches it") : true);
        // It is started all the same, and its exit code is the command's.
        if (program == "vsock_client"_L1 && mode == 0)
            QCOMPARE(output, QByteArray("connected\n"));
        QVERIFY2(output.endsWith("connected\n"), output);
        QCOMPARE(parent.exitCode(), output == "connected\n" ? 0 : 3);
    }

    void parent_ofAProgramThatPreloadingCannotReach_isSupervised_data() {
        QTest::addColumn<QString>("program");
        QTest::newRow("static") << u"vsock_client_static"_s;
        QTest::newRow("Go") << u"vsock_client_go"_s;
    }
    void parent_ofAProgramThatPreloadingCannotReach_isSupervised() {
        QFETCH(const QString, program);
        QProcess parent;
        parent.start(cli, {u"parent"_s, u"--vsock"_s, m_path,
                           QStringLiteral(NITROSCOPE_BINARY_DIR "/tests/") + program});
        QVERIFY(parent.waitForFinished(patienceMs));
        const QByteArray said = parent.readAllStandardError();
        if (said.contains("seccomp") || said.contains("pidfd_getfd"))
            QSKIP("this kernel, or what this test runs in, does not let calls be answered by seccomp");
        QCOMPARE(said, QByteArray());
        QCOMPARE(parent.readAllStandardOutput(), QByteArray("connected\n"));
    }

    void parent_ofNoProgram_isAnErrorOfTheShellsKind() {
        QProcess parent;
        parent.start(cli, {u"parent"_s, u"--vsock"_s, m_path, u"no-such-program-anywhere"_s});
        QVERIFY(parent.waitForFinished(patienceMs));
        QCOMPARE(parent.exitCode(), 127);
        QVERIFY(parent.readAllStandardError().contains("no-such-program-anywhere: No such file"));
    }
};

QTEST_GUILESS_MAIN(Proxy)
#include "tst_proxy.moc"
