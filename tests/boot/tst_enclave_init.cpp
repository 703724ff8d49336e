// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an image's program finds and what init says, under the init that build-enclave puts in and under AWS's,
// where nitro-cli's blobs are at hand. Each row is a row of the table in docs/enclave-init.md; rows of one image
// share its boot.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/init_image.hpp"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;

Q_DECLARE_METATYPE(InitImage)

namespace {

// From the first line of the probe or of init's own to the end, as plain lines.
QByteArrayList linesOf(QByteArray console) {
    return console.replace('\r', "").split('\n');
}

QByteArrayList probeLines(const QByteArray &console) {
    QByteArrayList lines;
    for (const QByteArray &line : linesOf(console))
        if (line.startsWith("probe: mount rootfs "))
            lines << line.left(line.indexOf(",size=")); // how much is free depends on init's own size
        else if (line.startsWith("probe: "))
            lines << line;
    return lines;
}

InitImage image(const QByteArray &command) {
    InitImage made;
    made.command = command;
    return made;
}

InitImage without(const char *folder) {
    InitImage made = image("probe\n");
    made.folders.removeAll(QString::fromLatin1(folder));
    return made;
}

InitImage changed(InitImage made, const std::function<void(InitImage &)> &change) {
    change(made);
    return made;
}

// An image that works, with everything in it that the probe's report is about.
InitImage reportImage() {
    return changed(image("probe\ntwo words\n\nlast"), [](InitImage &made) {
        made.environment = "PATH=/usr/local/bin:/bin\nTEXT=two words\nEMPTY=\nTEXT=again";
        made.probes << "usr/local/bin/probe";
    });
}

// Its program has no name that init finds by itself, and there is a shell that tells how it was called.
InitImage shellImage() {
    return changed(image("script\nword\n"), [](InitImage &made) {
        made.programs["usr/bin/script"] = "echo never reached\n";
        made.probes << "bin/sh";
    });
}

} // namespace

class EnclaveInit : public QObject {
    Q_OBJECT

    struct Boot {
        QByteArray console;
        bool hasEnded = false;
    };

    // Boots the image of the current row under one of the two inits, once.
    const Boot *boot(const InitImage &image, const QString &init, const QString &name,
                     const QString &heartbeat) {
        const QString key = init + u'\n' + name;
        if (const auto known = m_boots.constFind(key); known != m_boots.constEnd())
            return &*known;
        const QTemporaryDir folder;
        const QString eif = makeInitImage(image, init, folder.path());
        if (eif.isEmpty())
            return nullptr;
        constexpr int endSeconds = 180;
        Guest guest;
        Boot made;
        if (!guest.start({"-M", "nitro-enclave,heartbeat=" + heartbeat, "-kernel", eif, "-m", "128"}))
            return nullptr;
        made.hasEnded = guest.waitForExit(endSeconds);
        made.console = guest.console();
        return &*m_boots.insert(key, made);
    }

    void checkRow(const QString &init) {
        QFETCH(QString, imageName);
        QFETCH(InitImage, image);
        QFETCH(QString, heartbeat);
        QFETCH(QByteArrayList, said);
        QFETCH(QByteArrayList, unsaid);
        const Boot *booted = boot(image, init, imageName, heartbeat);
        QVERIFY2(booted, "the image cannot be made or started; build everything first");
        const QByteArray end = booted->console.right(3000);
        QVERIFY2(booted->hasEnded, end);
        const QByteArrayList lines = linesOf(booted->console);
        for (const QByteArray &line : said) {
            const auto matches = [&line](const QByteArray &candidate) {
                // Of the kernel's own lines, which have a time, the end is enough.
                return candidate == line || (candidate.startsWith('[') && candidate.contains(line));
            };
            QVERIFY2(std::any_of(lines.begin(), lines.end(), matches), line + "\nis not in\n" + end);
        }
        for (const QByteArray &words : unsaid)
            QVERIFY2(!booted->console.contains(words), words + "\nis in\n" + end);
    }

