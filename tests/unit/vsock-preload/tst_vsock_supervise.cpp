// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs that the preload library does not reach, run by the supervisor (qemu-machine/vsock/supervise): the same parent
// programs as tst_parent_programs, linked statically, and cases of Python, whose calls are answered from outside as well.
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <csignal>
#include <QElapsedTimer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::vsock::test;

namespace {

const QString supervisor = QStringLiteral(NITROSCOPE_BINARY_DIR "/lib/nitroscope-supervise");
const QString program = QStringLiteral(NITROSCOPE_BINARY_DIR "/tests/parent_program_static");

} // namespace

class VsockSupervise : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string m_path;
    std::unique_ptr<FakeEnclave> m_enclave;

    void start(QProcess &process, const QStringList &words) const {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"NITROSCOPE_VSOCK"_s, QString::fromStdString("16=" + m_path));
        process.setProcessEnvironment(environment);
        process.start(supervisor, words);
        QVERIFY(process.waitForStarted(patienceMs));
    }
    // What a Python program printed, or its complaint.
    QString python(const QString &text) const {
        QProcess process;
        start(process, {pythonProgram(), u"-c"_s, prologue + text});
        if (!process.waitForFinished(patienceMs))
            return u"no end"_s;
        return QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError()).trimmed();
    }
    QString portPath(int port) const { return QString::fromStdString(m_path) + u"_%1"_s.arg(port); }

