// SPDX-License-Identifier: GPL-2.0-or-later
//
// What AF_VSOCK does in cases where a Unix socket does otherwise: one table, asked of the preload library and, where
// this machine has it, of the kernel. What needs an enclave is asked of the library only.
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::vsock::test;

namespace {

enum class Needs { family, loopback, enclave };

struct Row {
    const char *name;
    Needs needs;
    const char *program;
    const char *output;
};

// The kernel's values: Linux 6.12's af_vsock.c, and 6.18 asked.
const Row rows[] = {
    {"datagrams", Needs::family, "print(name(lambda: socket.socket(V, socket.SOCK_DGRAM)))", "ENODEV"},
    {"raw sockets", Needs::family, "print(name(lambda: socket.socket(V, socket.SOCK_RAW)))",
     "ESOCKTNOSUPPORT"},
    {"another protocol", Needs::family, "print(name(lambda: socket.socket(V, S, 6)))", "EPROTONOSUPPORT"},
    {"a fresh socket", Needs::family,
     "s = socket.socket(V, S)\n"
     "print(name(lambda: s.shutdown(2)), name(lambda: s.recv(4)), name(lambda: s.send(b'x')))\n"
     "print(name(s.listen), name(s.accept), name(s.getpeername), s.getsockname())",
     "ENOTCONN ENOTCONN ENOTCONN\nEINVAL EINVAL ENOTCONN (4294967295, 4294967295)"},
    {"requests of the device only", Needs::family,
     "s = socket.socket(V, S); f = open('/dev/vsock', 'rb')\n"
     "print(name(lambda: fcntl.ioctl(s, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))))\n"
     "print(len(fcntl.ioctl(f, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4))), name(lambda: fcntl.ioctl(f, 0x5401, "
     "bytes(64))))",
     "ENOTTY\n4 ENOTTY"},
    {"options of other protocols", Needs::family,
     "s = socket.socket(V, S); print(name(lambda: s.setsockopt(6, 1, 1)), name(lambda: s.getsockopt(6, 1)))\n"
     "print(name(lambda: s.getsockopt(V, 3)), name(lambda: s.setsockopt(V, 99, 1)))",
     "ENOPROTOOPT ENOPROTOOPT\nENOPROTOOPT ENOPROTOOPT"},
    {"sizes of options", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True)\n"
     "def get(size):\n"
     "    b, n = ctypes.create_string_buffer(16), ctypes.c_uint(size)\n"
     "    r = c.getsockopt(s.fileno(), V, 0, b, ctypes.byref(n))\n"
     "    return (struct.unpack('Q', b.raw[:8])[0], n.value) if r == 0 else errno.errorcode[ctypes.get_errno()]\n"
     "print(get(4), get(8), get(16))",
     "EINVAL (262144, 8) (262144, 8)"},
    {"connect time-outs that are none", Needs::family,
     "s = socket.socket(V, S); print(limit(s, -1), limit(s, 0, 1000000), limit(s, 5, 250000), limit(s, 3000000))",
     "-1 -1 0 0"},
    {"general options", Needs::family,
     "s = socket.socket(V, S)\n"
     "print([s.getsockopt(SO, o) for o in (socket.SO_DOMAIN, socket.SO_TYPE, socket.SO_PROTOCOL, "
     "socket.SO_ACCEPTCONN, socket.SO_ERROR)])\n"
     "b = (ctypes.c_int * 3)(); ctypes.CDLL(None).getsockopt(s.fileno(), SO, socket.SO_PEERCRED, b, "
     "ctypes.byref(ctypes.c_uint(12))); print(tuple(b))",
     "[40, 1, 0, 0, 0]\n(0, -1, -1)"},
    {"CIDs that are not ours", Needs::family,
     "s = socket.socket(V, S); print([name(lambda: s.bind((c, 7201))) for c in (0, 2, 99)])",
     "['EADDRNOTAVAIL', 'EADDRNOTAVAIL', 'EADDRNOTAVAIL']"},
    {"malformed addresses", Needs::family,
     "s = socket.socket(V, S); c = ctypes.CDLL(None, use_errno=True)\n"
     "def call(f, b, n): return f(s.fileno(), b, n) and errno.errorcode[ctypes.get_errno()]\n"
     "for f in c.bind, c.connect:\n"
     "    print(*[call(f, b, n) for b, n in ((bytes(16), 8), (struct.pack('H14x', 2), 16), (bytes(16), 16), (None, "
     "16))])\n"
     "print(call(c.getsockname, None, None))",
     "EINVAL EINVAL EINVAL EFAULT\nEINVAL EINVAL EINVAL EFAULT\nEFAULT"},
    {"a port is taken as soon as it is bound", Needs::family,
     "a, b = socket.socket(V, S), socket.socket(V, S); a.bind((ANY, 7202)); b.setsockopt(SO, socket.SO_REUSEADDR, 1)\n"
     "print(name(lambda: b.bind((ANY, 7202))), name(lambda: a.bind((ANY, 7203)))); a.listen()\n"
     "print(name(lambda: b.bind((ANY, 7202))), name(b.listen))\n"
     "a.close(); print(name(lambda: b.bind((ANY, 7202))), name(b.listen))",
     "EADDRINUSE EINVAL\nEADDRINUSE EINVAL\nNone None"},
    {"a listener", Needs::family,
     "l = socket.socket(V, S); l.bind((ANY, 7204)); l.listen(); p = select.poll(); p.register(l)\n"
     "print(p.poll(0), l.getsockopt(SO, socket.SO_ACCEPTCONN), l.getsockname(), name(l.getpeername))\n"
     "print(name(lambda: l.connect((3, 1))), name(lambda: l.recv(1)), name(lambda: l.send(b'x')), name(lambda: "
     "l.shutdown(2)))\n"
     "l.setblocking(False); print(name(l.accept), name(lambda: l.listen(3)))",
     "[] 1 (4294967295, 7204) ENOTCONN\nEINVAL ENOTCONN ENOTCONN ENOTCONN\nEAGAIN None"},