    void addRows() {
        QTest::addColumn<QString>("imageName");
        QTest::addColumn<InitImage>("image");
        QTest::addColumn<QString>("heartbeat");
        QTest::addColumn<QByteArrayList>("said");
        QTest::addColumn<QByteArrayList>("unsaid");
        const auto row = [](const char *name, const char *imageName, const InitImage &image,
                            const QByteArrayList &said, const QByteArrayList &unsaid = {},
                            const char *heartbeat = "on") {
            QTest::newRow(name) << QString::fromLatin1(imageName) << image << QString::fromLatin1(heartbeat)
                                << said << unsaid;
        };
        const auto report = [&row](const char *name, const QByteArrayList &said,
                                   const QByteArrayList &unsaid = {}) {
            row(name, "report", reportImage(), said, unsaid);
        };
        report("the program is searched in init's own PATH", {"probe: program /bin/probe"});
        report("arguments: one in each line of cmd",
               {"probe: argument 0 [probe]", "probe: argument 1 [two words]", "probe: argument 2 []",
                "probe: argument 3 [last]"},
               {"argument 4"});
        report("environment: the lines of env and nothing else",
               {"probe: variable [PATH=/usr/local/bin:/bin]", "probe: variable [TEXT=two words]",
                "probe: variable [EMPTY=]", "probe: variable [TEXT=again]"},
               {"HOME=", "TERM="});
        report("standard descriptors: the console, no others",
               {"probe: descriptor 0 /dev/console reads terminal",
                "probe: descriptor 1 /dev/console writes terminal",
                "probe: descriptor 2 /dev/console writes terminal"},
               {"descriptor 3", "descriptor 4", "descriptor 5", "descriptor 6", "descriptor 7"});
        report("a session of its own without a controlling terminal",
               {"probe: session own group own", "probe: controlling terminal No such device or address",
                "probe: parent 1"});
        report("signals: none blocked or ignored, all blocked in init",
               {"probe: status self SigBlk: 0000000000000000", "probe: status self SigIgn: 0000000000000000",
                "probe: status 1 SigBlk: fffffffe7ffbfeff", "probe: status 1 Name: init"});
        report("root, umask 022, in /", {"probe: status self Uid: 0 0 0 0", "probe: status self Gid: 0 0 0 0",
                                         "probe: status self Umask: 0022", "probe: directory /"});
        report("cmd, env and the first ramdisk are out of sight",
               {"probe: file /env is not there", "probe: file /cmd is not there",
                "probe: file /init is not there", "probe: file /rootfs is not there"});
        report("links in /dev",
               {"probe: link /dev/fd /proc/self/fd", "probe: link /dev/stdin /proc/self/fd/0",
                "probe: link /dev/stdout /proc/self/fd/1", "probe: link /dev/stderr /proc/self/fd/2"});
        report("modes of the folders",
               {"probe: mode /tmp 1777", "probe: mode /run 0755", "probe: mode /dev/shm 1777",
                "probe: mode /dev/pts 0755", "probe: mode /sys/fs/cgroup 0755"});
        report("/tmp and /run: programs there do not run",
               {"probe: run from /tmp Permission denied", "probe: run from /run Permission denied"});
        report("orphans are reaped", {"probe: orphan reaped"});
        report("an end without error says nothing and reboots", {"probe: done", "reboot: Restarting system"},
               {"child exited", "Kernel panic"});

        row("a script without #! goes to sh", "shell", shellImage(),
            {"probe: argument 0 [/bin/sh]", "probe: argument 1 [/usr/bin/script]",
             "probe: argument 2 [word]"});
        row("program only in the image's PATH", "image's PATH",
            changed(image("local-probe\n"),
                    [](InitImage &made) {
                        made.environment = "PATH=/usr/local/bin:/bin\n";
                        made.probes = QStringList{"usr/local/bin/local-probe"};
                    }),
            {"execvpe: local-probe: No such file or directory", "child exited with error",
             "reboot: Restarting system"},
            {"Kernel panic"});
        row("relative program: from /", "relative", image("bin/probe\nexit\n0\n"),
            {"probe: argument 0 [bin/probe]", "reboot: Restarting system"}, {"child exited"});
        row("blank first line of cmd", "blank", image("\nprobe\n"),
            {"execvpe: No such file or directory", "child exited with error"}, {"Kernel panic"});
        row("program without the right to execute", "no right",
            changed(image("/bin/text\n"), [](InitImage &made) { made.files["bin/text"] = "#!/bin/sh\n"; }),
            {"execvpe: /bin/text: Permission denied", "child exited with error"}, {"Kernel panic"});
        row("interpreter that is not there", "interpreter",
            changed(image("/bin/script\n"),
                    [](InitImage &made) { made.programs["bin/script"] = "#!/bin/bash\n"; }),
            {"execvpe: /bin/script: No such file or directory", "child exited with error"});
        row("exit status other than 0", "exit 3", image("probe\nexit\n3\n"),
            {"child exited with error", "reboot: Restarting system"}, {"Kernel panic"});
        row("exit status 0", "exit 0", image("probe\nexit\n0\n"), {"reboot: Restarting system"},
            {"child exited", "Kernel panic"});
        row("end by a signal", "signal", image("probe\nsignal\n11\n"),
            {"child exited by signal", "reboot: Restarting system"}, {"Kernel panic", "with error"});
        row("empty cmd and env: sh and init's PATH", "empty",
            changed(image(""),
                    [](InitImage &made) {
                        made.environment = "";
                        made.probes << "sbin/sh";
                    }),
            {"probe: program /sbin/sh", "probe: argument 0 [sh]",
             "probe: variable [PATH=/sbin:/usr/sbin:/bin:/usr/bin]"});

        row("no env", "no env", changed(image("probe\n"), [](InitImage &made) { made.environment = {}; }),
            {"Could not open /env file: No such file or directory",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"});
        row("no cmd", "no cmd", changed(image("probe\n"), [](InitImage &made) { made.command = {}; }),
            {"Could not open /env file: No such file or directory",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"});
        row("no rootfs", "no rootfs",
            changed(image("probe\n"), [](InitImage &made) { made.hasRootfs = false; }),
            {"mount --bind /rootfs /rootfs: No such file or directory",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200"});
        for (const char *folder : {"dev", "proc", "run", "tmp", "sys"})
            row(qPrintable(QString("no /%1").arg(folder)), qPrintable(QString("no %1").arg(folder)),
                without(folder),
                {QByteArray("mount: /") + folder + ": No such file or directory",
                 "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200"});
        row("the parent does not answer the heartbeat's connection", "heartbeat off", image("probe\n"),
            {"connect: Connection reset by peer",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00006800"},
            {"probe:"}, "off");
        row("the parent answers the heartbeat with another byte", "heartbeat wrong", image("probe\n"),
            {"received wrong heartbeat: Unknown error -22",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000ea00"},
            {"probe:"}, "wrong");
        row("nsm.ko that is no module", "nsm.ko",
            changed(image("probe\n"), [](InitImage &made) { made.nsmModule = "no module"; }),
            {"failed to insert nsm driver: Exec format error",
             "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000800"});
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        if (ownInit().isEmpty())
            QSKIP("build/demo/guest/image_init has not been built (./workbench build)");
    }

    void ownInit_row_isAsDocumented_data() { addRows(); }
    void ownInit_row_isAsDocumented() { checkRow(ownInit()); }

    void awsInit_row_isAsDocumented_data() { addRows(); }
    void awsInit_row_isAsDocumented() {
        if (awsInit().isEmpty())
            QSKIP("AWS's init is not at hand: set NITRO_CLI_BLOBS to nitro-cli's blobs/x86_64");
        checkRow(awsInit());
    }

    // Mounts have many options, and more facts may come: whatever the probe sees must be the same.
    void report_underBothInits_isTheSame() {
        if (awsInit().isEmpty())
            QSKIP("AWS's init is not at hand: set NITRO_CLI_BLOBS to nitro-cli's blobs/x86_64");
        const Boot *own = boot(reportImage(), ownInit(), "report", "on");
        const Boot *aws = boot(reportImage(), awsInit(), "report", "on");
        QVERIFY(own && aws);
        QVERIFY2(probeLines(own->console).contains("probe: done"), own->console.right(3000));
        QCOMPARE(probeLines(own->console), probeLines(aws->console));
    }

    void report_mounts_areAwsMounts() {
        const Boot *own = boot(reportImage(), ownInit(), "report", "on");
        QVERIFY(own);
        QStringList mounts;
        static const QRegularExpression sizes(",(size|nr_inodes|mode|ptmxmode|inode64)(=[^, ]*)?");
        for (const QByteArray &line : probeLines(own->console))
            if (line.startsWith("probe: mount "))
                mounts << QString::fromUtf8(line.mid(13)).remove(sizes);
        QCOMPARE(mounts, QStringList({
                             "rootfs / rootfs rw",
                             "dev /dev devtmpfs rw,nosuid,noexec,relatime 0 0",
                             "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
                             "tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime 0 0",
                             "tmpfs /tmp tmpfs rw,nosuid,nodev,noexec,relatime 0 0",
                             "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime 0 0",
                             "devpts /dev/pts devpts rw,nosuid,noexec,relatime 0 0",
                             "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0",
                             "cgroup_root /sys/fs/cgroup tmpfs rw,nosuid,nodev,noexec,relatime 0 0",
                         }));
    }

private:
    QMap<QString, Boot> m_boots;
};

QTEST_GUILESS_MAIN(EnclaveInit)
#include "tst_enclave_init.moc"
