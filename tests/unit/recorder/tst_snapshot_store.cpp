// SPDX-License-Identifier: GPL-2.0-or-later
//
// The snapshots of a recording: what is taken comes back, costs what has changed, stays within its bound, and a file that
// was damaged is refused without harm.
#include "qemu-machine/record/core/record.h"

#include <QtTest>

using namespace Qt::StringLiterals;

namespace {

constexpr int page = 4096;

struct StoreDeleter {
    void operator()(NitroStore *store) const { nitro_store_free(store); }
};
using Store = std::unique_ptr<NitroStore, StoreDeleter>;

} // namespace

class SnapshotStore : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QByteArray m_ram, m_rom;
    char m_problem[300] = "";

    QString folder() const { return m_folder.filePath(QString::fromLatin1(QTest::currentTestFunction())); }
    QByteArray path() const { return QFile::encodeName(folder()); }
    QString fileOf(quint64 icount) const { return folder() + u"/%1.snapshot"_s.arg(icount); }

    Store create(quint64 limit = 1 << 30) {
        return Store(nitro_store_create(path().constData(), limit, m_problem, sizeof m_problem));
    }
    Store open() { return Store(nitro_store_open(path().constData(), m_problem, sizeof m_problem)); }

    std::vector<NitroStoreBlock> blocks() {
        return {{"ram", reinterpret_cast<uint8_t *>(m_ram.data()), uint64_t(m_ram.size()), -1, 0},
                {"rom", reinterpret_cast<uint8_t *>(m_rom.data()), uint64_t(m_rom.size()), -1, 0}};
    }
    bool take(const Store &store, quint64 icount, quint64 *digest = nullptr) {
        const auto all = blocks();
        const QByteArray devices = "devices at " + QByteArray::number(icount);
        uint64_t sum = 0;
        const bool taken = nitro_store_take(store.get(), icount, all.data(), all.size(),
                                            reinterpret_cast<const uint8_t *>(devices.constData()),
                                            size_t(devices.size()), &sum, m_problem, sizeof m_problem) == 0;
        if (digest != nullptr)
            *digest = sum;
        return taken;
    }
    // The devices, or "" and m_problem.
    QByteArray load(const Store &store, size_t index) {
        const auto all = blocks();
        const uint8_t *devices = nullptr;
        size_t size = 0;
        if (nitro_store_load(store.get(), index, all.data(), all.size(), &devices, &size, m_problem,
                             sizeof m_problem) != 0)
            return {};
        return QByteArray(reinterpret_cast<const char *>(devices), qsizetype(size));
    }

