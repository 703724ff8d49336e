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
