// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far a log of events reaches: whole, cut at every byte, and written by somebody who means no good.
#include "qemu-machine/record/core/record.h"

#include <QtTest>

using namespace Qt::StringLiterals;

namespace {

struct Log {
    QByteArray bytes;

    template <class T>
    Log &number(T value) {
        for (int i = sizeof(T) - 1; i >= 0; --i)
            bytes += char(quint64(value) >> (8 * i));
        return *this;
    }
    Log &header(quint64 identity = 77) { return number(quint32(NITRO_LOG_VERSION)).number(identity); }
    Log &kind(int value) { return number(quint8(value)); }
    Log &instructions(quint32 count) { return kind(NITRO_LOG_INSTRUCTION).number(count); }
    Log &input(const QByteArray &text) {
        kind(NITRO_LOG_CHAR_READ).number(quint8(1)).number(quint32(text.size()));
        bytes += text;
        return *this;
    }
};

struct Outcome {
    bool good = false;
    NitroLogExtent extent{};
    QByteArray problem;
};

Outcome scan(const QByteArray &bytes) {
    QTemporaryFile file;
    Outcome outcome;
    if (!file.open() || file.write(bytes) != bytes.size() || !file.flush())
        return outcome;
    char problem[200] = "";
    outcome.good = nitro_log_scan(QFile::encodeName(file.fileName()).constData(), &outcome.extent, problem,
                                  sizeof problem) == 0;
    outcome.problem = problem;
    return outcome;
}

} // namespace

class RecordLog : public QObject {
    Q_OBJECT

    static Log everyKind() {
        Log log;
        log.header().instructions(1000).kind(NITRO_LOG_INTERRUPT).kind(NITRO_LOG_EXCEPTION);
        log.kind(NITRO_LOG_BOTTOM_HALF).number(quint64(1)).kind(NITRO_LOG_BLOCK).number(quint64(2));
        log.input("typed").instructions(234).kind(NITRO_LOG_CHAR_WRITE).number(quint64(0));
        log.kind(NITRO_LOG_CHAR_READ_ALL).number(quint32(3)).number(quint8(0)).number(quint16(0));
        log.kind(NITRO_LOG_CHAR_READ_ALL_ERROR).number(quint32(0));
        log.kind(NITRO_LOG_RANDOM).number(quint32(0)).number(quint32(4)).number(quint32(0x1234));
        log.kind(NITRO_LOG_CLOCK).number(quint64(5)).kind(NITRO_LOG_CHECKPOINT_LAST).instructions(1);
        return log;
    }

private slots:
    void ended_inOrder_hasAllInstructions_data() {
        QTest::addColumn<int>("last");
        QTest::newRow("end") << int(NITRO_LOG_END);
        QTest::newRow("the guest's shutdown") << int(NITRO_LOG_SHUTDOWN + 6);
    }
    void ended_inOrder_hasAllInstructions() {
        QFETCH(int, last);
        Log log = everyKind();
        const auto size = quint64(log.bytes.size());
        log.kind(last);
        const Outcome outcome = scan(log.bytes);
        QVERIFY2(outcome.good, outcome.problem);
        QCOMPARE(outcome.extent.icount, quint64(1235));
        QCOMPARE(outcome.extent.bytes, size);
        QCOMPARE(outcome.extent.identity, quint64(77));
        QCOMPARE(outcome.extent.cut, 0);
    }

    void cut_atEveryByte_endsWithTheLastWholeEvent() {
        const QByteArray whole = everyKind().bytes;
        quint64 before = NITRO_LOG_HEADER_BYTES;
        for (qsizetype size = NITRO_LOG_HEADER_BYTES; size <= whole.size(); ++size) {
            const Outcome outcome = scan(whole.first(size));
            QVERIFY2(outcome.good, outcome.problem);
            QCOMPARE(outcome.extent.cut, 1);
            QVERIFY(outcome.extent.bytes <= quint64(size));
            QVERIFY(outcome.extent.bytes >= before);
            before = outcome.extent.bytes;
        }
        QCOMPARE(before, quint64(whole.size()));
    }

    void cut_inTheHeader_isNoLog() {
        for (qsizetype size = 0; size < NITRO_LOG_HEADER_BYTES; ++size)
            QVERIFY(!scan(everyKind().bytes.first(size)).good);
    }

    void foreign_isRefusedWithAPlace_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("another version") << Log().number(quint32(1)).number(quint64(0)).bytes;
        QTest::newRow("an unknown kind") << Log().header().kind(200).bytes;
        QTest::newRow("audio") << Log().header().kind(25).number(quint32(0)).bytes;
        QTest::newRow("no instructions") << Log().header().instructions(0).bytes;
        QTest::newRow("more instructions than an int") << Log().header().instructions(0x80000000).bytes;
        QTest::newRow("input of 4 GiB")
            << Log().header().kind(NITRO_LOG_CHAR_READ).number(quint8(0)).number(quint32(0xffffffff)).bytes;
        QTest::newRow("random numbers of 4 GiB")
            << Log().header().kind(NITRO_LOG_RANDOM).number(quint32(0)).number(quint32(0xffffffff)).bytes;
    }
    void foreign_isRefusedWithAPlace() {
        QFETCH(QByteArray, bytes);
        const Outcome outcome = scan(bytes);
        QVERIFY(!outcome.good);
        QVERIFY(!outcome.problem.isEmpty());
    }

    void identity_ofOtherBytes_differs() {
        QTemporaryFile one, other;
        QVERIFY(one.open() && other.open());
        one.write("build one");
        other.write("build two");
        QVERIFY(one.flush() && other.flush());
        const QByteArray names[] = {QFile::encodeName(one.fileName()), QFile::encodeName(other.fileName())};
        const char *const first[] = {names[0].constData()}, *const second[] = {names[1].constData()};
        QVERIFY(nitro_build_identity(first, 1) != 0);
        QCOMPARE(nitro_build_identity(first, 1), nitro_build_identity(first, 1));
        QVERIFY(nitro_build_identity(first, 1) != nitro_build_identity(second, 1));
        const char *const missing[] = {"/there/is/no/such/file"};
        QCOMPARE(nitro_build_identity(missing, 1), uint64_t(0));
    }
};

QTEST_GUILESS_MAIN(RecordLog)
#include "tst_record_log.moc"