    {"loopback: names at both ends", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7210)); l.listen(); c = socket.socket(V, S); c.connect((1, 7210))\n"
     "a, peer = l.accept(); print(peer == (1, c.getsockname()[1]), a.getpeername() == peer, a.getsockname())\n"
     "print(c.getpeername(), c.getsockname()[0]); c.send(b'hi'); print(a.recv(9)); a.send(b'ho'); print(c.recv(9))",
     "True True (1, 7210)\n(1, 7210) 4294967295\nb'hi'\nb'ho'"},
    {"loopback: a bound source port", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7211)); l.listen(); c = socket.socket(V, S); c.bind((ANY, 7212))\n"
     "c.connect((1, 7211)); a, peer = l.accept(); print(peer, c.getsockname()[1])",
     "(1, 7212) 7212"},
    {"loopback: own CID", Needs::loopback,
     "f = open('/dev/vsock', 'rb')\n"
     "own = struct.unpack('I', fcntl.ioctl(f, socket.IOCTL_VM_SOCKETS_GET_LOCAL_CID, bytes(4)))[0]\n"
     "l = socket.socket(V, S); l.bind((own, 7213)); l.listen(); c = socket.socket(V, S)\n"
     "print(name(lambda: c.connect((1, 7213)))); c.connect((own, 7213)); a, peer = l.accept()\n"
     "print(peer[0], a.getsockname() == (own, 7213), c.getpeername() == (own, 7213))",
     "ECONNRESET\n1 True True"},
    {"loopback: CID 1 only", Needs::loopback,
     "l = socket.socket(V, S); l.bind((1, 7214)); l.listen(); b = socket.socket(V, S)\n"
     "print(name(lambda: b.bind((ANY, 7214)))); c = socket.socket(V, S); c.connect((1, 7214))\n"
     "print(l.accept()[0].getsockname())",
     "EADDRINUSE\n(1, 7214)"},
    {"loopback: nobody listens", Needs::loopback,
     "c = socket.socket(V, S); print(name(lambda: c.connect((1, 7215))), later(socket.socket(V, S), (1, 7215)))\n"
     "l = socket.socket(V, S); l.bind((ANY, 7215)); l.listen(); c.connect((1, 7215)); print(c.getpeername())",
     "ECONNRESET ('EINPROGRESS', True, 'ECONNRESET')\n(1, 7215)"},
    {"loopback: a full backlog refuses", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7216)); l.listen(0); a, b = socket.socket(V, S), socket.socket(V, S)\n"
     "a.connect((1, 7216)); print(name(lambda: b.connect((1, 7216))), later(socket.socket(V, S), (1, 7216)))",
     "ECONNRESET ('EINPROGRESS', True, 'ECONNRESET')"},
    {"loopback: non-blocking", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7217)); l.listen(); c = socket.socket(V, S)\n"
     "print(later(c, (1, 7217)), c.getpeername(), name(lambda: c.connect((1, 7217))), name(lambda: c.recv(1)))",
     "('EINPROGRESS', True, 0) (1, 7217) EISCONN EAGAIN"},
    {"loopback: no address with the bytes", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7218)); l.listen(); c = socket.socket(V, S); c.connect((1, 7218))\n"
     "a = l.accept()[0]; a.send(b'xy'); c.send(b'z')\n"
     "print(c.recvfrom(1), c.recvmsg(9)[0::3], a.recvmsg(9)[0::3], name(lambda: c.sendto(b'x', (1, 7218))))",
     "(b'x', None) (b'y', None) (b'z', None) EISCONN"},
    {"loopback: seqpacket", Needs::loopback,
     "l = socket.socket(V, Q); l.bind((ANY, 7219)); l.listen(); c = socket.socket(V, Q); c.connect((1, 7219))\n"
     "a, peer = l.accept(); a.send(b'one'); a.send(b'two'); print(c.recvfrom(99), c.recv(99), peer[0])\n"
     "print(name(lambda: socket.socket(V, S).connect((1, 7219))))",
     "(b'one', None) b'two' 1\nECONNRESET"},
    {"loopback: shutdown", Needs::loopback,
     "l = socket.socket(V, S); l.bind((ANY, 7220)); l.listen(); c = socket.socket(V, S); c.connect((1, 7220))\n"
     "a = l.accept()[0]; a.send(b'late'); select.select([c], [], [], 20); c.shutdown(2)\n"
     "print(c.recv(9), name(c.getpeername), name(lambda: c.connect((1, 7220))), a.recv(9))",
     "b'' ENOTCONN EINVAL b''"},

    {"refused later", Needs::enclave,
     "s = socket.socket(V, S); print(later(s, (16, 1)), name(s.getpeername)); p = select.poll(); p.register(s)\n"
     "print(p.poll(0)[0][1] & select.POLLOUT != 0, name(lambda: s.connect((16, 5000))), name(lambda: s.recv(1)))",
     "('EINPROGRESS', True, 'ECONNRESET') ENOTCONN\nTrue EALREADY ENOTCONN"},
    {"epoll before connect, duplicates and a child", Needs::enclave,
     "s = socket.socket(V, S); s.setblocking(False); e = select.epoll(); e.register(s, select.EPOLLIN); d = s.dup()\n"
     "print(name(lambda: s.connect((16, 5000)))); e.modify(s, select.EPOLLOUT)\n"
     "print(e.poll(20) == [(s.fileno(), select.EPOLLOUT)], d.getpeername(), d.getsockopt(SO, socket.SO_ERROR))\n"
     "if os.fork() == 0: d.send(b'child'); os._exit(0)\n"
     "os.wait(); e.modify(s, select.EPOLLIN); print(len(e.poll(20)), s.recv(9))",
     "EINPROGRESS\nTrue (16, 5000) 0\n1 b'child'"},
    {"fork while it is on its way", Needs::enclave,
     "s = socket.socket(V, S); s.setblocking(False); print(name(lambda: s.connect((16, 5000))), flush=True)\n"
     "if os.fork() == 0: print(select.select([], [s], [], 20)[1] == [s], s.getpeername(), flush=True); os._exit(0)\n"
     "os.wait(); print(s.getpeername())",
     "EINPROGRESS\nTrue (16, 5000)\n(16, 5000)"},
    {"closed while it is on its way", Needs::enclave,
     "for i in range(50):\n"
     "    s = socket.socket(V, S); s.setblocking(False); error(lambda: s.connect((16, 5000))); s.close()\n"
     "s = socket.socket(V, S); s.connect((16, 5000)); s.send(b'x'); print(s.recv(1))",
     "b'x'"},
    {"large messages at once", Needs::enclave,
     "for kind in S, Q:\n"
     "    s = socket.socket(V, kind); print(later(s, (16, 5000))); s.setblocking(True); s.send(b'x' * 150000)\n"
     "    n = 0\n"
     "    while n < 150000: n += len(s.recv(150000))\n"
     "    print(n)",
     "('EINPROGRESS', True, 0)\n150000\n('EINPROGRESS', True, 0)\n150000"},
    {"after exec", Needs::enclave,
     "import subprocess, sys\n"
     "s = socket.socket(V, S); s.connect((16, 5000)); l = socket.socket(V, S); l.bind((3, 7230)); l.listen()\n"
     "code = 's, l = [socket.socket(fileno=int(f)) for f in sys.argv[1:]]\\n'\\\n"
     "    'print(s.family, s.getpeername(), s.getsockname()[0], l.getsockname()[1], l.type, flush=True)\\n'\\\n"
     "    's.send(b\"exec\"); print(s.recvfrom(9), flush=True)'\n"
     "subprocess.run([sys.executable, '-c', 'import socket, sys\\n' + code, str(s.fileno()), str(l.fileno())], "
     "pass_fds=[s.fileno(), l.fileno()])\n"
     "print(os.path.exists(os.environ['NITROSCOPE_VSOCK'][3:] + '_7230'))",
     "40 (16, 5000) 4294967295 7230 1\n(b'exec', None)\nTrue"},
    {"passed on by SCM_RIGHTS", Needs::enclave,
     "s = socket.socket(V, S); s.connect((16, 5000)); a, b = socket.socketpair(); socket.send_fds(a, [b'x'], "
     "[s.fileno()])\n"
     "t = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0]); s.close()\n"
     "print(t.family, t.getpeername()); t.send(b'passed'); print(t.recv(9))",
     "40 (16, 5000)\nb'passed'"},
    {"FILE and os.read", Needs::enclave,
     "s = socket.socket(V, S); s.connect((16, 5000)); c = ctypes.CDLL(None); c.fdopen.restype = ctypes.c_void_p\n"
     "f = ctypes.c_void_p(c.fdopen(os.dup(s.fileno()), b'r+')); c.fputs(b'line\\n', f); c.fflush(f)\n"
     "print(os.read(s.fileno(), 9)); c.fclose(f); s.send(b'more'); print(os.readv(s.fileno(), [bytearray(4)]))",
     "b'line\\n'\n4"},
    {"close-on-exec", Needs::enclave,
     "s = socket.socket(V, S); print(s.get_inheritable(), fcntl.fcntl(s, fcntl.F_GETFD)); s.connect((16, 1)) if 0 else "
     "0\n"
     "error(lambda: s.connect((16, 1))); s.connect((16, 5000)); print(fcntl.fcntl(s, fcntl.F_GETFD))",
     "False 1\n1"},
    {"asyncio", Needs::enclave,
     "import asyncio\n"
     "async def main():\n"
     "    loop = asyncio.get_running_loop(); s = socket.socket(V, S); s.setblocking(False)\n"
     "    await loop.sock_connect(s, (16, 5000)); await loop.sock_sendall(s, b'x' * 100000)\n"
     "    n = 0\n"
     "    while n < 100000: n += len(await loop.sock_recv(s, 65536))\n"
     "    print(n); r, w = await asyncio.open_connection(sock=s); w.write(b'hi'); print(await r.readexactly(2))\n"
     "    w.close()\n"
     "    t = socket.socket(V, S); t.setblocking(False)\n"
     "    try: await loop.sock_connect(t, (16, 1))\n"
     "    except OSError as e: print(errno.errorcode[e.errno])\n"
     "asyncio.run(main())",
     "100000\nb'hi'\nECONNRESET"},
};

