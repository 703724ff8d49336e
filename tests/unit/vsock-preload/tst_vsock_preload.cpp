// SPDX-License-Identifier: GPL-2.0-or-later
//
// Python's socket.AF_VSOCK and socat's VSOCK addresses with the preload library, in both directions.
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/foreign_listener.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <QtTest>

using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;

class VsockPreload : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string m_path;
    std::unique_ptr<FakeEnclave> m_enclave;

    void prepare(QProcess &process) { preload(process, m_path); }
    QString python(const QString &program) { return runPython(program, m_path); }

private slots:
    void initTestCase() {
        if (pythonProgram().isEmpty())
            QSKIP("python3 is not installed");
        m_path = m_folder.filePath(u"vsock"_s).toStdString();
        m_enclave = std::make_unique<FakeEnclave>(m_path);
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void python_program_behavesAsWithTheKernel_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("output");
        const auto row = [](const char *name, const char *program, const char *output) {
            QTest::newRow(name) << QString::fromUtf8(program) << QString::fromUtf8(output);
        };
        row("echo with half-close",
            "s = socket.socket(V, S); s.connect((16, 5000)); s.sendall(b'x' * 300000); "
            "s.shutdown(socket.SHUT_WR)\n"
            "d = all(s); print(len(d), d == b'x' * 300000)",
            "300000 True");
        row("seqpacket keeps messages",
            "s = socket.socket(V, Q); s.connect((16, 5000)); s.send(b'one'); s.send(b'three')\n"
            "print(s.recv(100), s.recv(100))",
            "b'one' b'three'");
        row("refused port is ECONNRESET, and the socket may try again",
            "s = socket.socket(V, S); print(error(lambda: s.connect((16, 1))) == errno.ECONNRESET)\n"
            "s.connect((16, 5000)); s.send(b'hi'); print(s.recv(9))",
            "True\nb'hi'");
        row("unknown CID is ENODEV",
            "s = socket.socket(V, S); print(error(lambda: s.connect((99, 5000))) == errno.ENODEV)", "True");
        row("names",
            "s = socket.socket(V, S); print(s.getsockname() == (socket.VMADDR_CID_ANY, "
            "socket.VMADDR_PORT_ANY))\n"
            "print(error(s.getpeername) == errno.ENOTCONN); s.connect((16, 5000))\n"
            "print(s.getpeername(), s.getsockname()[0], s.getsockname()[1] >= 1 << 30)",
            "True\nTrue\n(16, 5000) 4294967295 True");
        row("bound source port",
            "s = socket.socket(V, S); s.bind((3, 1500)); s.connect((16, 5000)); print(s.getsockname())",
            "(3, 1500)");
        row("socket options",
            "s = socket.socket(V, S); print(s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN) == V)\n"
            "s.setsockopt(V, socket.SO_VM_SOCKETS_BUFFER_MAX_SIZE, 1 << 20)\n"
            "s.setsockopt(V, socket.SO_VM_SOCKETS_BUFFER_SIZE, 1 << 19)\n"
            "print(s.getsockopt(V, socket.SO_VM_SOCKETS_BUFFER_SIZE))\n"
            "import ctypes; c = ctypes.CDLL(None); t = (ctypes.c_long * 2)(5, 250000); n = "
            "ctypes.c_uint(16)\n"
            "print(c.setsockopt(s.fileno(), V, 6, t, 16)); t[0] = 0\n"
            "print(c.getsockopt(s.fileno(), V, 6, t, ctypes.byref(n)), t[0], t[1])\n"
            "print(error(lambda: s.getsockopt(V, 77)) == errno.ENOPROTOOPT)",
            "True\n524288\n0\n0 5 250000\nTrue");
        row("local CID",
            "f = open('/dev/vsock', 'rb')\n"
            "print(struct.unpack('I', fcntl.ioctl(f, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))))",
            "(3,)");
        row("datagrams are not supported",
            "print(error(lambda: socket.socket(V, socket.SOCK_DGRAM)) == errno.ENODEV)", "True");
        row("other CIDs cannot be bound",
            "s = socket.socket(V, S); print(error(lambda: s.bind((99, 1))) == errno.EADDRNOTAVAIL)\n"
            "print(error(s.listen) == errno.EINVAL)",
            "True\nTrue");
        row("port in use, freed by close",
            "a, b = socket.socket(V, S), socket.socket(V, S); a.bind((3, 7000)); a.listen()\n"
            "print(error(lambda: b.bind((socket.VMADDR_CID_ANY, 7000))) == errno.EADDRINUSE)\n"
            "a.close(); b.bind((3, 7000)); print(b.getsockname())",
            "True\n(3, 7000)");
        row("dup2 that fails leaves its target as it was",
            "s = socket.socket(V, S); s.bind((3, 7100)); s.listen()\n"
            "print(error(lambda: os.dup2(999, s.fileno())) == errno.EBADF, s.getsockname())\n"
            "path = os.environ['NITROSCOPE_VSOCK'].split('=')[1] + '_7100'; print(os.path.exists(path))\n"
            "os.dup2(os.open('/dev/null', os.O_RDONLY), s.fileno()); print(os.path.exists(path))",
            "True (3, 7100)\nTrue\nFalse");
        row("the connect time-out holds for a full listener",
            "import signal, tempfile, time; signal.alarm(20); d = tempfile.mkdtemp()\n"
            "os.environ['NITROSCOPE_VSOCK'] = '16=' + d + '/full'\n"
            "l = socket.socket(socket.AF_UNIX, S); l.bind(d + '/full'); l.listen(0)\n"
            "c = socket.socket(socket.AF_UNIX, S); c.connect(d + '/full')\n"
            "s = socket.socket(V, S); import ctypes; limit = (ctypes.c_long * 2)(0, 300000)\n"
            "print(ctypes.CDLL(None).setsockopt(s.fileno(), V, 6, limit, 16)); t = time.monotonic()\n"
            "print(error(lambda: s.connect((16, 5000))) == errno.ETIMEDOUT, time.monotonic() - t < 10)",
            "0\nTrue True");
        row("automatic port",
            "s = socket.socket(V, S); s.bind((3, socket.VMADDR_PORT_ANY)); print(s.getsockname()[1] > 1023)",
            "True");
        row("duplicates and epoll",
            "s = socket.socket(V, S); s.connect((16, 5000)); t = s.dup(); s.close(); e = select.epoll()\n"
            "e.register(t, select.EPOLLIN); print(e.poll(0)); t.send(b'x'); print(len(e.poll(20)), "
            "t.getpeername())",
            "[]\n1 (16, 5000)");
        row("non-blocking connect",
            "s = socket.socket(V, S); s.setblocking(False)\n"
            "print(error(lambda: s.connect((16, 5000))) == errno.EINPROGRESS)\n"
            "print(select.select([], [s], [], 20)[1] == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))\n"
            "print(s.getpeername(), error(lambda: s.connect((16, 5000))) == errno.EISCONN); s.send(b'x')\n"
            "print(select.select([s], [], [], 20)[0] == [s], s.recv(1))",
            "True\nTrue 0\n(16, 5000) True\nTrue b'x'");
        row("low-water mark and poll",
            "s = socket.socket(V, S); s.connect((16, 5000)); s.setsockopt(socket.SOL_SOCKET, "
            "socket.SO_RCVLOWAT, 4)\n"
            "p = select.poll(); p.register(s, select.POLLIN); s.send(b'abc')\n"
            "import time; t = time.monotonic(); print(p.poll(300), time.monotonic() - t >= 0.3)\n"
            "s.send(b'd'); print(len(p.poll(20000)), s.recv(9))\n"
            "s.send(b'e'); s.shutdown(socket.SHUT_WR); print(len(p.poll(20000)), s.recv(9))",
            "[] True\n1 b'abcd'\n1 b'e'");
        row("low-water mark does not hold up other sockets",
            "s = socket.socket(V, S); s.connect((16, 5000)); s.setsockopt(socket.SOL_SOCKET, "
            "socket.SO_RCVLOWAT, 9)\n"
            "a, b = socket.socketpair(); p = select.poll(); p.register(s, select.POLLIN); p.register(a, "
            "select.POLLIN)\n"
            "s.send(b'abc'); b.send(b'x'); print(p.poll(20000) == [(a.fileno(), select.POLLIN)])",
            "True");
        row("poll sees data and the end",
            "s = socket.socket(V, S); s.connect((16, 5000)); p = select.poll(); p.register(s, "
            "select.POLLIN)\n"
            "print(p.poll(0)); s.send(b'x'); print(p.poll(20000) == [(s.fileno(), select.POLLIN)], "
            "s.recv(9))\n"
            "s.shutdown(socket.SHUT_WR); print(len(p.poll(20000)), s.recv(9))",
            "[]\nTrue b'x'\n1 b''");
        row("seqpacket: names, epoll and half-close",
            "s = socket.socket(V, Q); s.connect((16, 5000)); print(s.getpeername(), s.getsockname()[0])\n"
            "e = select.epoll(); e.register(s, select.EPOLLIN | select.EPOLLRDHUP); print(e.poll(0))\n"
            "s.send(b'one'); print(e.poll(20) == [(s.fileno(), select.EPOLLIN)], s.recv(100))\n"
            "s.shutdown(socket.SHUT_WR); print(e.poll(20)[0][1] & select.EPOLLRDHUP != 0, s.recv(100))",
            "(16, 5000) 4294967295\n[]\nTrue b'one'\nTrue b''");
        row("console", "s = socket.socket(V, S); s.connect((0, 10016)); print(s.recv(7))", "b'console'");
        row("other families are left alone",
            "a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1), a.family == socket.AF_UNIX)\n"
            "t = socket.socket(); t.bind(('127.0.0.1', 0)); print(t.getsockname()[0])",
            "b'x' True\n127.0.0.1");
    }
    void python_program_behavesAsWithTheKernel() {
        QFETCH(QString, program);
        QFETCH(QString, output);
        QCOMPARE(python(program), output);
    }

    // Once the enclave has ended, its name is anybody's in a folder that is open to all.
    void python_socketThatAnotherUserHasTaken_isNotUsed() {
        if (!canBeAnotherUser())
            QSKIP("only the administrator can be another user");
        const std::string path = m_folder.filePath(u"taken"_s).toStdString();
        const ForeignListener stream(path), seqpacket(path + "_seqpacket", SOCK_SEQPACKET),
            program(path + "_8000");
        QVERIFY(stream.isListening() && seqpacket.isListening() && program.isListening());
        const QString said =
            runPython(u"for kind, address in (S, (16, 5000)), (Q, (16, 5000)), (S, (3, 8000)):\n"
                      "    print(name(lambda: socket.socket(V, kind).connect(address)))\n"_s,
                      path);
        QVERIFY2(said.startsWith(u"EACCES\nEACCES\nEACCES\n"_s) &&
                     said.contains(QString::fromStdString(path) + u" belongs to another user"_s),
                 qPrintable(said));
        for (const ForeignListener *listener : {&stream, &seqpacket, &program})
            QCOMPARE(listener->heard(), std::string());
    }

    void python_listener_acceptsTheEnclave() {
        QProcess process;
        prepare(process);
        process.start(pythonProgram(),
                      {u"-c"_s, prologue + u"l = socket.socket(V, S); l.bind((socket.VMADDR_CID_ANY, 8000)); "
                                           "l.listen(); c, a = l.accept()\n"
                                           "c.sendall(repr(a).encode() + all(c).upper())\n"_s});
        QCOMPARE(QString::fromStdString(m_enclave->dial(8000, "request")), u"(16, 4321)REQUEST"_s);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.readAllStandardError(), QByteArray());
        QVERIFY(!QFile::exists(QString::fromStdString(m_path + "_8000")));
    }

    void socat_connectsAndListens() {
        if (QStandardPaths::findExecutable(u"socat"_s).isEmpty())
            QSKIP("socat is not installed");
        QProcess client;
        prepare(client);
        client.start(u"socat"_s, {u"-t20"_s, u"-"_s, u"VSOCK-CONNECT:16:5000"_s});
        client.write("through socat");
        client.closeWriteChannel();
        QVERIFY(client.waitForFinished(patienceMs));
        QCOMPARE(client.readAllStandardOutput(), QByteArray("through socat"));

        QProcess server;
        prepare(server);
        server.start(u"socat"_s, {u"-t20"_s, u"VSOCK-LISTEN:8001,fork"_s, u"SYSTEM:tr a-z A-Z"_s});
        QCOMPARE(QString::fromStdString(m_enclave->dial(8001, "one")), u"ONE"_s);
        QCOMPARE(QString::fromStdString(m_enclave->dial(8001, "two")), u"TWO"_s);
        server.kill();
        server.waitForFinished(patienceMs);
    }
};

QTEST_GUILESS_MAIN(VsockPreload)
#include "tst_vsock_preload.moc"
