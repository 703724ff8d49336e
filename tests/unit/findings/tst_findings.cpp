// SPDX-License-Identifier: GPL-2.0-or-later
//
// What profile and coverage leave, folded stacks and drcov: read, cut off anywhere, and wrong.
#include "app/formats/findings/covered_code.hpp"
#include "app/formats/findings/findings.hpp"
#include "app/formats/findings/folded_stacks.hpp"

#include <QBuffer>
#include <QtTest>

using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray pageLine(int number, const char *address, char filling) {
    return "page " + QByteArray::number(number, 16) + ' ' + address + ' ' +
           QByteArray(4096, filling).toHex() + '\n';
}

QByteArray profile() {
    return "nitroscope-findings 1 profile\nperiod c350\n" + pageLine(0, "401000", 'a') +
           "map 0 0\nstack 2a 0 401010 401004\nstack 1 1 ffffffff81000010\nlost 7\nend\n";
}

QByteArray coverage() {
    return "nitroscope-findings 1 coverage\n" + pageLine(0, "401000", 'a') +
           "block 401010 7 0\nblock ffffffff81000010 3 -\nlost 0\nend\n";
}

nitroscope::app::Result<Findings> readFrom(QByteArray bytes) {
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    return readFindings(file);
}

nitroscope::app::Result<CoveredCode> drcovFrom(QByteArray bytes) {
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    return CoveredCode::readDrcov(file);
}

nitroscope::app::Result<FoldedStacks> foldedFrom(QByteArray bytes) {
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    return FoldedStacks::read(file);
}

CoveredCode someCode() {
    CoveredCode code;
    code.modules = {{0x400000, 0x4c0000, 0x401000, "/bin/app, with a comma"},
                    {0xffffffff81000000, 0xffffffff82000000, 0xffffffff81000000, "vmlinux"}};
    code.parts = {{0x1010, 7, 0}, {0x10, 3, 1}, {0xfff000, 300, 1}};
    return code;
}

} // namespace

class TestFindings : public QObject {
    Q_OBJECT
private slots:
    void findings_ofAProfile_areRead() {
        const auto found = readFrom(profile());
        QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
        QCOMPARE(found->kind, Findings::Kind::profile);
        QCOMPARE(found->period, 50000u);
        QCOMPARE(found->pages.size(), 1);
        QCOMPARE(found->pages[0].address, 0x401000u);
        QCOMPARE(found->pages[0].bytes, QByteArray(4096, 'a'));
        QCOMPARE(found->maps.size(), 1);
        QCOMPARE(found->stacks.size(), 2);
        QCOMPARE(found->stacks[0].count, 42u);
        QCOMPARE(found->stacks[0].addresses, QVector<quint64>({0x401010, 0x401004}));
        QCOMPARE(found->lost, 7u);
        QVERIFY(found->isWhole);
    }

    void findings_ofCoverage_areRead() {
        const auto found = readFrom(coverage());
        QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
        QCOMPARE(found->blocks.size(), 2);
        QCOMPARE(found->blocks[0].address, 0x401010u);
        QCOMPARE(found->blocks[0].bytes, 7);
        QCOMPARE(*found->blocks[0].page, 0u);
        QVERIFY(!found->blocks[1].page);
    }

    void findings_cutAnywhere_areThoseBefore() {
        for (const QByteArray &whole : {profile(), coverage()}) {
            const qsizetype first = whole.indexOf('\n') + 1;
            for (qsizetype length = 0; length<whole.size(); length += length> 100 && length < 8000 ? 61 : 1) {
                const auto found = readFrom(whole.first(length));
                QCOMPARE(found.has_value(), length >= first);
                if (found) {
                    QVERIFY(!found->isWhole);
                    QVERIFY(found->pages.size() <= 1 && found->stacks.size() <= 2 &&
                            found->blocks.size() <= 2);
                }
            }
        }
    }

