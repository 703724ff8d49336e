// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/console_scanner.hpp"

#include <QtTest>

using nitroscope::app::ConsoleScanner;

class TestConsoleScanner : public QObject {
    Q_OBJECT
private slots:
    void feed_splitAtEveryByte_findsTheLine() {
        const QByteArray text =
            "[ 1.0] Kernel panic[ 1.1] Kernel panic - not syncing: no init\r\n[ 1.2] more\r\n";
        for (qsizetype cut = 0; cut <= text.size(); ++cut) {
            ConsoleScanner scanner;
            scanner.feed(text.left(cut));
            scanner.feed(text.mid(cut));
            QCOMPARE(scanner.panicLine(), QString("Kernel panic - not syncing: no init"));
        }
    }

    void feed_lineWithoutEnd_isGivenAsFarAsItCame() {
        ConsoleScanner scanner;
        scanner.feed("Kernel panic - not syncing: VFS");
        QVERIFY(scanner.hasPanicked());
        QCOMPARE(scanner.panicLine(), QString("Kernel panic - not syncing: VFS"));
        scanner.feed(QByteArray(100'000, 'x'));
        QCOMPARE(scanner.panicLine().size(), ConsoleScanner::maxPanicLength);
    }

    void feed_ordinaryOutput_isNoPanic() {
        ConsoleScanner scanner;
        scanner.feed("panic=30 on the command line\r\nKernel panics are rare - not syncing\r\n");
        QVERIFY(!scanner.hasPanicked());
        QVERIFY(scanner.panicLine().isEmpty());
    }

    void feed_wordsOfAProgram_areNoPanic_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("isPanic");
        const QByteArray kernel = "[    0.000000] Linux version 6.12\r\n";
        const QByteArray words = "Kernel panic - not syncing: words", end = "\r\n";
        const auto row = [](const char *name, const QByteArray &text, bool isPanic) {
            QTest::newRow(name) << text << isPanic;
        };
        row("a program says it", kernel + words + end, false);
        row("a log is shown", kernel + "Jan 01 00:00:00 host kernel: " + words + end, false);
        row("a program quotes it", kernel + "[worker] " + words + end, false);
        row("the kernel says it", kernel + "[    2.500000] " + words + end, true);
        row("with the task that speaks", kernel + "[    2.500000][    T1] " + words + end, true);
        row("behind a prompt", kernel + "login: [    2.500000] " + words + end, true);
        row("after a program said it", kernel + words + "\r\n[    2.500000] " + words + end, true);
        row("the kernel prints no times", "Linux version 6.12\r\n" + words + end, true);
    }
    void feed_wordsOfAProgram_areNoPanic() {
        QFETCH(QByteArray, text);
        QFETCH(bool, isPanic);
        for (qsizetype cut = 0; cut <= text.size(); ++cut) {
            ConsoleScanner scanner;
            scanner.feed(text.left(cut));
            scanner.feed(text.mid(cut));
            QCOMPARE(scanner.panicLine(), isPanic ? QString("Kernel panic - not syncing: words") : QString());
        }
    }

    void programEnd_afterAProgramSpokeOfAPanic_isStillRead() {
        ConsoleScanner scanner;
        scanner.feed(
            "[    0.0] Linux version\nKernel panic - not syncing: an old log\nchild exited with error\n");
        QCOMPARE(int(scanner.programEnd().kind), int(nitroscope::app::ProgramEnd::Kind::failed));
    }

    void feed_panicBehindAProgramsLongLine_isFoundAtEveryCut() {
        const QByteArray text =
            "child exited with error\n" + QByteArray(5000, 'x') +
            "Kernel panic - not syncing: Attempted to kill init!\nchild exited by signal\n";
        for (qsizetype cut = text.size() - 80; cut <= text.size(); ++cut) {
            ConsoleScanner scanner;
            scanner.feed(text.left(cut));
            scanner.feed(text.mid(cut));
            QCOMPARE(scanner.panicLine(), QString("Kernel panic - not syncing: Attempted to kill init!"));
            QCOMPARE(scanner.lastLine(), QString("child exited with error"));
        }
    }
};

QTEST_GUILESS_MAIN(TestConsoleScanner)
#include "tst_console_scanner.moc"