// A device that does not answer: `backlog` connections fit into its queue besides one.
const QString silentDevice = u"import tempfile, signal; signal.alarm(50); d = tempfile.mkdtemp()\n"
                             "os.environ['NITROSCOPE_VSOCK'] = '16=' + d + '/e'\n"
                             "l = socket.socket(socket.AF_UNIX, S); l.bind(d + '/e'); l.listen(%1)\n"
                             "c = socket.socket(socket.AF_UNIX, S); c.connect(d + '/e')\n"_s;

} // namespace

class VsockBehaviour : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string m_path;
    std::unique_ptr<FakeEnclave> m_enclave;

    void addRows(bool ofTheKernel) {
        QTest::addColumn<int>("at");
        for (int i = 0; i < int(std::size(rows)); ++i)
            if (!ofTheKernel || rows[i].needs != Needs::enclave)
                QTest::newRow(rows[i].name) << i;
    }

private slots:
    void initTestCase() {
        if (pythonProgram().isEmpty())
            QSKIP("python3 is not installed");
        m_path = m_folder.filePath(u"vsock"_s).toStdString();
        m_enclave = std::make_unique<FakeEnclave>(m_path);
    }
    void cleanupTestCase() { m_enclave.reset(); }

    void library_eachCase_isAsTheKernelHasIt_data() { addRows(false); }
    void library_eachCase_isAsTheKernelHasIt() {
        QFETCH(int, at);
        QCOMPARE(runPython(QString::fromUtf8(rows[at].program), m_path), QString::fromUtf8(rows[at].output));
    }

    void kernel_sameCases_giveTheSame_data() { addRows(true); }
    void kernel_sameCases_giveTheSame() {
        QFETCH(int, at);
        const QString family = u"print(name(lambda: socket.socket(V, S).close()))"_s;
        if (!QFile::exists(u"/dev/vsock"_s) || runPython(family, {}) != u"None"_s)
            QSKIP("this kernel has no AF_VSOCK");
        const QString loopback = u"print(name(lambda: socket.socket(V, S).bind((1, 7299))))"_s;
        if (rows[at].needs == Needs::loopback && runPython(loopback, {}) != u"None"_s)
            QSKIP("this kernel has no vsock loopback (CONFIG_VSOCKETS_LOOPBACK)");
        QCOMPARE(runPython(QString::fromUtf8(rows[at].program), {}), QString::fromUtf8(rows[at].output));
    }

    void connect_deviceIsStopped_isUnderWayAtOnceAndTimesOut_data() {
        QTest::addColumn<int>("backlog");
        QTest::newRow("stopped") << 8;
        QTest::newRow("stopped, its queue full") << 0;
    }
    void connect_deviceIsStopped_isUnderWayAtOnceAndTimesOut() {
        QFETCH(int, backlog);
        const QString program =
            silentDevice.arg(backlog) +
            u"s = socket.socket(V, S); s.setblocking(False); limit(s, 4); t = time.monotonic()\n"
            "print(name(lambda: s.connect((16, 5000))), time.monotonic() - t < 3)\n"
            "e = select.epoll(); e.register(s, select.EPOLLOUT | select.EPOLLIN); p = select.poll(); p.register(s)\n"
            "print(e.poll(0), p.poll(0), select.select([s], [s], [], 0), name(lambda: s.connect((16, 5000))))\n"
            "print(name(s.getpeername), name(lambda: s.recv(1)), s.getsockopt(SO, socket.SO_ERROR))\n"
            "r = e.poll(30); print(len(r), r[0][1] & select.EPOLLOUT != 0, select.select([], [s], [], 0)[1] == [s])\n"
            "print(errno.errorcode[s.getsockopt(SO, socket.SO_ERROR)], s.getsockopt(SO, socket.SO_ERROR))\n"_s;
        QCOMPARE(runPython(program, m_path),
                 u"EINPROGRESS True\n[] [] ([], [], []) EALREADY\nENOTCONN ENOTCONN 0\n"
                 "1 True True\nETIMEDOUT 0"_s);
    }

    void connect_queueIsFull_getsThereWhenThereIsRoom() {
        const QString program =
            silentDevice.arg(0) +
            u"s = socket.socket(V, S); s.setblocking(False); limit(s, 30); print(name(lambda: s.connect((16, 5000))))\n"
            "l.accept(); k, _ = l.accept(); line, fds, _, _ = socket.recv_fds(k, 99, 1)\n"
            "print(line.split()[:2], len(fds), select.select([], [s], [], 0.1)[1])\n"
            "far = socket.socket(fileno=fds[0]); n = int(line.split(b'+')[1])\n"
            "while n: n -= len(far.recv(n))\n"
            "print(select.select([], [s], [], 20)[1] == [s], s.getpeername()); s.send(b'x'); print(far.recv(9))\n"_s;
        QCOMPARE(runPython(program, m_path),
                 u"EINPROGRESS\n[b'CONNECT', b'16:5000'] 1 []\nTrue (16, 5000)\nb'x'"_s);
    }

    void connect_deviceDies_isReset() {
        const QString program = silentDevice.arg(8) +
                                u"s = socket.socket(V, S); s.setblocking(False); limit(s, 30)\n"
                                "print(name(lambda: s.connect((16, 5000)))); l.close(); c.close()\n"
                                "print(select.select([], [s], [], 20)[1] == [s], "
                                "errno.errorcode[s.getsockopt(SO, socket.SO_ERROR)])\n"
                                "print(name(lambda: socket.socket(V, S).connect((16, 5000))))\n"_s;
        QCOMPARE(runPython(program, m_path), u"EINPROGRESS\nTrue ECONNRESET\nENODEV"_s);
    }

    void accept_ofTheEnclave_givesAddressesAndNoneWithTheBytes() {
        QProcess process;
        preload(process, m_path);
        process.start(
            pythonProgram(),
            {u"-c"_s, prologue +
                          u"l = socket.socket(V, S); l.bind((ANY, 8100)); l.listen(); c, a = l.accept()\n"
                          "data, sender = c.recvfrom(99)\n"
                          "c.sendall(repr((a, c.getsockname(), c.getpeername(), sender)).encode())\n"_s});
        QCOMPARE(QString::fromStdString(m_enclave->dial(8100, "request")),
                 u"((16, 4321), (3, 8100), (16, 4321), None)"_s);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.readAllStandardError(), QByteArray());
    }
};

QTEST_GUILESS_MAIN(VsockBehaviour)
#include "tst_vsock_behaviour.moc"
