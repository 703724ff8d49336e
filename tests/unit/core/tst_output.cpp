// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one writer for files, and the one for files that grow: whole or not at all, and every failure told. What a full
// disk does is done by /dev/full and by a limit on the size of files.
#include "app/core/output/file_writer.hpp"
#include "app/core/output/stream_writer.hpp"
#include "app/core/output/write_all.hpp"

#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

// As long as it lives no file may grow past `bytes`.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{bytes, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &m_before); }
    FileSizeLimit(const FileSizeLimit &) = delete;
    FileSizeLimit &operator=(const FileSizeLimit &) = delete;

private:
    rlimit m_before{};
};

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(unreadable)");
}

} // namespace

class TestOutput : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    QStringList names() const {
        return QDir(m_folder->path())
            .entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
    }
    mode_t modeOf(const QString &name) const {
        struct stat status {};
        return stat(QFile::encodeName(path(name)).constData(), &status) == 0 ? status.st_mode & 07777 : 0;
    }

private slots:
    void initTestCase() { takeWriteErrorsAsErrors(); }
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void file_beforeItsEnd_isNotThere() {
        FileWriter file(path(u"a"_s));
        QVERIFY(file.start());
        QCOMPARE(file.write("content"), 7);
        QVERIFY(!QFile::exists(path(u"a"_s)));
        QVERIFY(file.commit());
        QCOMPARE(contentOf(path(u"a"_s)), "content");
        QCOMPARE(names(), QStringList{u"a"_s});
    }

    void file_givenUp_leavesWhatWasThere() {
        QVERIFY(writeFile(path(u"a"_s), "before"));
        {
            FileWriter file(path(u"a"_s));
            QVERIFY(file.start());
            file.write("after");
        }
        QCOMPARE(contentOf(path(u"a"_s)), "before");
        QCOMPARE(names(), QStringList{u"a"_s});
    }

    void file_completedInPlace_hasBothParts() {
        FileWriter file(path(u"a"_s));
        QVERIFY(file.start());
        file.write("0000 and more");
        QVERIFY(file.seek(0));
        file.write("1234");
        QVERIFY(file.commit());
        QCOMPARE(contentOf(path(u"a"_s)), "1234 and more");
    }

    void file_overTheLimit_isAnErrorAndNothingIsLeft() {
        QVERIFY(writeFile(path(u"a"_s), "before"));
        const FileSizeLimit limit(4096);
        // Within the buffer, so that only the end can tell; and past it.
        for (const qsizetype bytes : {10'000, 1'000'000}) {
            const auto written = writeFile(path(u"a"_s), QByteArray(bytes, 'x'));
            QVERIFY(!written);
            QCOMPARE(written.error().code, u"output"_s);
            QCOMPARE(written.error().context, path(u"a"_s));
            QVERIFY2(written.error().message.contains(systemText(EFBIG)),
                     qPrintable(written.error().message));
            QCOMPARE(contentOf(path(u"a"_s)), "before");
            QCOMPARE(names(), QStringList{u"a"_s});
        }
    }

    void file_ignoredFailure_isToldAtTheEnd() {
        const FileSizeLimit limit(4096);
        FileWriter file(path(u"a"_s));
        QVERIFY(file.start());
        for (int i = 0; i < 10; ++i)
            file.write(QByteArray(100'000, 'x'));
        QVERIFY(!file.commit());
        QVERIFY(names().isEmpty());
    }

    // Another user's link would choose what is overwritten, and another user's permissions who may change it later.
    void place_preparedByAnotherUser_isNoTrap() {
        if (geteuid() != 0)
            QSKIP("only the administrator can be another user");
        constexpr uid_t nobody = 65534;
        QVERIFY(writeFile(path(u"victim"_s), "before"));
        QCOMPARE(mkdir(qPrintable(path(u"open"_s)), 0777), 0);
        QCOMPARE(chmod(qPrintable(path(u"open"_s)), 01777), 0); // the umask does not count here
        const auto foreign = [&](const QString &name) {
            return lchown(qPrintable(path(name)), nobody, nobody) == 0;
        };
        QVERIFY(QFile::link(path(u"victim"_s), path(u"open/link"_s)) && foreign(u"open/link"_s));
        QVERIFY(QFile::link(path(u"new"_s), path(u"open/nowhere"_s)) && foreign(u"open/nowhere"_s));
        QVERIFY(mkfifo(qPrintable(path(u"open/fifo"_s)), 0666) == 0 && foreign(u"open/fifo"_s));
        for (const char *trap : {"open/link", "open/nowhere", "open/fifo"}) {
            const QString name = path(QString::fromLatin1(trap));
            const auto written = writeFile(name, "after");
            QVERIFY2(!written, trap);
            QVERIFY2(written.error().message.contains(u"another user"_s),
                     qPrintable(written.error().message));
            QVERIFY2(!StreamWriter().open(name), trap);
        }
        QCOMPARE(contentOf(path(u"victim"_s)), "before");
        QVERIFY(!QFile::exists(path(u"new"_s)));

        // A file is only replaced; who grows one in place would write into somebody else's.
        QVERIFY(writeFile(path(u"open/file"_s), "before") && foreign(u"open/file"_s));
        QCOMPARE(chmod(qPrintable(path(u"open/file"_s)), 04666), 0);
        QVERIFY(!StreamWriter().open(path(u"open/file"_s)));
        QVERIFY(writeFile(path(u"open/file"_s), "after"));
        QCOMPARE(contentOf(path(u"open/file"_s)), "after");
        QVERIFY((modeOf(u"open/file"_s) & 06022) == 0);

        // The folder's owner could do anything anyway, and outside of such folders links are usual.
        QCOMPARE(chmod(qPrintable(path(u"open"_s)), 0755), 0);
        QVERIFY(writeFile(path(u"open/link"_s), "through"));
        QCOMPARE(contentOf(path(u"victim"_s)), "through");
    }

    void fullDevice_isAnError() {
        const auto written = writeFile(u"/dev/full"_s, "x");
        QVERIFY(!written);
        QVERIFY2(written.error().message.contains(systemText(ENOSPC)), qPrintable(written.error().message));
    }

    void fullDisk_isAnErrorAndNothingIsLeft() {
        const QString disk = qEnvironmentVariable("NITROSCOPE_FULL_DISK");
        if (disk.isEmpty())
            QSKIP(
                "NITROSCOPE_FULL_DISK does not name a folder on a small file system (mount -t tmpfs -o size=64k)");
        const auto written = writeFile(disk + u"/a"_s, QByteArray(1'000'000, 'x'));
        QVERIFY(!written);
        QVERIFY2(written.error().message.contains(systemText(ENOSPC)), qPrintable(written.error().message));
        QVERIFY(QDir(disk).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot));
    }

    void folder_isAnError() {
        QVERIFY(!writeFile(m_folder->path(), "x"));
        QVERIFY(!writeFile(path(u"no/such/folder"_s), "x"));
    }

    void permissions_ofTheReplacedFile_stay() {
        QVERIFY(writeFile(path(u"a"_s), "before"));
        QCOMPARE(chmod(QFile::encodeName(path(u"a"_s)).constData(), 0640), 0);
        QVERIFY(writeFile(path(u"a"_s), "after"));
        QCOMPARE(modeOf(u"a"_s), mode_t(0640));
        QVERIFY(writeFile(path(u"a"_s), "after", FileRole::secret));
        QCOMPARE(modeOf(u"a"_s), mode_t(0600));
    }

    void link_isFollowed() {
        QVERIFY(writeFile(path(u"a"_s), "before"));
        QVERIFY(QFile::link(u"a"_s, path(u"link"_s)));
        QVERIFY(writeFile(path(u"link"_s), "after"));
        QCOMPARE(contentOf(path(u"a"_s)), "after");
        QVERIFY(QFileInfo(path(u"link"_s)).isSymLink());
        QVERIFY(QFile::link(u"new"_s, path(u"dangling"_s)));
        QVERIFY(writeFile(path(u"dangling"_s), "made"));
        QCOMPARE(contentOf(path(u"new"_s)), "made");
    }

    void longestName_isWritten() {
        QVERIFY(writeFile(path(QString(255, u'n')), "x"));
        QCOMPARE(names().size(), 1);
    }

    void pipe_isWrittenDirectly() {
        const QByteArray name = QFile::encodeName(path(u"fifo"_s));
        QCOMPARE(mkfifo(name.constData(), 0600), 0);
        const int reader = open(name.constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(writeFile(path(u"fifo"_s), "through"));
        char bytes[16];
        QCOMPARE(read(reader, bytes, sizeof bytes), ssize_t(7));
        close(reader);
        QCOMPARE(names(), QStringList{u"fifo"_s});
    }

    void pipe_withoutAReader_isNotWaitedForWithoutEnd() {
        QCOMPARE(mkfifo(QFile::encodeName(path(u"unread"_s)).constData(), 0600), 0);
        const auto written = writeFile(path(u"unread"_s), "lost");
        QVERIFY(!written);
        QVERIFY2(written.error().message.contains(u"nobody reads"_s), qUtf8Printable(written.error().text()));
        StreamWriter stream;
        QVERIFY(!stream.open(path(u"unread"_s)));
    }

    void stream_overTheLimit_tellsOnceAndIsMarkedCut() {
        StreamWriter stream;
        QVERIFY(stream.open(path(u"run.pcapng"_s)));
        QCOMPARE(modeOf(u"run.pcapng"_s), mode_t(0600));
        QVERIFY(stream.write("beginning"));
        const FileSizeLimit limit(4096);
        const auto written = stream.write(QByteArray(10'000, 'x'));
        QVERIFY(!written);
        QVERIFY2(written.error().message.contains(systemText(EFBIG)), qPrintable(written.error().message));
        QVERIFY2(written.error().message.contains("run.pcapng.cut"), qPrintable(written.error().message));
        QVERIFY(!stream.isOpen());
        QCOMPARE(names(), QStringList{u"run.pcapng.cut"_s});
        QVERIFY(contentOf(path(u"run.pcapng.cut"_s)).startsWith("beginning"));
    }

    void stream_thatKeepsItsName_doesSo() {
        StreamWriter stream(StreamWriter::WhenCut::keepsName);
        QVERIFY(stream.open(path(u"console"_s)));
        const FileSizeLimit limit(100);
        QVERIFY(!stream.write(QByteArray(200, 'x')));
        QCOMPARE(names(), QStringList{u"console"_s});
    }

    void stream_ofAFullDevice_isAnErrorAndTheDeviceStays() {
        StreamWriter stream;
        QVERIFY(stream.open(u"/dev/full"_s));
        QVERIFY(!stream.write("x"));
        QVERIFY(QFile::exists(u"/dev/full"_s));
    }

    void writeAll_slowReader_isWaitedFor() {
        int ends[2];
        QCOMPARE(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        const QByteArray sent(1 << 20, 's');
        qsizetype received = 0;
        std::thread reader([&] {
            fcntl(ends[0], F_SETFL, 0);
            char piece[4096];
            while (received < sent.size())
                received += std::max<ssize_t>(0, read(ends[0], piece, sizeof piece));
        });
        QCOMPARE(writeAll(ends[1], sent), 0);
        reader.join();
        QCOMPARE(received, sent.size());
        close(ends[0]);
        QCOMPARE(writeAll(ends[1], "x"), EPIPE);
        close(ends[1]);
    }
};

QTEST_GUILESS_MAIN(TestOutput)
#include "tst_output.moc"
