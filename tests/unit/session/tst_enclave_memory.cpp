// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's memory as a process that is no QEMU has it, and the computer's as the kernel describes it.
#include "app/session/run/guest_memory.hpp"
#include "app/session/run/memory_room.hpp"

#include <QDir>
#include <QFile>
#include <QtTest>
#include <sys/mman.h>
#include <unistd.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestEnclaveMemory : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    MemoryPlaces m_places{m_folder.filePath(u"meminfo"_s), m_folder.filePath(u"membership"_s),
                          m_folder.filePath(u"groups"_s)};

    void put(const QString &path, const QByteArray &content) const {
        QDir().mkpath(path.section(u'/', 0, -2));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(content), content.size());
    }

private slots:
    void init() {
        put(m_places.meminfo,
            "MemTotal:       24684404 kB\nMemFree:         1000000 kB\n"
            "MemAvailable:    2097152 kB\nSwapTotal:       1048576 kB\nSwapFree:        1048576 kB\n");
        put(m_places.membership, "4:memory:/old\n0::/user.slice/run.scope\n");
        QDir(m_places.groups).removeRecursively();
    }

    void memory_ofAProcessWithIt_canBeOpenedUntilItEnds() {
        QVERIFY(!guestMemoryOfQemu(getpid()));
        const int memory = memfd_create("memory-backend-memfd", MFD_CLOEXEC);
        QVERIFY(memory >= 0);
        QCOMPARE(pwrite(memory, "guest", 5, 4096), ssize_t(5));
        const auto path = guestMemoryOfQemu(getpid());
        QVERIFY2(path, qPrintable(path ? QString() : path.error().message));
        QFile file(*path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.seek(4096));
        QCOMPARE(file.read(5), QByteArray("guest"));
        close(memory);
        file.close();
        QCOMPARE(guestMemoryOfQemu(getpid()).error().code, u"no-guest-memory"_s);
    }

    void memory_ofNoProcess_isAnError() {
        QCOMPARE(guestMemoryOfQemu(0x7fffffff).error().code, u"no-guest-memory"_s);
        QCOMPARE(guestMemoryOf({0x7fffffff, 0}).error().code, u"no-guest-memory"_s);
    }

    void room_isWhatIsAvailableAndSwap() {
        QCOMPARE(availableMemoryMiB(m_places), std::optional<quint64>(3072));
        QVERIFY(checkMemoryRoom(3072, m_places));
        const auto refused = checkMemoryRoom(4096, m_places);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, u"no-memory"_s);
        QVERIFY(refused.error().message.contains(u"4096 MiB"_s) &&
                refused.error().message.contains(u"3072 MiB"_s));
    }

    void room_isBoundedByTheControlGroups() {
        const QString outer = m_places.groups + u"/user.slice"_s, inner = outer + u"/run.scope"_s;
        put(inner + u"/memory.max"_s, "max\n");
        put(inner + u"/memory.current"_s, "1073741824\n");
        put(outer + u"/memory.max"_s, "2147483648\n");
        put(outer + u"/memory.current"_s, "1610612736\n");
        put(outer + u"/memory.stat"_s, "anon 536870912\ninactive_file 268435456\nactive_file 268435456\n");
        QCOMPARE(availableMemoryMiB(m_places), std::optional<quint64>(1024));
        put(outer + u"/memory.current"_s, "4294967296\n"); // the limit was lowered below what is used
        QCOMPARE(availableMemoryMiB(m_places), std::optional<quint64>(0));
    }

    void room_thatTheKernelDoesNotTell_isNoReasonToRefuse() {
        put(m_places.meminfo, "MemTotal: 1 kB\n");
        QCOMPARE(availableMemoryMiB(m_places), std::nullopt);
        QVERIFY(checkMemoryRoom(1 << 24, m_places));
    }
};

QTEST_GUILESS_MAIN(TestEnclaveMemory)
#include "tst_enclave_memory.moc"
