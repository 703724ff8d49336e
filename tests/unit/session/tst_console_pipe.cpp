// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console's pipes, with the test in QEMU's place.
#include "app/session/process/console_pipe.hpp"

#include <fcntl.h>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <unistd.h>

using nitroscope::app::ConsolePipe;

namespace {

// Both ends, opened as QEMU opens them.
struct Bench {
    QTemporaryDir folder;
    ConsolePipe pipe;
    QByteArray received;
    int output = -1, keyboard = -1;

    Bench() {
        QObject::connect(&pipe, &ConsolePipe::received, &pipe,
                         [this](const QByteArray &bytes) { received += bytes; });
        if (!pipe.open(folder.filePath("console")))
            return;
        output = ::open(qPrintable(folder.filePath("console.out")), O_RDWR | O_NONBLOCK);
        keyboard = ::open(qPrintable(folder.filePath("console.in")), O_RDWR | O_NONBLOCK);
    }
    ~Bench() { hangUp(); }

    void hangUp() {
        ::close(output);
        ::close(keyboard);
        output = keyboard = -1;
    }
    QByteArray typed() const {
        char bytes[65536];
        const ssize_t count = ::read(keyboard, bytes, sizeof bytes);
        return QByteArray(bytes, qMax<ssize_t>(0, count));
    }
};

} // namespace

class TestConsolePipe : public QObject {
    Q_OBJECT
private slots:
    void output_singleBytes_fitManyBeforeAnybodyReads() {
        Bench bench;
        constexpr int many = 300'000; // a socket holds about 280 of them
        for (int i = 0; i < many; ++i) {
            const char byte = static_cast<char>('a' + i % 26);
            QCOMPARE(::write(bench.output, &byte, 1), ssize_t(1));
        }
        QTRY_COMPARE(bench.received.size(), many);
        QCOMPARE(bench.received.left(27), QByteArray("abcdefghijklmnopqrstuvwxyza"));
    }

    void output_beforeHangUp_isDrained() {
        Bench bench;
        QCOMPARE(::write(bench.output, "last words", 10), ssize_t(10));
        bench.hangUp();
        bench.pipe.drain();
        QCOMPARE(bench.received, QByteArray("last words"));
    }

    void drain_neverOpened_returns() {
        QTemporaryDir folder;
        ConsolePipe pipe;
        pipe.drain();
        QVERIFY(pipe.open(folder.filePath("console")));
        pipe.drain();
    }

    void input_arrives() {
        Bench bench;
        QVERIFY(bench.pipe.write("status\r"));
        QCOMPARE(bench.typed(), QByteArray("status\r"));
    }

    void input_nobodyReads_isBounded() {
        Bench bench;
        const QByteArray block(100'000, 'x');
        int taken = 0;
        while (bench.pipe.write(block))
            QVERIFY(++taken < 100);
        qsizetype arrived = 0;
        QTRY_VERIFY((arrived += bench.typed().size()) == taken * block.size());
    }

    void open_twoInOneFolder_fails() {
        Bench bench;
        ConsolePipe second;
        const auto opened = second.open(bench.folder.filePath("console"));
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, QString("channel-failed"));
    }

    // As when the last descriptor has gone for the first of the two.
    void open_onlyOneWay_failsAndCanBeDrained() {
        QTemporaryDir folder;
        QFile other(folder.filePath("console.in"));
        QVERIFY(other.open(QIODevice::WriteOnly));
        ConsolePipe pipe;
        QVERIFY(!pipe.open(folder.filePath("console")));
        pipe.drain();
        QVERIFY(pipe.write("x") == false);
    }

    void files_arePrivate() {
        Bench bench;
        for (const char *name : {"console.in", "console.out"})
            QCOMPARE(QFileInfo(bench.folder.filePath(name)).permissions() &
                         (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
                     QFile::Permissions());
    }
};

QTEST_GUILESS_MAIN(TestConsolePipe)
#include "tst_console_pipe.moc"
