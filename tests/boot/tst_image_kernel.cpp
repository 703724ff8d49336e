// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel that build-enclave puts under an image has what programs find in AWS's: one boot, in which a program tries
// each thing. The kernel is built when it is first needed, which no test does by itself.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/init_image.hpp"
#include "tests/unit/cli/command.hpp"

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;

class ImageKernel : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QByteArray m_console, m_said;

    static QString rootfs(const QString &folder) {
        const QString root = folder + "/root";
        for (const char *name : {"dev", "run", "sys", "proc", "tmp", "bin"})
            QDir().mkpath(root + '/' + QLatin1String(name));
        QFile::copy(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/guest/kernel_probe"),
                    root + "/bin/kernel-probe");
        return root;
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        QProcess where;
        where.start(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/build-kernel"), {"--for-images", "--where"});
        QVERIFY(where.waitForFinished(60'000));
        if (where.exitCode() != 0)
            QSKIP(
                "the kernel for images takes minutes to build, so no test does it: tests/enclave/build-kernel --for-images");
        qunsetenv("NITROSCOPE_KERNEL");
        const QString eif = m_folder.filePath("image.eif");
        const auto built =
            nitroscope::tests::runCommand({"build-enclave", "--rootfs", rootfs(m_folder.path()), "--cmd",
                                           "kernel-probe", "--output-file", eif});
        QVERIFY2(built.exitCode == 0, built.error);
        m_said = built.error;
        constexpr int endSeconds = 300;
        Guest guest;
        QVERIFY2(guest.start({"-M", "nitro-enclave", "-kernel", eif, "-m", "256"}), guest.errorOutput());
        QVERIFY2(guest.waitForExit(endSeconds), guest.console().right(3000));
        m_console = guest.console();
        QVERIFY2(m_console.contains("kernel: done"), m_console.right(3000));
    }

    void build_saysWhichKernelWentIn() {
        QVERIFY2(m_said.contains("with what AWS's has (") && m_said.contains("/bzImage)"), m_said);
    }

    void feature_ofAwsKernel_isThere_data() {
        QTest::addColumn<QByteArray>("line");
        for (const char *name : {"inotify",
                                 "fanotify",
                                 "aio",
                                 "io_uring",
                                 "shared memory of System V",
                                 "semaphores of System V",
                                 "messages of System V",
                                 "messages of POSIX",
                                 "seccomp",
                                 "bpf",
                                 "keys",
                                 "userfaultfd",
                                 "mount namespace",
                                 "uts namespace",
                                 "ipc namespace",
                                 "user namespace",
                                 "pid namespace",
                                 "net namespace",
                                 "IPv6",
                                 "AF_PACKET",
                                 "AF_ALG",
                                 "vsock loopback",
                                 "tun",
                                 "loop",
                                 "core dumps",
                                 "cgroup cpu",
                                 "cgroup cpuacct",
                                 "cgroup cpuset",
                                 "cgroup memory",
                                 "cgroup devices",
                                 "cgroup freezer",
                                 "cgroup pids",
                                 "cgroup blkio",
                                 "cgroup hugetlb",
                                 "cgroup perf_event",
                                 "cgroup net_cls",
                                 "cgroup net_prio"})
            QTest::newRow(name) << "kernel: " + QByteArray(name) + " yes\r\n";
        QTest::newRow("128 processors") << QByteArray("kernel: highest cpu 127\r\n");
    }
    void feature_ofAwsKernel_isThere() {
        QFETCH(QByteArray, line);
        QVERIFY2(m_console.contains(line), m_console.right(3000));
    }

    void program_ends_withoutComplaint() {
        QVERIFY2(!m_console.contains("child exited") && !m_console.contains("Kernel panic"),
                 m_console.right(3000));
    }
};

QTEST_GUILESS_MAIN(ImageKernel)
#include "tst_image_kernel.moc"
