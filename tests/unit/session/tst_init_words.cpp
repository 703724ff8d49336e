// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/init_words.hpp"

#include <QtTest>

using namespace nitroscope::app;

Q_DECLARE_METATYPE(ProgramEnd::Kind)

class TestInitWords : public QObject {
    Q_OBJECT
private slots:
    void programEnd_console_isRead_data() {
        using Kind = ProgramEnd::Kind;
        QTest::addColumn<QByteArray>("console");
        QTest::addColumn<Kind>("kind");
        const auto row = [](const char *name, const char *console, Kind kind) {
            QTest::newRow(name) << QByteArray(console) << kind;
        };
        row("nothing", "", Kind::unknown);
        row("a program that ends well", "hello\r\n[    2.1] reboot: Restarting system\r\n", Kind::unknown);
        row("error", "hello\r\nchild exited with error\r\n[    2.1] reboot: Restarting system\r\n",
            Kind::failed);
        row("error after a line without an end", "hello child exited with error\r\n", Kind::failed);
        row("kernel without times", "child exited with error\r\nreboot: machine restart\r\n", Kind::failed);
        row("signal", "[    2.0] app[9]: segfault at 0\r\nchild exited by signal\r\n", Kind::signalled);
        row("not started", "execvpe: app: Permission denied\r\nchild exited with error\r\n",
            Kind::notStarted);
        row("not started, with kernel's words between",
            "execvpe: app: Permission denied\r\n[    2.0] random: crng init done\r\nchild exited with error\r\n",
            Kind::notStarted);
        row("the program's own words, then more", "child exited with error\r\nbye\r\n", Kind::unknown);
        row("a program in brackets is no kernel", "child exited by signal\r\n[worker] bye\r\n",
            Kind::unknown);
    }

    void programEnd_console_isRead() {
        QFETCH(QByteArray, console);
        QFETCH(ProgramEnd::Kind, kind);
        for (qsizetype cut = 0; cut <= console.size(); ++cut) {
            ConsoleScanner scanner;
            scanner.feed(console.left(cut));
            scanner.feed(console.mid(cut));
            QCOMPARE(int(scanner.programEnd().kind), int(kind));
        }
    }

    void lastLine_beforeAPanic_isNotTheKernels() {
        ConsoleScanner scanner;
        scanner.feed("connect: Connection reset by peer\r\n[    2.0] some words\r\n"
                     "[    2.1] Kernel panic - not syncing: Attempted to kill init!\r\nCPU: 0\r\n");
        QCOMPARE(scanner.lastLine(), QString("connect: Connection reset by peer"));
    }

    void feed_flood_keepsTheEndOfALine() {
        ConsoleScanner scanner;
        for (int i = 0; i < 100; ++i)
            scanner.feed(QByteArray(65536, 'x'));
        scanner.feed("child exited by signal\n");
        QCOMPARE(scanner.lastLine().size(), ConsoleScanner::maxLineLength);
        QVERIFY(scanner.programEnd().kind == ProgramEnd::Kind::signalled);
    }

    void panic_exitCode_isExplained_data() {
        QTest::addColumn<QString>("exitCode");
        QTest::addColumn<QString>("initLine");
        QTest::addColumn<QString>("words");
        QTest::addColumn<QString>("advice");
        QTest::newRow("errno 2") << "0x00000200"
                                 << "mount: /tmp: No such file or directory"
                                 << "init exited with 2, as an errno: No such file or directory"
                                 << "needs this folder";
        QTest::newRow("errno 104") << "0x00006800"
                                   << "connect: Connection reset by peer"
                                   << "init exited with 104, as an errno: Connection reset by peer"
                                   << "port 9000 of the parent";
        QTest::newRow("wrong heartbeat") << "0x0000ea00"
                                         << "received wrong heartbeat: Unknown error -22"
                                         << "the heartbeat got no answer, or a wrong one"
                                         << "--heartbeat on";
        QTest::newRow("crash") << "0x0000000b"
                               << "Could not open /env file: No such file or directory"
                               << "init crashed with signal 11 (Segmentation fault)"
                               << "more memory";
        QTest::newRow("ended well") << "0x00000000"
                                    << ""
                                    << "init exited with 0)"
                                    << "lines before the panic";
    }

    void panic_exitCode_isExplained() {
        QFETCH(QString, exitCode);
        QFETCH(QString, initLine);
        QFETCH(QString, words);
        QFETCH(QString, advice);
        const EndReason reason = explainPanic(
            "Kernel panic - not syncing: Attempted to kill init! exitcode=" + exitCode, initLine);
        QCOMPARE(int(reason.kind), int(EndKind::guestPanic));
        QVERIFY2(reason.message.contains(words), qPrintable(reason.message));
        QVERIFY2(reason.message.endsWith(initLine), qPrintable(reason.message));
        QVERIFY2(reason.advice.contains(advice), qPrintable(reason.advice));
    }

    void panic_ofAnotherKind_isQuotedOnly() {
        const EndReason reason = explainPanic("Kernel panic - not syncing: VFS", "hello");
        QCOMPARE(reason.message, QString("The guest's kernel panicked: Kernel panic - not syncing: VFS"));
    }
};

QTEST_GUILESS_MAIN(TestInitWords)
#include "tst_init_words.moc"
