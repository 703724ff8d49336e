// SPDX-License-Identifier: GPL-2.0-or-later
//
// VMCOREINFO and the kernel's log in both layouts, well-formed, damaged and hostile.
#include "app/session/kernel/kernel_log_text.hpp"
#include "app/session/kernel/kernel_tasks.hpp"
#include "app/session/kernel/vmcoreinfo.hpp"
#include "made_up_log.hpp"

#include <QRandomGenerator>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::MadeUpLog;

namespace {

const QByteArray page = QByteArray("OSRELEASE=6.12.95\n"
                                   "BUILD-ID=00112233445566778899aabbccddeeff00112233\n"
                                   "PAGESIZE=4096\n"
                                   "SYMBOL(prb)=ffffffff82000010\n"
                                   "OFFSET(printk_info.seq)=0\n"
                                   "OFFSET(printk_info.text_len)=16\n"
                                   "SIZE(prb_desc)=24\n"
                                   "NUMBER(phys_base)=-2097152\n"
                                   "NUMBER(pgtable_l5_enabled)=1\n"
                                   "KERNELOFFSET=1e000000\n")
                            .leftJustified(4096, '\0');

} // namespace

class TestKernelLog : public QObject {
    Q_OBJECT
private slots:
    void vmcoreinfo_page_givesItsValues() {
        const auto info = VmcoreInfo::parse(page);
        QVERIFY(info);
        QCOMPARE(info->release(), u"6.12.95"_s);
        QCOMPARE(info->buildId().size(), 20);
        QCOMPARE(*info->symbol("prb"), 0xffffffff82000010);
        QCOMPARE(*info->offset("printk_info.text_len"), 16);
        QCOMPARE(*info->size("prb_desc"), 24);
        QCOMPARE(*info->number("phys_base"), -2097152);
        QCOMPARE(*info->slide(), 0x1e000000);
        QVERIFY(!info->symbol("missing"));
    }

    void vmcoreinfo_formatText_isNotTaken() {
        QVERIFY(!VmcoreInfo::parse("OSRELEASE=%s\nBUILD-ID=%20phN\n"));
        QVERIFY(!VmcoreInfo::parse({}));
        QVERIFY(!VmcoreInfo::parse("OSRELEASE="));
        const auto info =
            VmcoreInfo::parse("OSRELEASE=6\nSYMBOL(a)=zzz\nNUMBER(b)=\n=x\nSIZE(c)=99999999999999999999\n");
        QVERIFY(info);
        QVERIFY(!info->symbol("a") && !info->number("b") && !info->size("c"));
    }

    // As the kernel's own console does, so that no line of a record is taken for a record.
    void text_recordWithLineBreaks_hasItsTimeBeforeEachLine() {
        QVector<KernelLogLine> log(2);
        log[0].nanoseconds = 1'234'567'890;
        log[0].text = u"first\n[    9.000000] forged\n\nlast"_s;
        log[1].nanoseconds = 2'000'000'000;
        QCOMPARE(kernelLogText(log), u"[    1.234567] first\n"
                                     "[    1.234567] [    9.000000] forged\n"
                                     "[    1.234567] \n"
                                     "[    1.234567] last\n"
                                     "[    2.000000] \n"_s);
        QCOMPARE(kernelTimeText(12'345'678'901'234), u"12345.678901"_s);
    }

