// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-cli is killed while its QEMU can do nothing: a thread of a processor holds QEMU's big lock and waits
// for somebody to read what it writes. QEMU ends all the same, at once.
#include "tests/boot/support/guest.hpp"
#include "tests/unit/cli/command.hpp"

#include <fcntl.h>
#include <QDir>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

using nitroscope::test::Guest;
using namespace nitroscope::tests;
using namespace Qt::StringLiterals;

namespace {

// Fields of /proc/PID/stat from the third, the state, on.
QByteArrayList statOf(qint64 process) {
    QFile file(u"/proc/%1/stat"_s.arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray stat = file.readAll();
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ');
}

qint64 childOf(qint64 parent) {
    for (const QString &name : QDir(u"/proc"_s).entryList(QDir::Dirs)) {
        const QByteArrayList stat = statOf(name.toLongLong());
        if (stat.size() > 1 && stat[1].toLongLong() == parent)
            return name.toLongLong();
    }
    return 0;
}

// Nobody may be there to collect it.
bool hasEnded(qint64 process) {
    const QByteArrayList stat = statOf(process);
    return stat.isEmpty() || stat[0] == "Z" || stat[0] == "X";
}

} // namespace

class ParentsEnd : public QObject {
    Q_OBJECT

private slots:
    void parent_killedWhileTheBigLockIsHeld_takesQemuAlong() {
        NITROSCOPE_REQUIRE_GUEST();
        constexpr int startMs = 120'000, endMs = 10'000, almostFull = 60'000; // bytes, of a pipe's 64 KiB
        const QTemporaryDir folder;
        qputenv("XDG_RUNTIME_DIR", folder.path().toLocal8Bit());
        // Every access to a device is told, under the lock, to a pipe that is open at both ends and never read.
        const QByteArray pipe = folder.filePath(u"pipe"_s).toLocal8Bit();
        QCOMPARE(mkfifo(pipe.constData(), 0600), 0);
        const int reader = open(pipe.constData(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
        QVERIFY(reader >= 0);
        QFile script(folder.filePath(u"qemu"_s));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write("#!/bin/sh\nexec '" + Guest::qemu().toLocal8Bit() +
                     "' \"$@\" -trace 'memory_region_ops_*' 2<>'" + pipe + "'\n");
        script.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner);
        script.close();

        QProcess parent;
        startCommand(parent, {"run-enclave", "--attach-console", "--qemu", script.fileName(), "--eif-path",
                              Guest::demoEif()});
        const auto waiting = [reader] {
            int bytes = 0;
            return ioctl(reader, FIONREAD, &bytes) == 0 ? bytes : -1;
        };
        QTRY_VERIFY_WITH_TIMEOUT(waiting() >= almostFull, startMs);
        const qint64 qemu = childOf(parent.processId());
        QVERIFY(qemu > 0 && !hasEnded(qemu));
        parent.kill();
        QVERIFY(parent.waitForFinished());
        QTRY_VERIFY_WITH_TIMEOUT(hasEnded(qemu), endMs);
        close(reader);
    }
};

QTEST_GUILESS_MAIN(ParentsEnd)
#include "tst_parents_end.moc"
