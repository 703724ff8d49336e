// SPDX-License-Identifier: GPL-2.0-or-later
//
// What AF_VSOCK does in cases where a Unix socket does otherwise: one table, asked of the preload library and, where
// this machine has it, of the kernel. What needs an enclave is asked of the library only.
#include "tests/unit/vsock-preload/behaviour_rows.hpp"
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::vsock::test;

namespace {

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