    void ring_lines_comeInOrderWithLevelAndTime() {
        MadeUpLog log;
        log.add("first", 5, 1'000);
        log.add("second \x1b[2J", 3, 2'000);
        log.add("", 6, 3'000);
        const auto lines = readPrintkRing(log.reader(), 0, MadeUpLog::layout);
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0].text, u"first"_s);
        QCOMPARE(lines[0].level, 5);
        QCOMPARE(lines[0].nanoseconds, 1'000);
        QCOMPARE(lines[0].caller, u"T7"_s);
        // Escape sequences of the guest stay harmless.
        QCOMPARE(lines[1].text, u"second \\x1b[2J"_s);
        QVERIFY(lines[2].text.isEmpty());
    }

    void ring_thatWrapped_keepsTheLatest() {
        MadeUpLog log;
        for (int i = 0; i < 40; ++i)
            log.add("message " + QByteArray::number(i) + QByteArray(i % 20, '.'), 6, quint64(i));
        const auto lines = readPrintkRing(log.reader(), 0, MadeUpLog::layout);
        QCOMPARE(lines.size(), 16);
        QVERIFY(lines.first().text.startsWith(u"message 24"_s));
        QCOMPARE(lines.last().text, u"message 39"_s + QString(19, u'.'));
    }

    void ring_recordsBeingWritten_areLeftOut() {
        MadeUpLog log;
        log.add("done", 6, 1);
        log.add("reserved", 6, 2, 0);
        log.add("reusable", 6, 3, 3);
        log.add("committed", 6, 4, 1);
        const auto lines = readPrintkRing(log.reader(), 0, MadeUpLog::layout);
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines[1].text, u"committed"_s);
    }

    void ring_damagedAnywhere_isBounded() {
        MadeUpLog good;
        for (int i = 0; i < 20; ++i)
            good.add("message " + QByteArray::number(i), 6, quint64(i));
        QRandomGenerator random(1);
        for (int round = 0; round < 3000; ++round) {
            MadeUpLog log = good;
            for (int i = 0; i < 4; ++i)
                log.put(random.bounded(round % 2 ? 64 : 0x4000) & ~7u, random.generate64());
            QVERIFY(readPrintkRing(log.reader(), 0, MadeUpLog::layout).size() <= 16);
        }
        // Sizes that nobody has are refused before anything is read.
        MadeUpLog log;
        log.put(0, quint32(63));
        QVERIFY(readPrintkRing(log.reader(), 0, MadeUpLog::layout).isEmpty());
    }

    void logBuf_records_wrapAndEnd() {
        QByteArray buffer(256, '\0');
        const auto add = [&buffer](quint64 at, const QByteArray &text, quint64 time, quint16 length) {
            const auto put = [&](quint64 offset, auto value) {
                std::memcpy(buffer.data() + at + offset, &value, sizeof value);
            };
            put(0, time);
            put(8, length);
            put(10, quint16(text.size()));
            put(15, quint8(4 << 5));
            buffer.replace(qsizetype(at + 16), text.size(), text);
        };
        add(200, "before the end", 1, 32);
        add(0, "at the start", 2, 32);
        add(32, "last", 3, 24);
        const ReadKernel read = [&buffer](quint64 address, quint64 bytes) {
            return address == 0 && bytes == 256 ? buffer : QByteArray();
        };
        const auto lines = readLogBuf(read, 0, 256, 200, 56, {});
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0].text, u"before the end"_s);
        QCOMPARE(lines[2].text, u"last"_s);
        QCOMPARE(lines[2].level, 4);
        QRandomGenerator random(2);
        for (int round = 0; round < 3000; ++round) {
            QByteArray broken = buffer;
            for (int i = 0; i < 3; ++i)
                broken[random.bounded(256)] = char(random.generate());
            QVERIFY(readLogBuf([&broken](quint64, quint64) { return broken; }, 0, 256, random.bounded(300),
                               random.bounded(300), {})
                        .size() <= 16);
        }
    }

    void taskState_bits_giveTheLetterOfPs() {
        QCOMPARE(taskStateLetter(0, 0), u"R"_s);
        QCOMPARE(taskStateLetter(1, 0), u"S"_s);
        QCOMPARE(taskStateLetter(2, 0), u"D"_s);
        QCOMPARE(taskStateLetter(0x402, 0), u"I"_s);
        QCOMPARE(taskStateLetter(4, 0), u"T"_s);
        QCOMPARE(taskStateLetter(8, 0), u"t"_s);
        QCOMPARE(taskStateLetter(0x80, 0x20), u"Z"_s);
        QCOMPARE(taskStateLetter(0x80, 0x10), u"X"_s);
    }
};

QTEST_GUILESS_MAIN(TestKernelLog)
#include "tst_kernel_log.moc"
