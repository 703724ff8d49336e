// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/panic_scanner.hpp"

#include <QtTest>

using nitroscope::app::PanicScanner;

class TestPanicScanner : public QObject {
    Q_OBJECT
private slots:
    void feed_splitAtEveryByte_findsTheLine() {
        const QByteArray text =
            "[ 1.0] Kernel panic[ 1.1] Kernel panic - not syncing: no init\r\n[ 1.2] more\r\n";
        for (qsizetype cut = 0; cut <= text.size(); ++cut) {
            PanicScanner scanner;
            scanner.feed(text.left(cut));
            scanner.feed(text.mid(cut));
            QCOMPARE(scanner.line(), QString("Kernel panic - not syncing: no init"));
        }
    }

    void feed_lineWithoutEnd_isGivenAsFarAsItCame() {
        PanicScanner scanner;
        scanner.feed("Kernel panic - not syncing: VFS");
        QVERIFY(scanner.seen());
        QCOMPARE(scanner.line(), QString("Kernel panic - not syncing: VFS"));
        scanner.feed(QByteArray(100'000, 'x'));
        QCOMPARE(scanner.line().size(), PanicScanner::maxLineLength);
    }

    void feed_ordinaryOutput_isNoPanic() {
        PanicScanner scanner;
        scanner.feed("panic=30 on the command line\r\nKernel panics are rare - not syncing\r\n");
        QVERIFY(!scanner.seen());
        QVERIFY(scanner.line().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestPanicScanner)
#include "tst_panic_scanner.moc"