private slots:
    void init() {
        m_ram = QByteArray(64 * page, '\0');
        m_rom = QByteArray(page + 100, 'r'); // its last page is not a whole one
        m_problem[0] = 0;
    }

    void taken_loadedByAnother_bringsMemoryAndDevicesBack() {
        const Store store = create();
        QVERIFY2(store, m_problem);
        m_ram[5 * page + 7] = 'a';
        const QByteArray first = m_ram;
        quint64 digest = 0;
        QVERIFY2(take(store, 10, &digest), m_problem);
        m_ram[5 * page + 7] = 'b';
        m_ram[63 * page] = 'c';
        const QByteArray second = m_ram;
        QVERIFY2(take(store, 20), m_problem);

        const Store again = open();
        QVERIFY2(again, m_problem);
        QCOMPARE(nitro_store_count(again.get()), size_t(2));
        m_ram.fill('x');
        m_rom.fill('x');
        QCOMPARE(load(again, 1), QByteArray("devices at 20"));
        QCOMPARE(m_ram, second);
        QCOMPARE(load(again, 0), QByteArray("devices at 10"));
        QCOMPARE(m_ram, first);
        QCOMPARE(m_rom, QByteArray(page + 100, 'r'));
        const auto all = blocks();
        QCOMPARE(nitro_store_digest(again.get(), all.data(), all.size()), digest);
    }

    void nearest_isTheLastNotBehind() {
        const Store store = create();
        for (const quint64 icount : {0, 100, 200})
            QVERIFY(take(store, icount));
        QCOMPARE(nitro_store_nearest(store.get(), 0), 0);
        QCOMPARE(nitro_store_nearest(store.get(), 99), 0);
        QCOMPARE(nitro_store_nearest(store.get(), 100), 1);
        QCOMPARE(nitro_store_nearest(store.get(), ~0ull), 2);
        QVERIFY(!take(store, 200)); // never two of one instruction
    }

    void unchangedPages_costNothing() {
        const Store store = create();
        m_ram.fill('f');
        m_rom.resize(page); // so that the file ends with a whole page
        QVERIFY(take(store, 1));
        const qint64 before = QFileInfo(folder() + u"/memory"_s).size();
        m_ram[0] = 'g';
        QVERIFY(take(store, 2));
        QCOMPARE(QFileInfo(folder() + u"/memory"_s).size() - before, page);
    }

    void limit_keepsFirstAndLast_andWhatRemainsIsWhole() {
        const quint64 limit = 40 * page;
        const Store store = create(limit);
        QMap<quint64, QByteArray> taken;
        for (quint64 icount = 1; icount <= 60; ++icount) {
            for (int i = 0; i < 8; ++i)
                m_ram[i * page] = char('A' + (icount + quint64(i)) % 50);
            taken[icount] = m_ram;
            QVERIFY2(take(store, icount), m_problem);
        }
        const size_t count = nitro_store_count(store.get());
        QVERIFY(count > 2 && count < 60);
        QCOMPARE(nitro_store_get(store.get(), 0).icount, uint64_t(1));
        QCOMPARE(nitro_store_get(store.get(), count - 1).icount, uint64_t(60));
        qint64 bytes = 0;
        for (const QFileInfo &file : QDir(folder()).entryInfoList(QDir::Files))
            bytes += file.size();
        QVERIFY2(bytes <= qint64(limit) + 16 * page, QByteArray::number(bytes));
        const Store again = open();
        QCOMPARE(nitro_store_count(again.get()), count);
        for (size_t i = 0; i < count; ++i) {
            QVERIFY(!load(again, i).isEmpty());
            QCOMPARE(m_ram, taken[nitro_store_get(again.get(), i).icount]);
        }
    }

    void compare_findsTheFirstByte() {
        const Store store = create();
        m_ram[9 * page + 3] = 'w';
        QVERIFY(take(store, 5));
        auto all = blocks();
        NitroStoreDifference difference{};
        QCOMPARE(nitro_store_compare(store.get(), 0, all.data(), all.size(), &difference), 0);
        m_ram[9 * page + 3] = 'v';
        m_rom[0] = 'q';
        all = blocks();
        QCOMPARE(nitro_store_compare(store.get(), 0, all.data(), all.size(), &difference), 1);
        QCOMPARE(QByteArray(difference.block), QByteArray("ram"));
        QCOMPARE(difference.offset, uint64_t(9 * page + 3));
        QCOMPARE(char(difference.expected), 'w');
        QCOMPARE(char(difference.found), 'v');
    }

    void damagedFile_anyByteChangedOrMissing_isRefused() {
        {
            const Store store = create();
            m_ram[0] = 'd';
            QVERIFY(take(store, 1));
        }
        QFile file(fileOf(1));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray whole = file.readAll();
        file.close();
        const auto damaged = [&](const QByteArray &bytes) {
            if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
                return false;
            file.close();
            const Store store = open();
            m_problem[0] = 0;
            return store && load(store, 0).isEmpty() && m_problem[0] != 0;
        };
        for (qsizetype i = 0; i < whole.size(); ++i) {
            QByteArray changed = whole;
            changed[i] = char(changed[i] ^ 0x40);
            QVERIFY2(damaged(changed), QByteArray::number(i));
        }
        for (qsizetype size = 0; size < whole.size(); ++size)
            QVERIFY2(damaged(whole.first(size)), QByteArray::number(size));
    }

    void memoryCutShort_isRefused() {
        {
            const Store store = create();
            m_ram.fill('m');
            QVERIFY(take(store, 1));
        }
        QVERIFY(QFile::resize(folder() + u"/memory"_s, 10 * page));
        const Store store = open();
        QVERIFY(load(store, 0).isEmpty());
        QVERIFY(QByteArray(m_problem).contains("memory ends"));
    }

    void otherMemory_isRefused() {
        {
            const Store store = create();
            QVERIFY(take(store, 1));
        }
        m_ram.resize(32 * page);
        const Store store = open();
        QVERIFY(load(store, 0).isEmpty());
        QVERIFY(QByteArray(m_problem).contains("other memory"));
    }

    void earlierRecording_isNotOverwritten() {
        QVERIFY(create());
        QVERIFY(!create());
        QVERIFY(m_problem[0] != 0);
    }
};

QTEST_GUILESS_MAIN(SnapshotStore)
#include "tst_snapshot_store.moc"
