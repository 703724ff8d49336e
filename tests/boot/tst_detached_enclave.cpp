// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave in the background, on the real machine: started, described, read and ended by the commands
// that nitro-cli's users have in their scripts.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"
#include "tests/unit/cli/command.hpp"

#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using nitroscope::test::Guest;
using nitroscope::test::RawEif;
using namespace nitroscope::tests;

namespace {

const QString vmlinux = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/vmlinux");

QByteArray outputOf(const QString &program, const QStringList &arguments) {
    constexpr int patienceMs = 120'000;
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    process.waitForFinished(patienceMs);
    return process.readAll();
}

// A core file of the running enclave as gdb, crash and drgn read it; those that this computer has.
void compareCore(const QString &id) {
    const QTemporaryDir folder; // not the enclave's: the file is what was asked for
    const QString core = folder.filePath("core");
    const auto written = runCommand({"kernel", "vmcore", "--enclave-id", id, "-o", core});
    QVERIFY2(written.exitCode == 0, written.error);
    QVERIFY(!(QFile::permissions(core) & (QFileDevice::ReadGroup | QFileDevice::ReadOther)));
    // It goes on: what it says of itself comes after.
    QCOMPARE(runCommand({"kernel", "log", "--enclave-id", id}).exitCode, 0);
    const QByteArray release = QRegularExpression("Linux version (\\S+)")
                                   .match(runCommand({"kernel", "log", "--enclave-id", id}).output)
                                   .captured(1)
                                   .toUtf8();
    QVERIFY(!release.isEmpty());

    static const QRegularExpression slideText("symbol-file -o (0x[0-9a-f]+)");
    const QString slide = slideText.match(written.error).captured(1);
    const QByteArray headers = outputOf("readelf", {"-W", "-n", "-l", core});
    QVERIFY2(headers.contains("NT_PRSTATUS") && headers.contains("VMCOREINFO"), headers.left(2000));
    const QByteArray said =
        outputOf("gdb", {"-nx", "-batch", "-ex", "core-file " + core, "-ex",
                         "symbol-file -o " + (slide.isEmpty() ? QString("0") : slide) + ' ' + vmlinux, "-ex",
                         "printf \"%s\", linux_banner", "-ex", "info registers rip cs", "-ex", "backtrace"});
    QVERIFY2(said.contains("Linux version " + release), said);
    // The demo waits for what is typed: its CPU is idle in the kernel.
    static const QRegularExpression program("rip +0x[0-9a-f]+ +0xffffffff[0-9a-f]+ <\\w+");
    QVERIFY2(program.match(QString::fromUtf8(said)).hasMatch(), said);
    QVERIFY2(said.contains("do_idle") && said.contains("start_kernel"), said);

    if (QStandardPaths::findExecutable("drgn").isEmpty()) {
        qInfo("drgn is not looked at here: this computer has none");
    } else {
        const QByteArray answer =
            outputOf("drgn", {"-c", core, "-s", vmlinux, "-e",
                              "print(prog['init_uts_ns'].name.release.string_().decode())"});
        QVERIFY2(answer.contains(release), answer);
    }
    if (QStandardPaths::findExecutable("crash").isEmpty()) {
        qInfo("crash is not looked at here: this computer has none");
    } else {
        QFile commands(folder.filePath("commands"));
        QVERIFY(commands.open(QIODevice::WriteOnly));
        commands.write("sys\nps\nquit\n");
        commands.close();
        const QByteArray answer = outputOf("crash", {"-s", "-i", commands.fileName(), vmlinux, core});
        QVERIFY2(answer.contains(release) && answer.contains("kthreadd"), answer);
    }
}

} // namespace

class DetachedEnclave : public QObject {
    Q_OBJECT

private slots:
    void demo_inTheBackground_isDescribedReadAndEnded() {
        NITROSCOPE_REQUIRE_GUEST();
        constexpr int bootMs = 240'000;
        const QTemporaryDir runtime;
        qputenv("XDG_RUNTIME_DIR", runtime.path().toLocal8Bit());
        const auto started =
            runCommand({"run-enclave", "--eif-path", Guest::demoEif(), "--enclave-name", "demo"});
        QVERIFY2(started.exitCode == 0, started.error);
        const QString id = QJsonDocument::fromJson(started.output).object()["EnclaveID"].toString();

        QProcess console;
        startCommand(console, {"console", "--enclave-name", "demo"});
        QByteArray said;
        QElapsedTimer clock;
        clock.start();
        while (!said.contains("nitroscope-demo: ready") && clock.elapsed() < bootMs &&
               console.waitForReadyRead(bootMs))
            said += console.readAllStandardOutput();
        QVERIFY2(said.contains("nitroscope-demo: ready"), said.right(2000));

        const auto list = QJsonDocument::fromJson(runCommand({"describe-enclaves"}).output).array();
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0]["State"].toString(), QString("RUNNING"));
        const RawEif eif = RawEif::read(Guest::demoEif());
        for (const int index : {0, 1, 2})
            QCOMPARE(list[0]["Measurements"][QString("PCR%1").arg(index)].toString().toLatin1(),
                     eif.pcr(index).toHex());

        // Another process looks into its memory while it runs.
        const auto log = runCommand({"kernel", "log", "--enclave-id", id});
        QVERIFY2(log.exitCode == 0, log.error);
        QVERIFY2(log.output.contains("Linux version 6."), log.output.left(300));
        const auto tasks = runCommand({"kernel", "tasks", "--enclave-name", "demo"});
        QVERIFY2(tasks.exitCode == 0, tasks.error);
        QVERIFY2(tasks.output.contains("demo-app") && tasks.output.contains("kthreadd"), tasks.output);

        compareCore(id);
        if (QTest::currentTestFailed())
            return;

        // It is in no file: what the enclave keeps secret reaches no disk.
        constexpr qint64 largest = 8 << 20;
        for (QDirIterator files(runtime.path(), QDir::Files, QDirIterator::Subdirectories); files.hasNext();)
            QVERIFY2(QFileInfo(files.next()).size() < largest, qPrintable(files.filePath()));

        QCOMPARE(runCommand({"terminate-enclave", "--enclave-id", id}).exitCode, 0);
        QVERIFY(runCommand({"kernel", "log", "--enclave-id", id}).exitCode != 0);
        QCOMPARE(finishCommand(console).exitCode, 0);
        QVERIFY(runCommand({"console", "--enclave-id", id}).output.contains("nitroscope-demo: ready"));
        QCOMPARE(runCommand({"describe-enclaves"}).output.trimmed(), QByteArray("[]"));
    }
};

QTEST_GUILESS_MAIN(DetachedEnclave)
#include "tst_detached_enclave.moc"
