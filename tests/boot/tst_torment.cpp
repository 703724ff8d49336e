// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hostile guest of two processors floods one device (tests/enclave/tormentor), and one QMP client does not read
// what it is sent. Meanwhile the other monitor answers as if nothing were the matter, and QEMU's memory stays
// where it was. How quick the monitor is on this computer is measured before, while both processors only run.
// A client that asks and asks without reading an answer is a flood of its own.
#include "tests/boot/support/guest.hpp"
#include "tests/device/support/small_eif.hpp"

#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype setupBytes = 1024,
                    entry64 = 0x200; // of SmallEif's kernel, and of its protected-mode part
constexpr double allowedMs = 100;
constexpr qint64 tormentMs = 8000;
constexpr qint64 allowedKiB =
    64 * 1024; // of growth: caches of translated code, rings, 256 KiB for each of 64 flows

// Private memory of the process; the guest's is shared and not counted.
qint64 privateKiB(qint64 process) {
    QFile file(u"/proc/%1/status"_s.arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    static const QRegularExpression anonymous(u"RssAnon:\\s*([0-9]+) kB"_s);
    const QString text = QString::fromLatin1(file.readAll());
    return anonymous.match(text).captured(1).toLongLong();
}

} // namespace

class Torment : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_eif = m_folder.filePath(u"torment.eif"_s);

    // The longest of some questions to the monitor, in milliseconds; asks for this long.
    static double slowestAnswer(QLocalSocket &monitor, Guest &guest, qint64 milliseconds) {
        double slowest = 0;
        QElapsedTimer all;
        for (all.start(); all.elapsed() < milliseconds; QTest::qWait(20)) {
            QElapsedTimer one;
            one.start();
            if (!ask(monitor, "query-status"))
                return 1e9;
            slowest = std::max(slowest, double(one.nsecsElapsed()) / 1e6);
            (void)guest.errorOutput(); // takes in what it has for us
        }
        return slowest;
    }
    static void beginSession(QLocalSocket &monitor, const QString &path) {
        monitor.connectToServer(path);
        QVERIFY(monitor.waitForConnected());
        QVERIFY(ask(monitor, "qmp_capabilities"));
    }
    // One that from now on reads no more.
    static void beginIdleSession(QLocalSocket &idle, const QString &path) {
        idle.connectToServer(path);
        QVERIFY(idle.waitForConnected());
        idle.write("{\"execute\": \"qmp_capabilities\"}\n");
        QVERIFY(idle.waitForBytesWritten());
        QVERIFY(idle.waitForReadyRead());
        idle.setReadBufferSize(1);
    }
    // Waits for the answer, past events.
    static bool ask(QLocalSocket &monitor, const QByteArray &command) {
        constexpr int patienceMs = 60'000;
        monitor.write("{\"execute\": \"" + command + "\"}\n");
        monitor.flush();
        for (;;) {
            while (!monitor.canReadLine())
                if (!monitor.waitForReadyRead(patienceMs))
                    return false;
            if (monitor.readLine().startsWith("{\"return\""))
                return true;
        }
    }

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        QFile program(NITROSCOPE_BINARY_DIR "/tests/tormentor.bin");
        QVERIFY(program.open(QIODevice::ReadOnly));
        const QByteArray code = program.readAll();
        SmallEif eif;
        QVERIFY(setupBytes + entry64 + code.size() <= eif.kernel.size());
        eif.kernel.replace(setupBytes + entry64, code.size(), code);
        QFile file(m_eif);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write(eif.bytes()) > 0);
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8()); // the user's root must not be this test's
    }

    void guest_floodsADevice_monitorAnswersAndMemoryStays_data() {
        QTest::addColumn<QString>("torment");
        QTest::newRow("documents without end") << u"attest"_s;
        QTest::newRow("PCR extended without end") << u"extend"_s;
        QTest::newRow("queues broken and enabled") << u"break"_s;
        QTest::newRow("messages of a byte and of none") << u"vsock"_s;
        QTest::newRow("packets of a thousand descriptors") << u"chains"_s;
        QTest::newRow("timers of nanoseconds") << u"timer"_s;
    }
    void guest_floodsADevice_monitorAnswersAndMemoryStays() {
        QFETCH(QString, torment);
        const QString idleSocket = m_folder.filePath(u"idle"_s), askedSocket = m_folder.filePath(u"asked"_s),
                      capture = m_folder.filePath(u"capture"_s);
        Guest guest;
        QLocalSocket idle, monitor;
        const bool started = guest.start(
            {u"-M"_s,
             u"nitro-enclave,memory-backend=ram,capture=cap,capture-limit=16,vsock-routes=7000=echo"_s,
             u"-object"_s, u"memory-backend-memfd,id=ram,share=on,size=128M"_s, u"-m"_s, u"128M"_s, u"-smp"_s,
             u"2"_s, u"-chardev"_s, u"file,id=cap,path="_s + capture, u"-qmp"_s,
             u"unix:%1,server=on,wait=off"_s.arg(idleSocket), u"-qmp"_s,
             u"unix:%1,server=on,wait=off"_s.arg(askedSocket), u"-kernel"_s, m_eif, u"-append"_s,
             u"torment=%1 "_s.arg(torment)},
            [&] {
                beginIdleSession(idle, idleSocket);
                beginSession(monitor, askedSocket);
            });
        QVERIFY2(started, guest.errorOutput());
        QVERIFY2(guest.waitForConsole("tormentor: ready", 60), guest.errorOutput() + guest.console());
        const double before = slowestAnswer(monitor, guest, tormentMs / 4);
        guest.type("x");
        QVERIFY2(guest.waitForConsole("tormentor: begins", 60), guest.console());
        slowestAnswer(monitor, guest, tormentMs / 4); // caches of translated code and of free memory fill
        const qint64 memory = privateKiB(guest.processId());
        const double during = slowestAnswer(monitor, guest, tormentMs);
        const qint64 growth = privateKiB(guest.processId()) - memory;
        const QString seen =
            u"answers take %1 ms before and %2 ms under torment, QEMU grew by %3 KiB"_s.arg(before)
                .arg(during)
                .arg(growth);
        qInfo().noquote() << seen;
        QVERIFY2(during <= allowedMs + 10 * before, qPrintable(seen));
        QVERIFY2(memory > 0 && growth <= allowedKiB, qPrintable(seen));
        QVERIFY(QFile(capture).size() <= 16 << 20);
        QVERIFY2(guest.errorOutput().count('\n') <= 1000, guest.errorOutput().right(1000));
    }

    void client_asksAndNeverReads_isDisconnectedAndMemoryStays() {
        const QString idleSocket = m_folder.filePath(u"greedy"_s),
                      askedSocket = m_folder.filePath(u"polite"_s);
        Guest guest;
        QLocalSocket idle, monitor;
        const bool started = guest.start({u"-M"_s, u"nitro-enclave,memory-backend=ram"_s, u"-object"_s,
                                          u"memory-backend-memfd,id=ram,share=on,size=128M"_s, u"-m"_s,
                                          u"128M"_s, u"-kernel"_s, m_eif, u"-append"_s, u"torment=extend "_s,
                                          u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(idleSocket),
                                          u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(askedSocket)},
                                         [&] {
                                             beginIdleSession(idle, idleSocket);
                                             beginSession(monitor, askedSocket);
                                         });
        QVERIFY2(started, guest.errorOutput());
        const qint64 memory = privateKiB(guest.processId());
        // The longest answer there is, some 200 KiB each time: several times what is allowed to pile up.
        const QByteArray questions = QByteArray("{\"execute\": \"query-qmp-schema\"}\n").repeated(20);
        QElapsedTimer patience;
        patience.start();
        while (!guest.errorOutput().contains("a QMP client was disconnected") &&
               patience.elapsed() < 120'000) {
            if (idle.bytesToWrite() == 0)
                idle.write(questions);
            QTest::qWait(5);
            QVERIFY(ask(monitor, "query-status"));
        }
        QVERIFY2(guest.errorOutput().contains("a QMP client was disconnected"), guest.errorOutput());
        QVERIFY(ask(monitor, "query-status"));
        const qint64 growth = privateKiB(guest.processId()) - memory;
        QVERIFY2(memory > 0 && growth <= allowedKiB, qPrintable(QString::number(growth)));
        idle.setReadBufferSize(0);
        QTRY_COMPARE_WITH_TIMEOUT(idle.state(), QLocalSocket::UnconnectedState, 60'000);
        QCOMPARE(guest.errorOutput().count("a QMP client was disconnected"), 1);
    }
};

QTEST_GUILESS_MAIN(Torment)
#include "tst_torment.moc"