    void findings_wrong_areRefusedAtTheirLine_data() {
        QTest::addColumn<QByteArray>("line");
        for (const char *line :
             {"", "page", "page 1 401000 00", "page 0 401001 00", "period x", "period 3b9aca01", "map 0 0",
              "stack 1 0", "stack 0 0 1", "stack 1 0 x", "stack 1 0 11112222333344445", "stack 1 10001 1",
              "block 1 1 -", "lost", "lost -1", "end 1", "colour blue"})
            QTest::newRow(*line ? line : "empty") << QByteArray(line);
        QTest::newRow("deep") << "stack 1 0" + QByteArray(" 1").repeated(65);
        QTest::newRow("long") << "stack 1 0 " + QByteArray(100'000, '1');
    }

    void findings_wrong_areRefusedAtTheirLine() {
        QFETCH(QByteArray, line);
        const QByteArray first = "nitroscope-findings 1 profile\n";
        const auto found = readFrom(first + line + '\n');
        QVERIFY(!found);
        QCOMPARE(*found.error().offset, quint64(first.size()));
        QVERIFY(!readFrom(line + '\n'));
    }

    void block_ofAPageThatIsNotThere_isRefused() {
        QVERIFY(!readFrom("nitroscope-findings 1 coverage\nblock 1 1 0\n"));
        QVERIFY(!readFrom("nitroscope-findings 1 coverage\nblock 1 2001 -\n"));
        QVERIFY(!readFrom("nitroscope-findings 1 coverage\nblock 1 0 -\n"));
        QVERIFY(!readFrom("nitroscope-findings 1 coverage\nblock 1 1\n"));
    }

    void foldedStacks_written_areReadAgain() {
        FoldedStacks folded;
        folded.add({"init", "main", "a;b"}, 3);
        folded.add({"init", "main"}, 4);
        folded.add({"init", "main"}, 5);
        QCOMPARE(folded.text(), QByteArray("init;main 9\ninit;main;a:b 3\n"));
        const auto again = foldedFrom(folded.text());
        QVERIFY(again);
        QCOMPARE(again->text(), folded.text());
        QCOMPARE(again->total(), 12u);
    }

    void foldedStacks_wrong_areRefusedAtTheirLine_data() {
        QTest::addColumn<QByteArray>("line");
        for (const char *line : {"main", "main x", " 3", "main -3", "main 99999999999999999999"})
            QTest::newRow(line) << QByteArray(line);
        QTest::newRow("deep") << QByteArray("a;").repeated(300) + "a 1";
        QTest::newRow("long") << QByteArray(100'000, 'a') + " 1";
        QTest::newRow("overflow") << QByteArray("b 9223372036854775807");
    }

    void foldedStacks_wrong_areRefusedAtTheirLine() {
        QFETCH(QByteArray, line);
        const auto found = foldedFrom("main 1\n" + line + '\n');
        QVERIFY(!found);
        QCOMPARE(*found.error().offset, 7u);
    }

    void drcov_written_isReadAgain() {
        const auto again = drcovFrom(someCode().drcov());
        QVERIFY2(again, again ? "" : qPrintable(again.error().text()));
        QCOMPARE(again->modules.size(), 2);
        QCOMPARE(again->modules[0].path, QByteArray("/bin/app, with a comma"));
        QCOMPARE(again->modules[1].base, 0xffffffff81000000u);
        QVERIFY(again->parts == someCode().parts);
    }

    void drcov_cutAnywhere_isRefused() {
        const QByteArray whole = someCode().drcov();
        for (qsizetype length = 0; length < whole.size(); ++length)
            QVERIFY2(!drcovFrom(whole.first(length)), QByteArray::number(length));
    }

    void drcov_wrong_isRefused_data() {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("after");
        QTest::newRow("version") << QByteArray("VERSION: 2") << QByteArray("VERSION: 3");
        QTest::newRow("table") << QByteArray("version 2, count") << QByteArray("version 4, count");
        QTest::newRow("more modules") << QByteArray("count 2") << QByteArray("count 3");
        QTest::newRow("fewer modules") << QByteArray("count 2") << QByteArray("count 1");
        QTest::newRow("many modules") << QByteArray("count 2") << QByteArray("count 70000");
        QTest::newRow("columns") << QByteArray("id, base, end") << QByteArray("id, end, base");
        QTest::newRow("number") << QByteArray("1, 0xffff") << QByteArray("5, 0xffff");
        QTest::newRow("address") << QByteArray("0x400000") << QByteArray("0xhello0");
        QTest::newRow("turned round") << QByteArray("0x400000") << QByteArray("0x500000");
        QTest::newRow("many blocks") << QByteArray("3 bbs") << QByteArray("99999999 bbs");
        QTest::newRow("no blocks") << QByteArray("3 bbs") << QByteArray("-1 bbs");
    }

    void drcov_wrong_isRefused() {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, after);
        QByteArray bytes = someCode().drcov();
        QVERIFY(bytes.contains(before));
        QVERIFY(!drcovFrom(bytes.replace(before, after)));
    }

    void drcov_blockOfNoModule_isRefused() {
        CoveredCode code = someCode();
        code.parts[1].module = 2;
        QVERIFY(!drcovFrom(code.drcov()));
    }
};

QTEST_GUILESS_MAIN(TestFindings)
#include "tst_findings.moc"
