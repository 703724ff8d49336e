// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's command line, taken apart as the kernel does it.
#include "app/formats/kernel/command_line.hpp"

#include <QTest>

using namespace nitroscope::formats;

class TestKernelWords : public QObject {
    Q_OBJECT

private slots:
    void kernelWords_anyLine_areThoseOfTheKernel_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("words"); // with bars between them
        QTest::addColumn<bool>("isEnded");
        const auto row = [](const char *name, const QByteArray &line, const char *words,
                            bool isEnded = false) {
            QTest::newRow(name) << line << QByteArray(words) << isEnded;
        };
        row("none", "", "");
        row("blanks alone", " \t\n ", "");
        row("two", "reboot=k panic=30", "reboot=k|panic=30");
        row("any blank", "a\tb\nc\rd\ve\ff", "a|b|c|d|e|f");
        row("blanks at both ends", "  a  b  ", "a|b");
        row("quoted value", "a=\"b c\" d", "a=b c|d");
        row("quoted word", "\"a b\" c", "a b|c");
        row("quote without an end", "a=\"b c", "a=b c");
        row("empty quotes", "a \"\" b", "a|b");
        row("zero byte", QByteArray("a b\0c", 5), "a|b");
        row("zero byte in quotes", QByteArray("a=\"b \0c\" d", 10), "a=b ");
        row("dashes", "a -- b", "a", true);
        row("dashes behind a tab", "a\t--\tb", "a", true);
        row("dashes at the end", "a --", "a", true);
        row("dashes first", "-- a", "", true);
        row("dashes in quotes", "a \"--\" b", "a", true);
        row("dashes in a value", "a=\"b -- c\"", "a=b -- c");
        row("dashes in a word", "a --b c--", "a|--b|c--");
    }
    void kernelWords_anyLine_areThoseOfTheKernel() {
        QFETCH(const QByteArray, line);
        QFETCH(const QByteArray, words);
        QFETCH(const bool, isEnded);
        QCOMPARE(kernelWords(line).join('|'), words);
        QCOMPARE(endsKernelWords(line), isEnded);
    }

    void commandLineWords_placeOfEach_hasItsQuotes() {
        const QByteArray line = " a=\"b c\"\t-- d";
        const QList<CommandLineWord> words = commandLineWords(line);
        QCOMPARE(words.size(), qsizetype(3));
        QCOMPARE(line.mid(words[0].offset, words[0].length), QByteArray("a=\"b c\""));
        QCOMPARE(line.mid(words[1].offset, words[1].length), QByteArray("--"));
        QCOMPARE(line.mid(words[2].offset, words[2].length), QByteArray("d"));
    }

    void hasEarlyWord_beforeTheKernelProper_blanksAloneSeparate_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("isThere");
        QTest::newRow("alone") << QByteArray("nokaslr") << true;
        QTest::newRow("behind a tab") << QByteArray("quiet\tnokaslr") << true;
        QTest::newRow("before a line break") << QByteArray("nokaslr\nquiet") << true;
        QTest::newRow("behind the dashes") << QByteArray("quiet -- nokaslr") << true;
        QTest::newRow("within quotes") << QByteArray("a=\"b nokaslr c\"") << true;
        QTest::newRow("in quotes of its own") << QByteArray("\"nokaslr\"") << false;
        QTest::newRow("with a value") << QByteArray("nokaslr=1") << false;
        QTest::newRow("part of a word") << QByteArray("xnokaslr nokaslrx") << false;
        QTest::newRow("behind a zero byte") << QByteArray("quiet\0 nokaslr", 14) << false;
        QTest::newRow("nothing") << QByteArray() << false;
    }
    void hasEarlyWord_beforeTheKernelProper_blanksAloneSeparate() {
        QFETCH(const QByteArray, line);
        QFETCH(const bool, isThere);
        QCOMPARE(hasEarlyWord(line, "nokaslr"), isThere);
    }
};

QTEST_APPLESS_MAIN(TestKernelWords)
#include "tst_kernel_words.moc"