private slots:
    void initTestCase() {
        m_path = m_folder.filePath(u"vsock"_s).toStdString();
        m_enclave = std::make_unique<FakeEnclave>(m_path);
        QProcess first;
        start(first, {program, u"client"_s, u"16"_s, u"1"_s});
        QVERIFY(first.waitForFinished(patienceMs));
        const QByteArray complaint = first.readAllStandardError();
        if (complaint.contains("seccomp") || complaint.contains("pidfd_getfd"))
            QSKIP("this kernel, or what this test runs in, does not let calls be answered by seccomp");
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void staticProgram_connectsAndListens() {
        QProcess client;
        start(client, {program, u"client"_s, u"16"_s, u"5000"_s});
        client.write("hello");
        client.closeWriteChannel();
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardError(), QByteArray());
        QCOMPARE(client.readAllStandardOutput(), QByteArray("hello"));

        QProcess server;
        start(server, {program, u"server"_s, u"8300"_s});
        QCOMPARE(QString::fromStdString(m_enclave->dial(8300, "request")), u"REQUEST"_s);
        QVERIFY(server.waitForFinished(patienceMs));
        QCOMPARE(server.readAllStandardError(), QByteArray("from 16, 16 bytes of address\n"));
        QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(portPath(8300)), patienceMs);
    }

    void staticProgram_refused_hearsIt() {
        QProcess client;
        start(client, {program, u"client"_s, u"16"_s, u"1"_s});
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardError(), QByteArray("connect: Connection reset by peer\n"));
        QCOMPARE(client.exitCode(), 1);
    }

    // By epoll, without blocking, between the enclave and TCP, whose sockets stay the kernel's.
    void staticRelay_joinsTheEnclaveWithTcp() {
        QTcpServer host;
        QVERIFY(host.listen(QHostAddress::LocalHost));
        connect(&host, &QTcpServer::newConnection, &host, [&host] {
            QTcpSocket *socket = host.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket] {
                socket->write(socket->readAll().toUpper());
                socket->flush();
            });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        });
        QProcess relay;
        start(relay, {program, u"relay"_s, u"8301"_s, QString::number(host.serverPort())});
        std::string answer;
        std::atomic<bool> isDone = false;
        std::thread enclave([&] {
            answer = m_enclave->dial(8301, "through the relay");
            isDone = true;
        });
        QTRY_VERIFY_WITH_TIMEOUT(isDone.load(), patienceMs);
        enclave.join();
        QCOMPARE(QString::fromStdString(answer), u"THROUGH THE RELAY"_s);
        QTRY_COMPARE_WITH_TIMEOUT(relay.state(), QProcess::NotRunning, patienceMs);
    }

    void launcher_childOfVfork_doesNotDisturbItsParent() {
        QProcess process;
        start(process, {program, u"launcher"_s, u"16"_s, u"5000"_s});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.readAllStandardError(), QByteArray());
        QCOMPARE(process.readAllStandardOutput(), QByteArray("still there\n"));
    }

    void cases_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("output");
        QTest::newRow("names of both ends")
            << u"s = socket.socket(V, S); s.connect((16, 5000)); print(s.getpeername(), s.getsockname()[0] == ANY)\n"
               "s.send(b'x'); s.shutdown(1); print(all(s))"_s
            << u"(16, 5000) True\nb'x'"_s;
        QTest::newRow("seqpacket")
            << u"s = socket.socket(V, Q); s.connect((16, 5000)); s.send(b'one'); print(s.recv(99))"_s
            << u"b'one'"_s;
        QTest::newRow("non-blocking")
            << u"print(later(socket.socket(V, S), (16, 5000)))"_s << u"('EINPROGRESS', True, 0)"_s;
        QTest::newRow("non-blocking, refused")
            << u"print(later(socket.socket(V, S), (16, 1)))"_s << u"('EINPROGRESS', True, 'ECONNRESET')"_s;
        QTest::newRow("no such enclave")
            << u"print(name(lambda: socket.socket(V, S).connect((99, 1))))"_s << u"ENODEV"_s;
        QTest::newRow("tried again after a refusal")
            << u"s = socket.socket(V, S); print(name(lambda: s.connect((16, 1)))); s.connect((16, 5000)); print(s.getpeername())"_s
            << u"ECONNRESET\n(16, 5000)"_s;
        QTest::newRow("what it is")
            << u"s = socket.socket(V, S); print([s.getsockopt(SO, o) for o in "
               "(socket.SO_DOMAIN, socket.SO_TYPE, socket.SO_ERROR)], name(s.getpeername))"_s
            << u"[40, 1, 0] ENOTCONN"_s;
        QTest::newRow("types that are not") << u"print(name(lambda: socket.socket(V, socket.SOCK_DGRAM)), "
                                               "name(lambda: socket.socket(V, S, 6)))"_s
                                            << u"ENODEV EPROTONOSUPPORT"_s;
        QTest::newRow("options") << u"s = socket.socket(V, S); s.setsockopt(V, 0, 4096)\n"
                                    "print(s.getsockopt(V, 0), limit(s, 3), "
                                    "name(lambda: s.setsockopt(V, 99, 1)))"_s
                                 << u"4096 0 ENOPROTOOPT"_s;
        QTest::newRow("flags of a descriptor")
            << u"a, b = socket.socket(V, S), socket.socket(V, S); os.set_inheritable(b.fileno(), True)\n"
               "for s in a, b: name(lambda: s.connect((16, 1))); s.connect((16, 5000)); print(os.get_inheritable(s.fileno()))"_s
            << u"False\nTrue"_s;
        QTest::newRow("a taken port")
            << u"a, b = socket.socket(V, S), socket.socket(V, S); a.bind((ANY, 8302)); print(name(lambda: b.bind((ANY, 8302))))\n"
               "a.listen(); print(a.getsockname()); a.close(); print(name(lambda: b.bind((ANY, 8302))))"_s
            << u"EADDRINUSE\n(4294967295, 8302)\nNone"_s;
        QTest::newRow("loopback, with the accepting end in a child")
            << u"l = socket.socket(V, S); l.bind((ANY, 8303)); l.listen()\n"
               "if os.fork() == 0:\n"
               "    a, peer = l.accept(); a.send(b'from the child of ' + str(peer[0]).encode()); os._exit(0)\n"
               "c = socket.socket(V, S); c.connect((1, 8303)); print(all(c).decode()); os.wait()"_s
            << u"from the child of 1"_s;
        QTest::newRow("accept with a time limit")
            << u"l = socket.socket(V, S); l.bind((ANY, 8304)); l.listen()\n"
               "ctypes.CDLL(None).setsockopt(l.fileno(), SO, socket.SO_RCVTIMEO, (ctypes.c_long * 2)(0, 200000), 16); print(name(l.accept))\n"
               "l.setblocking(False); print(name(l.accept))"_s
            << u"EAGAIN\nEAGAIN"_s;
        QTest::newRow("accept while signals come")
            << u"import signal, threading\n"
               "signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.003)\n"
               "l = socket.socket(V, S); l.bind((ANY, 8305)); l.listen(); n = 0\n"
               "def go():\n"
               "    for i in range(40):\n"
               "        c = socket.socket(V, S); c.connect((1, 8305)); c.send(b'x'); all(c)\n"
               "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]); t = threading.Thread(target=go); t.start()\n"
               "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])\n"
               "for i in range(40): a, _ = l.accept(); n += len(a.recv(1)); a.close()\n"
               "t.join(); print(n)"_s
            << u"40"_s;
        QTest::newRow("other families are the kernel's")
            << u"l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen(); c = socket.create_connection(l.getsockname())\n"
               "a, _ = l.accept(); a.send(b'tcp'); print(c.recv(9), l.getsockname()[0], c.getsockopt(SO, socket.SO_ERROR))\n"
               "x, y = socket.socketpair(); x.send(b'unix'); print(y.recv(9), name(lambda: x.getsockname()))\n"
               "print(name(lambda: socket.socket(fileno=os.dup(0)).getpeername()))"_s
            << u"b'tcp' 127.0.0.1 0\nb'unix' \nENOTSOCK"_s;
    }
    void cases() {
        if (pythonProgram().isEmpty())
            QSKIP("python3 is not installed");
        QFETCH(const QString, text);
        QFETCH(const QString, output);
        QCOMPARE(python(text), output);
    }

    void end_isTheProgramsOwn_data() {
        QTest::addColumn<QString>("script");
        QTest::addColumn<int>("code");
        QTest::newRow("exit code") << u"exit 37"_s << 37;
        QTest::newRow("a program that is not there") << u"exec /no/such/program"_s << 127;
    }
    void end_isTheProgramsOwn() {
        QFETCH(const QString, script);
        QFETCH(const int, code);
        QProcess process;
        start(process, {u"sh"_s, u"-c"_s, script});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), code);
        QProcess missing;
        start(missing, {u"/no/such/program"_s});
        QVERIFY(missing.waitForFinished(patienceMs));
        QCOMPARE(missing.exitCode(), 127);
    }

    void signal_toTheSupervisor_reachesTheProgram() {
        QProcess process;
        start(process, {u"sh"_s, u"-c"_s,
                        u"trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.05; done"_s});
        QTRY_VERIFY_WITH_TIMEOUT(process.peek(99).contains("ready"), patienceMs);
        ::kill(pid_t(process.processId()), SIGTERM);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.readAllStandardOutput(), QByteArray("ready\ncaught\n"));
        QCOMPARE(process.exitCode(), 5);
    }

    void program_killed_endsTheCallerAlike() {
        QProcess process;
        start(process, {u"sh"_s, u"-c"_s, u"kill -KILL $$"_s});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitStatus(), QProcess::CrashExit);
    }

    // The caller comes back with its child; what the child left running still reaches the enclave.
    void daemon_outlivesItsStarter_isStillServed() {
        QProcess process;
        start(process,
              {u"sh"_s, u"-c"_s, u"'%1' server 8306 </dev/null >/dev/null 2>&1 & exit 0"_s.arg(program)});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), 0);
        QCOMPARE(QString::fromStdString(m_enclave->dial(8306, "later")), u"LATER"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(portPath(8306)), patienceMs);
    }

    void secondSupervisor_isRefusedInWords() {
        QProcess process;
        start(process, {supervisor, u"true"_s});
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), 126);
        QVERIFY(process.readAllStandardError().contains("there is a supervisor already"));
    }
};

QTEST_GUILESS_MAIN(VsockSupervise)
#include "tst_vsock_supervise.moc"
