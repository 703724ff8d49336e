// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ramdisk writer against what the kernel's early-userspace buffer format demands, byte by byte.

#include "tests/enclave/tools/cpio.hpp"

#include <QtTest>

using nitroscope::demo::CpioWriter;

namespace {

struct Entry {
    QByteArray name, data;
    quint32 mode, size;
};

QByteArray sample() {
    char *memory = nullptr;
    size_t size = 0;
    FILE *file = open_memstream(&memory, &size);
    CpioWriter writer(file);
    writer.folder("dev");
    writer.file("init", true, 5);
    writer.content("hello", 5);
    writer.file("cmd", false, 0);
    const bool written = writer.finish();
    fclose(file);
    const QByteArray archive(memory, static_cast<qsizetype>(size));
    free(memory);
    return written ? archive : QByteArray();
}

qsizetype aligned(qsizetype position) {
    return (position + 3) & ~qsizetype(3);
}

QList<Entry> parse(const QByteArray &archive) {
    QList<Entry> entries;
    for (qsizetype at = 0; archive.mid(at, 6) == "070701";) {
        const auto number = [&](int index) { return archive.mid(at + 6 + index * 8, 8).toUInt(nullptr, 16); };
        Entry entry{archive.mid(at + 110, qsizetype(number(11)) - 1), {}, number(1), number(6)};
        at = aligned(at + 110 + number(11));
        entry.data = archive.mid(at, entry.size);
        at = aligned(at + entry.size);
        entries += entry;
    }
    return entries;
}

} // namespace

class TestCpio : public QObject {
    Q_OBJECT

private slots:
    void entries_readBackAsWritten() {
        const auto entries = parse(sample());
        QCOMPARE(entries.size(), 4);
        QCOMPARE(entries[0].name, QByteArray("dev"));
        QCOMPARE(entries[0].mode, 0040755U);
        QCOMPARE(entries[1].name, QByteArray("init"));
        QCOMPARE(entries[1].mode, 0100755U);
        QCOMPARE(entries[1].data, QByteArray("hello"));
        QCOMPARE(entries[2].mode, 0100644U);
        QCOMPARE(entries[3].name, QByteArray("TRAILER!!!"));
    }

    void archive_endsAtAMultipleOf512() { QCOMPARE(sample().size() % 512, 0); }

    void sameContent_givesSameBytes() { QCOMPARE(sample(), sample()); }

    void fullOutput_isReported() {
        FILE *full = fopen("/dev/full", "wb");
        QVERIFY(full != nullptr);
        CpioWriter writer(full);
        writer.folder("dev");
        QVERIFY(!writer.finish());
        fclose(full);
    }
};

QTEST_GUILESS_MAIN(TestCpio)
#include "tst_cpio.moc"
