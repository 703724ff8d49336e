// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which kernel `build-enclave` puts under an image, and what happens when the one for images has to be built first. Its build
// is played by a source tree whose Makefile waits; the real one is tst_image_kernel's.
#include "command.hpp"

#include <csignal>
#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/file.h>
#include <unistd.h>

using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;

class TestUsualKernel : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    void write(const QString &name, const QByteArray &bytes) const {
        QVERIFY(QDir().mkpath(QFileInfo(path(name)).path()));
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
    static QProcessEnvironment with(std::initializer_list<std::pair<const char *, QString>> variables) {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.remove(u"NITROSCOPE_KERNEL"_s);
        for (const auto &[name, value] : variables)
            environment.insert(QString::fromLatin1(name), value);
        return environment;
    }
    CommandResult build(const QProcessEnvironment &environment, const QStringList &more = {}) const {
        QProcess process;
        process.setProcessEnvironment(environment);
        startCommand(process, arguments() + more);
        process.closeWriteChannel();
        return finishCommand(process);
    }
    QStringList arguments() const {
        return {u"build-enclave"_s, u"--rootfs"_s,      path(u"root"_s),   u"--cmd"_s,
                u"/app"_s,          u"--output-file"_s, path(u"out.eif"_s)};
    }

private slots:
    void initTestCase() { write(u"root/app"_s, "#!/bin/sh\n"); }
    void init() { QFile::remove(path(u"out.eif"_s)); }

    void kernel_demo_isSaidToLackMuch() {
        for (const CommandResult &result :
             {build(with({}), {u"--kernel"_s, u"demo"_s}), build(with({{"NITROSCOPE_KERNEL", u"demo"_s}}))}) {
            if (result.error.contains("The demo's kernel is not there"))
                QSKIP("the demo enclave has not been built: ./workbench build");
            QVERIFY2(result.exitCode == 0, result.error);
            QVERIFY2(result.error.contains("Kernel: the demo's, which lacks much of what AWS's has"),
                     result.error);
        }
    }

    void kernel_variableNamesAFile_isThatFileUnlessAnotherIsNamed() {
        const CommandResult result = build(with({{"NITROSCOPE_KERNEL", path(u"no-kernel"_s)}}));
        QVERIFY2(result.exitCode != 0 && result.error.contains("no-kernel"), result.error);
        const CommandResult other =
            build(with({{"NITROSCOPE_KERNEL", path(u"no-kernel"_s)}}), {u"--kernel"_s, path(u"none"_s)});
        QVERIFY2(other.exitCode != 0 && other.error.contains("none") && !other.error.contains("no-kernel"),
                 other.error);
    }

    void kernel_sourceIsMissing_noneIsBuiltForIt() {
        for (const char *option : {"--rootfs", "--image"}) {
            QProcess process;
            process.setProcessEnvironment(
                with({{"NITROSCOPE_CACHE", path(u"cache"_s)}, {"KERNEL_SOURCE", path(u"none"_s)}}));
            startCommand(process, {u"build-enclave"_s, QString::fromLatin1(option), path(u"missing"_s),
                                   u"--cmd"_s, u"/app"_s, u"--output-file"_s, path(u"out.eif"_s)});
            const CommandResult result = finishCommand(process);
            QVERIFY2(result.exitCode != 0 && result.error.contains("missing") &&
                         !result.error.contains("KERNEL_SOURCE"),
                     result.error);
        }
    }

    // Minutes would go into a kernel for which there is no image.
    void kernel_imageIsForAnotherProcessor_noneIsBuiltForIt() {
        write(u"arm/oci-layout"_s, R"({"imageLayoutVersion":"1.0.0"})");
        write(u"arm/index.json"_s, R"({"manifests":[{"platform":{"os":"linux","architecture":"arm64"},)"
                                   R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                                   R"("digest":"sha256:00","size":2}]})");
        QProcess process;
        process.setProcessEnvironment(
            with({{"NITROSCOPE_CACHE", path(u"cache"_s)}, {"KERNEL_SOURCE", path(u"none"_s)}}));
        startCommand(process, {u"build-enclave"_s, u"--image"_s, path(u"arm"_s), u"--output-file"_s,
                               path(u"out.eif"_s)});
        const CommandResult result = finishCommand(process);
        QCOMPARE(result.exitCode, 48);
        QVERIFY2(result.error.contains("arm64") && !result.error.contains("KERNEL_SOURCE"), result.error);
    }

    void kernel_cannotBeBuilt_saysWhyAndWhatElse() {
        const CommandResult result =
            build(with({{"NITROSCOPE_CACHE", path(u"cache"_s)}, {"KERNEL_SOURCE", path(u"none"_s)}}));
        QVERIFY(result.exitCode != 0);
        QVERIFY2(result.error.contains("KERNEL_SOURCE is set to"), result.error);
        QVERIFY2(result.error.contains("--kernel FILE") && result.error.contains("--kernel demo"),
                 result.error);
        QVERIFY(!QFile::exists(path(u"out.eif"_s)));
    }

    // Whoever stops build-enclave stops the kernel's build, to the last of its processes.
    void kernel_signalWhileItIsBuilt_endsTheBuild() {
        write(u"source/Kbuild"_s, "");
        write(u"source/Makefile"_s, "allnoconfig:\n\tflock \"$$NITROSCOPE_CACHE/held\" sleep 1000\n");
        QProcess process;
        process.setProcessEnvironment(
            with({{"NITROSCOPE_CACHE", path(u"cache"_s)}, {"KERNEL_SOURCE", path(u"source"_s)}}));
        startCommand(process, arguments());
        const QByteArray lock = QFile::encodeName(path(u"cache/held"_s));
        const auto isHeld = [&] {
            const int file = open(lock.constData(), O_RDWR | O_CLOEXEC);
            if (file < 0)
                return false;
            const bool isFree = flock(file, LOCK_EX | LOCK_NB) == 0;
            close(file);
            return !isFree;
        };
        constexpr int patienceMs = 60'000;
        if (!QTest::qWaitFor([&] { return isHeld() || process.state() == QProcess::NotRunning; },
                             patienceMs) ||
            !isHeld()) {
            process.kill();
            QVERIFY2(finishCommand(process).error.contains("is not installed"), "the build did not begin");
            QSKIP("what a kernel is built with is missing");
        }
        kill(pid_t(process.processId()), SIGTERM);
        const CommandResult result = finishCommand(process);
        QCOMPARE(result.exitCode, 128 + SIGTERM);
        QTRY_VERIFY_WITH_TIMEOUT(!isHeld(), patienceMs);
        QVERIFY(!QFile::exists(path(u"out.eif"_s)));
    }
};

QTEST_GUILESS_MAIN(TestUsualKernel)
#include "tst_usual_kernel.moc"
