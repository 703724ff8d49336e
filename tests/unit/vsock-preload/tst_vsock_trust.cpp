// SPDX-License-Identifier: GPL-2.0-or-later
//
// The preload library among the programs of other users: in a folder like /tmp they may be at a path first.
#include "tests/unit/vsock-preload/fake_enclave.hpp"
#include "tests/unit/vsock-preload/python_program.hpp"

#include <QtTest>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr uid_t nobody = 65534;

// A Unix socket that another user has made: the kernel notes whose it is when it listens or connects.
class ForeignSocket {
public:
    explicit ForeignSocket(const QString &path) {
        m_name.sun_family = AF_UNIX;
        qstrncpy(m_name.sun_path, qPrintable(path), sizeof m_name.sun_path);
    }
    ~ForeignSocket() { ::close(m_fd); }

    bool listens() {
        return asNobody(
            [this] { return ::bind(m_fd, address(), sizeof m_name) == 0 && ::listen(m_fd, 5) == 0; });
    }
    bool connects() { // asked again after a yes
        m_isConnected =
            m_isConnected || asNobody([this] { return ::connect(m_fd, address(), sizeof m_name) == 0; });
        return m_isConnected;
    }
    // Whether there was an end, and nothing before it.
    bool isTurnedAway() const {
        char byte = 0;
        return ::recv(m_fd, &byte, 1, 0) <= 0;
    }
    // Whether somebody has come and sent something.
    bool hasHeard() const {
        const int caller = ::accept4(m_fd, nullptr, nullptr, SOCK_CLOEXEC);
        char byte = 0;
        const bool hasData = caller >= 0 && ::recv(caller, &byte, 1, MSG_DONTWAIT) > 0;
        ::close(caller);
        return hasData;
    }

private:
    template <class Call>
    bool asNobody(Call &&call) {
        if (seteuid(nobody) != 0)
            return false;
        const bool isDone = call();
        return seteuid(0) == 0 && isDone;
    }
    const sockaddr *address() const { return reinterpret_cast<const sockaddr *>(&m_name); }

    int m_fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un m_name{};
    bool m_isConnected = false;
};

} // namespace

class VsockTrust : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &suffix = {}) const { return m_folder->filePath(u"vsock"_s) + suffix; }
    std::string vsock() const { return path().toStdString(); }

private slots:
    void initTestCase() {
        if (pythonProgram().isEmpty())
            QSKIP("python3 is not installed");
    }
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        QCOMPARE(::chmod(qPrintable(m_folder->path()), 01777), 0); // as /tmp
    }

    void bind_whereOthersCanReplaceIt_isRefused() {
        const QString program =
            u"s = socket.socket(V, S); print(name(lambda: s.bind((3, 8000))), name(s.listen))"_s;
        QCOMPARE(runPython(program, vsock()), u"None None"_s);
        QCOMPARE(::chmod(qPrintable(m_folder->path()), 0777), 0);
        const QString told = runPython(program, vsock());
        QVERIFY2(told.startsWith(u"EACCES EINVAL"_s) && told.contains(u"is open to other users"_s),
                 qPrintable(told));
    }

    void connect_toAnotherUser_isRefused_data() {
        QTest::addColumn<QString>("suffix");
        QTest::addColumn<QString>("address");
        QTest::newRow("in the place of the enclave") << "" << u"(16, 5000)"_s;
        QTest::newRow("in the place of a program of the parent") << u"_9000"_s << u"(3, 9000)"_s;
        QTest::newRow("by the local CID") << u"_1_9000"_s << u"(1, 9000)"_s;
    }
    void connect_toAnotherUser_isRefused() {
        QFETCH(QString, suffix);
        QFETCH(QString, address);
        if (geteuid() != 0)
            QSKIP("only root can make a socket of somebody else");
        ForeignSocket foreign(path(suffix));
        QVERIFY(foreign.listens());
        const QString told = runPython(u"s = socket.socket(V, S); print(name(lambda: s.connect(%1)), "
                                       "name(lambda: s.send(b'secret')))\n"_s.arg(address),
                                       vsock());
        QVERIFY2(told.startsWith(u"EACCES "_s) && !told.contains(u"EACCES 6"_s), qPrintable(told));
        QVERIFY2(told.contains(u"belongs to another user"_s), qPrintable(told));
        QVERIFY(!foreign.hasHeard());
    }

    void accept_ofAnotherUser_goesOnWaiting() {
        if (geteuid() != 0)
            QSKIP("only root can connect as somebody else");
        FakeEnclave enclave(vsock());
        QProcess process;
        preload(process, vsock());
        process.start(pythonProgram(),
                      {u"-c"_s, prologue + u"os.umask(0); l = socket.socket(V, S); l.bind((3, 8000)); "
                                           "l.listen(); c, a = l.accept()\n"
                                           "c.sendall(repr(a).encode() + all(c).upper())\n"_s});
        ForeignSocket foreign(path(u"_8000"_s));
        QTRY_VERIFY_WITH_TIMEOUT(foreign.connects(), patienceMs);
        QVERIFY(foreign.isTurnedAway());
        QCOMPARE(QString::fromStdString(enclave.dial(8000, "request")), u"(16, 4321)REQUEST"_s);
        QVERIFY(process.waitForFinished(patienceMs));
    }
};

QTEST_GUILESS_MAIN(VsockTrust)
#include "tst_vsock_trust.moc"
