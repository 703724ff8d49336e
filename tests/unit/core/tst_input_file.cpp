// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files, pipes and devices that the user names for reading.
#include "app/core/input/input_file.hpp"

#include <fcntl.h>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace nitroscope::app;
using namespace std::chrono_literals;

class TestInputFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString pipeNamed(const char *name) const {
        const QString path = m_folder.filePath(name);
        if (::mkfifo(QFile::encodeName(path).constData(), 0600) != 0)
            qFatal("no pipe");
        return path;
    }
    static void writeTo(int descriptor, const QByteArray &text) {
        if (::write(descriptor, text.constData(), size_t(text.size())) != text.size())
            qFatal("not written");
    }

private slots:
    void file_isRead_andOneByteMore() {
        QFile file(m_folder.filePath("file"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("0123456789");
        file.close();
        QCOMPARE(readInput(file.fileName(), 100).value(), QByteArray("0123456789"));
        QCOMPARE(readInput(file.fileName(), 4).value(), QByteArray("01234"));
    }

    void device_withoutAnEnd_hasOne() { QCOMPARE(readInput("/dev/zero", 1000)->size(), 1001); }

    void what_cannotBeOpened_isAnError() {
        QCOMPARE(readInput(m_folder.filePath("nothing"), 100).error().message,
                 QString("No such file or directory"));
        QCOMPARE(readInput(m_folder.path(), 100).error().message, QString("Is a directory"));
    }

    void namedPipe_withoutAWriter_isRefusedInTime() {
        QFile file;
        const auto opened = openInput(file, pipeNamed("alone"), 50ms);
        QVERIFY(!opened);
        QVERIFY2(opened.error().message.contains("nobody has written"), qPrintable(opened.error().message));
    }

    void namedPipe_whoseWriterComesLater_isReadToItsEnd() {
        const QString path = pipeNamed("later");
        // Opening waits for a reader, which is there before any patience begins to count.
        std::thread writer([path] {
            const int end = ::open(QFile::encodeName(path).constData(), O_WRONLY | O_CLOEXEC);
            writeTo(end, "first ");
            writeTo(end, QByteArray(100'000, 'x'));
            ::close(end);
        });
        QFile file;
        const auto opened = openInput(file, path, 60s);
        const auto text = readInput(file, path, 200'000);
        writer.join();
        QVERIFY(opened && text);
        QCOMPARE(text->size(), 100'006);
    }

    // A writer that is there may take any time.
    void namedPipe_whoseWriterIsQuiet_isWaitedFor() {
        const QString path = pipeNamed("quiet");
        const int both = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CLOEXEC);
        QFile file;
        QVERIFY(openInput(file, path, 0ms));
        writeTo(both, "at last");
        ::close(both);
        QCOMPARE(readInput(file, path, 100).value(), QByteArray("at last"));
    }

    // As <(command) is.
    void handedOverPipe_whoseWriterHasGone_isReadAtOnce() {
        int ends[2];
        QCOMPARE(::pipe(ends), 0);
        writeTo(ends[1], "text");
        ::close(ends[1]);
        QCOMPARE(readInput(QString("/dev/fd/%1").arg(ends[0]), 100).value(), QByteArray("text"));
        QCOMPARE(readInput(QString("/dev/fd/%1").arg(ends[0]), 100).value(), QByteArray());
        ::close(ends[0]);
    }
};

QTEST_GUILESS_MAIN(TestInputFile)
#include "tst_input_file.moc"
