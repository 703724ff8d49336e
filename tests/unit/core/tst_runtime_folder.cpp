// SPDX-License-Identifier: GPL-2.0-or-later
//
// The runtime folder: private, unique, removed, and never in a place that others could have prepared.
#include "app/core/runtime_folder.hpp"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/stat.h>
#include <unistd.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

mode_t modeOf(const QString &path) {
    struct stat status {};
    return stat(qPrintable(path), &status) == 0 ? status.st_mode & 07777 : 0;
}

} // namespace

class TestRuntimeFolder : public QObject {
    Q_OBJECT
    QTemporaryDir m_parent;

    // A fresh path for a base, which does not exist yet.
    QString newBase() const {
        static int number = 0;
        return m_parent.filePath(QString::number(++number));
    }

private slots:
    void create_freshBase_isPrivateAndRemovedAtTheEnd() {
        const QString base = newBase();
        QString path;
        {
            const auto folder = RuntimeFolder::create(base);
            QVERIFY(folder);
            path = folder->path();
            QVERIFY(path.startsWith(base + "/run-"));
            QCOMPARE(modeOf(base), 0700u);
            QCOMPARE(modeOf(path), 0700u);
            QFile file(folder->filePath("left over"));
            QVERIFY(file.open(QIODevice::WriteOnly));
        }
        QVERIFY(!QFileInfo::exists(path));
        QVERIFY(QFileInfo::exists(base));
    }

    void create_twice_givesDifferentFolders() {
        const QString base = newBase();
        const auto first = RuntimeFolder::create(base);
        const auto second = RuntimeFolder::create(base);
        QVERIFY(first && second);
        QVERIFY(first->path() != second->path());
        QVERIFY(QFileInfo::exists(first->path())); // not taken for stale
    }

    void create_staleRun_isRemoved() {
        const QString base = newBase();
        QDir().mkpath(base + "/run-stale/deep");
        QDir().mkpath(base + "/not-ours");
        ::chmod(qPrintable(base), 0700);
        const auto folder = RuntimeFolder::create(base);
        QVERIFY(folder);
        QVERIFY(!QFileInfo::exists(base + "/run-stale"));
        QVERIFY(QFileInfo::exists(base + "/not-ours"));
    }

    void create_staleLink_isLeftAlone() {
        const QString base = newBase(), precious = newBase();
        QDir().mkpath(base);
        ::chmod(qPrintable(base), 0700);
        QDir().mkpath(precious + "/data");
        QVERIFY(QFile::link(precious, base + "/run-link"));
        QVERIFY(RuntimeFolder::create(base));
        QVERIFY(QFileInfo::exists(precious + "/data"));
    }

    void create_baseOpenToOthers_isRefused() {
        const QString base = newBase();
        QDir().mkpath(base);
        ::chmod(qPrintable(base), 0750);
        const auto folder = RuntimeFolder::create(base);
        QVERIFY(!folder);
        QCOMPARE(folder.error().code, QString("runtime-folder-insecure"));
    }

    void create_baseIsLinkOrFile_isRefused() {
        const QString real = newBase(), link = newBase(), file = newBase();
        QDir().mkpath(real);
        ::chmod(qPrintable(real), 0700);
        QVERIFY(QFile::link(real, link));
        QCOMPARE(RuntimeFolder::create(link).error().code, QString("runtime-folder-insecure"));
        QFile plain(file);
        QVERIFY(plain.open(QIODevice::WriteOnly));
        QCOMPARE(RuntimeFolder::create(file).error().code, QString("runtime-folder-insecure"));
    }

    void create_baseOfSomebodyElse_isRefused() {
        if (geteuid() != 0)
            QSKIP("only root can make a folder of somebody else");
        const QString base = newBase();
        QDir().mkpath(base);
        ::chmod(qPrintable(base), 0700);
        QCOMPARE(::chown(qPrintable(base), 65534, 65534), 0);
        QCOMPARE(RuntimeFolder::create(base).error().code, QString("runtime-folder-insecure"));
    }

    void socket_ofSomebodyElseOrALink_isRefused() {
        QTemporaryDir dir;
        const QString path = dir.filePath("socket");
        QVERIFY(checkSocket(path)); // nothing there: connecting says so
        QCOMPARE(mknod(QFile::encodeName(path).constData(), S_IFSOCK | 0600, 0), 0);
        QVERIFY(checkSocket(path));
        QVERIFY(QFile::link(path, dir.filePath("link")));
        QCOMPARE(checkSocket(dir.filePath("link")).error().code, QString("socket-foreign"));
        if (geteuid() != 0)
            QSKIP("only root can give a socket to another user");
        QCOMPARE(chown(QFile::encodeName(path).constData(), 65534, 65534), 0);
        const auto checked = checkSocket(path);
        QVERIFY(!checked);
        QVERIFY(checked.error().message.contains("belongs to another user"));
    }

    void create_noParent_fails() {
        QCOMPARE(RuntimeFolder::create("/no/such/parent").error().code, QString("runtime-folder-failed"));
    }

    void create_longPath_isRefusedAndRemoved() {
        const QString base = newBase() + QString(70, 'x');
        QCOMPARE(RuntimeFolder::create(base).error().code, QString("runtime-folder-too-long"));
        QVERIFY(QDir(base).entryList({"run-*"}, QDir::Dirs).isEmpty());
    }

    void move_keepsOneOwner() {
        auto first = RuntimeFolder::create(newBase());
        QVERIFY(first);
        const QString path = first->path();
        {
            const RuntimeFolder second = *std::move(first);
            QCOMPARE(second.path(), path);
            QVERIFY(first->path().isEmpty());
        }
        QVERIFY(!QFileInfo::exists(path));
    }

    void runtimeBase_followsTheEnvironment() {
        const QString fallback = u"/tmp/nitroscope-%1"_s.arg(geteuid());
        const QString own = newBase();
        QDir().mkpath(own);
        ::chmod(qPrintable(own), 0700);
        qputenv("XDG_RUNTIME_DIR", own.toLocal8Bit());
        QCOMPARE(runtimeBase(), own + "/nitroscope");
        ::chmod(qPrintable(own), 0755);
        QCOMPARE(runtimeBase(), fallback);
        qputenv("XDG_RUNTIME_DIR", "/no/such/folder");
        QCOMPARE(runtimeBase(), fallback);
        qputenv("XDG_RUNTIME_DIR", "relative");
        QCOMPARE(runtimeBase(), fallback);
        qunsetenv("XDG_RUNTIME_DIR");
        QCOMPARE(runtimeBase(), fallback);
    }
};

QTEST_GUILESS_MAIN(TestRuntimeFolder)
#include "tst_runtime_folder.moc"
