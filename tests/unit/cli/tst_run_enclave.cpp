// SPDX-License-Identifier: GPL-2.0-or-later
//
// run-enclave with fake_qemu: what goes where, and which exit code says what happened.
#include "command.hpp"

#include <csignal>
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;

namespace {

QStringList run(const QStringList &more = {}) {
    return QStringList{"run-enclave", "--eif-path", "/some.eif", "--attach-console"} + more;
}

} // namespace

class TestRunEnclave : public QObject {
    Q_OBJECT
    QTemporaryDir m_runtime;

private slots:
    void initTestCase() {
        QVERIFY(m_runtime.isValid());
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
        qunsetenv("DISPLAY");
        qunsetenv("QT_QPA_PLATFORM");
    }

    void cleanup() {
        const QDir base(m_runtime.path() + "/nitroscope");
        QVERIFY2(base.entryList({"run-*"}, QDir::Dirs).isEmpty(), "a run left its folder behind");
    }

    void usage_wrong_exitsWith1_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("words");
        const auto row = [](const char *name, const QStringList &arguments, const char *words) {
            QTest::newRow(name) << arguments << QByteArray(words);
        };
        row("nothing", {}, "run-enclave");
        row("unknown command", {"dance"}, "dance");
        row("no EIF", {"run-enclave", "--attach-console"}, "--eif-path");
        row("memory is no number", run({"--memory", "much"}), "--memory");
        row("no memory", run({"--memory", "0"}), "--memory");
        row("negative memory", run({"--memory", "-5"}), "--memory");
        row("no processor", run({"--cpu-count", "0"}), "--cpu-count");
        row("too many processors", run({"--cpu-count", "129"}), "--cpu-count");
        row("strict what", run({"--strict", "maybe"}), "--strict");
        row("timeout is no number", run({"--timeout", "soon"}), "--timeout");
        row("unknown option", run({"--colour"}), "--colour");
        row("route without form", run({"--vsock-route", "8000"}), "such as 8000=tcp:127.0.0.1:80");
        row("route to nowhere", run({"--vsock-route", "8000=tcp:localhost"}), "a port from 1 to 65535");
        row("route to a relative path", run({"--vsock-route", "1=unix:a"}), "must be absolute");
        row("two routes", run({"--vsock-route", "1=echo", "--vsock-route", "1=refuse"}), "has two routes");
        row("two routes in one", run({"--vsock-route", "1=echo;2=echo"}), "each route is one of its own");
        row("long vsock path", run({"--vsock-path", '/' + QString(100, 'a')}), "choose a shorter one");
        row("heartbeat what", run({"--heartbeat", "maybe"}), "delay=MILLISECONDS");
        row("CID of the parent", run({"--enclave-cid", "3"}), "--enclave-cid");
    }

    void usage_wrong_exitsWith1() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, words);
        const auto result = runCommand(arguments);
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains(words), result.error);
        QVERIFY(result.output.isEmpty());
    }

    void attachConsole_calledAsNitroCli_isDebugMode() {
        QTemporaryDir folder;
        const QString link = folder.filePath("nitro-cli");
        QVERIFY(QFile::link(qEnvironmentVariable("NITROSCOPE_CLI"), link));
        qputenv("NITROSCOPE_FAKE_QEMU", "reboot");
        const auto own = runCommand(run());
        QVERIFY2(own.error.contains("nitro-cli would turn on --debug-mode"), own.error);
        QProcess process;
        process.start(link, run());
        const auto nitroCli = finishCommand(process);
        QCOMPARE(nitroCli.exitCode, 0);
        QVERIFY2(nitroCli.error.contains("Debug mode: PCR 0, 1, 2 and 8 read as zero."), nitroCli.error);
        QVERIFY(runCommand({"run-enclave", "--help"})
                    .output.simplified()
                    .contains("Called as nitro-cli, it also turns on"));
    }

    void help_listsExitCodes() {
        const auto result = runCommand({"run-enclave", "--help"});
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.contains("the guest's kernel panicked"));
        QCOMPARE(runCommand({"--version"}).output.left(15), QByteArray("nitroscope-cli "));
    }

    void help_listsEachOptionOfTheTable() {
        const QString help = QString::fromUtf8(runCommand({"run-enclave", "--help"}).output);
        QVERIFY(help.contains("--cpu-count N") && help.contains("(1 to 128) [1]"));
        QVERIFY(help.contains("--strict on|off"));
        QVERIFY(help.contains("--no-seqpacket"));
        QVERIFY(help.contains("--vsock-route PORT=ROUTE"));
        QVERIFY(!help.contains("--port "));
        QVERIFY(QString::fromUtf8(runCommand({"gdb", "--help"}).output).contains("--port PORT"));
    }

    void end_kinds_haveTheirExitCodes_data() {
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("reboot") << 0 << QByteArray("rebooted");
        QTest::newRow("poweroff") << 0 << QByteArray("powered");
        QTest::newRow("refuse") << 1 << QByteArray("E35: The magic is wrong");
        QTest::newRow("refuse-option") << 1 << QByteArray("the region is wrong");
        QTest::newRow("boot-failed") << 2 << QByteArray("stage crc: The checksum is wrong. (byte 544");
        QTest::newRow("panic") << 3 << QByteArray("Attempted to kill init!");
        QTest::newRow("panic-stays") << 3 << QByteArray("The last line before it: mount: /tmp: No such");
        QTest::newRow("internal-error")
            << 5 << QByteArray("KVM internal error. Suberror: 1, emulation failure");
        QTest::newRow("program-failed") << 6 << QByteArray("child exited with error");
        QTest::newRow("program-missing") << 7 << QByteArray("execvpe: app: No such file or directory");
        QTest::newRow("killed") << 5 << QByteArray("signal 9");
        QTest::newRow("bad-option") << 5 << QByteArray("memory is too small");
        QTest::newRow("crash-at-start") << 5 << QByteArray("assertion failed");
    }

    void end_kinds_haveTheirExitCodes() {
        QFETCH(int, exitCode);
        QFETCH(QByteArray, words);
        qputenv("NITROSCOPE_FAKE_QEMU", QTest::currentDataTag());
        const auto result = runCommand(run());
        QCOMPARE(result.exitCode, exitCode);
        QVERIFY2(result.error.contains(words), result.error);
    }

    // The disk was full: what QEMU has written ends in the middle of a block.
    void capture_cut_exitsWith8AndIsRenamed() {
        QTemporaryDir folder;
        const QString path = folder.filePath("run.pcapng");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write("\n\r\r\nhalf a block"), 16);
        file.close();
        qputenv("NITROSCOPE_FAKE_QEMU", "reboot");
        const auto result = runCommand(run({"--capture", path}));
        QCOMPARE(result.exitCode, 8);
        QVERIFY2(result.error.contains("was not written to its end; the disk may be full"), result.error);
        QVERIFY(!QFile::exists(path));
        QVERIFY(QFile::exists(path + ".cut"));
        // A run that failed has the code of its failure.
        QVERIFY(QFile::rename(path + ".cut", path));
        qputenv("NITROSCOPE_FAKE_QEMU", "panic");
        QCOMPARE(runCommand(run({"--capture", path})).exitCode, 3);
    }

    void panic_withinTheTimeout_isNoTimeout() {
        qputenv("NITROSCOPE_FAKE_QEMU", "panic-stays");
        const auto result = runCommand(run({"--timeout", "1"}));
        QCOMPARE(result.exitCode, 3);
        QVERIFY2(result.error.contains("init exited with 2, as an errno: No such file or directory"),
                 result.error);
        QVERIFY2(result.error.contains("root file system needs this folder"), result.error);
    }

    void refusal_isSaidOnce() {
        qputenv("NITROSCOPE_FAKE_QEMU", "refuse");
        QCOMPARE(runCommand(run()).error.count("The magic is wrong"), 1);
    }

    // Of what an enclave can provoke any number of, the first ones are told, and how many more there were.
    void errors_flood_isToldInPart() {
        qputenv("NITROSCOPE_FAKE_QEMU", "complain");
        const auto result = runCommand(run());
        QCOMPARE(result.exitCode, 5);
        QVERIFY2(result.error.contains("complaint 1 of the guest's making"), result.error);
        QVERIFY2(result.error.contains("QEMU had 960 more messages."), result.error);
        QVERIFY2(result.error.count("complaint") <= 41, result.error); // the reason quotes the last one
    }

    void output_holdsTheConsoleAndNothingElse() {
        qputenv("NITROSCOPE_FAKE_QEMU", "reboot");
        const auto result = runCommand(run());
        QCOMPARE(result.output, QByteArray("hello from the guest\r\n"));
        QVERIFY(result.error.contains("boot stage header at"));
        QVERIFY(result.error.contains("PCRs differ from the file's."));
    }

    void output_flood_isComplete() {
        qputenv("NITROSCOPE_FAKE_QEMU", "flood");
        const auto result = runCommand(run());
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(result.output.size(), 64 * 65536 + 22);
    }

    void output_sharedWithMessages_keepsLinesWhole() {
        qputenv("NITROSCOPE_FAKE_QEMU", "reboot");
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        startCommand(process, run());
        const auto result = finishCommand(process);
        for (const QByteArray &line : result.output.trimmed().split('\n'))
            QVERIFY2(line.startsWith("nitroscope-cli: ") || line == "hello from the guest\r", line);
    }

    void input_pipe_reachesTheGuest() {
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        const auto result =
            runCommand(run({"--timeout", "1.5", "--input-after", "hello from the guest"}), "status\n");
        QCOMPARE(result.exitCode, 4);
        QVERIFY2(result.output.contains("[status\n]"), result.output);
    }

    // More than waits for a guest anywhere: the pipe is read as fast as the guest reads.
    void input_fasterThanTheGuestReads_arrivesWhole() {
        qputenv("NITROSCOPE_FAKE_QEMU", "late-reader");
        const auto result =
            runCommand(run({"--input-after", "hello from the guest"}), QByteArray(4 << 20, 'y'));
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(result.output.contains("all of it"), result.output.right(200));
        QVERIFY2(!result.error.contains("dropped"), result.error);
    }

    void timeout_stopsWith4() {
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        const auto result = runCommand(run({"--timeout", "0.3"}));
        QCOMPARE(result.exitCode, 4);
        QVERIFY(result.error.contains("did not end within 0.3 seconds"));
    }

    void qemu_missing_exitsWith5() {
        const auto result = runCommand(run({"--qemu", "/no/such/qemu"}));
        QCOMPARE(result.exitCode, 5);
        QVERIFY(result.error.contains("/no/such/qemu"));
        QVERIFY(result.error.contains("./workbench build"));
    }

    void signal_stopsTheEnclave_data() {
        QTest::addColumn<QByteArray>("scenario");
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl-C") << QByteArray("boot") << SIGINT;
        QTest::newRow("terminate") << QByteArray("boot") << SIGTERM;
        QTest::newRow("hang up") << QByteArray("boot") << SIGHUP;
        QTest::newRow("Ctrl-C and QEMU is deaf") << QByteArray("deaf") << SIGINT;
    }

    void signal_stopsTheEnclave() {
        QFETCH(QByteArray, scenario);
        QFETCH(int, signal);
        qputenv("NITROSCOPE_FAKE_QEMU", scenario);
        QProcess process;
        startCommand(process, run());
        QByteArray output;
        while (!output.contains("hello") && process.waitForReadyRead(60'000))
            output += process.readAllStandardOutput();
        QVERIFY(output.contains("hello"));
        ::kill(static_cast<pid_t>(process.processId()), signal);
        if (scenario == "deaf") { // a second one does not wait for QEMU
            QVERIFY(!process.waitForFinished(100));
            ::kill(static_cast<pid_t>(process.processId()), signal);
        }
        QVERIFY(process.waitForFinished(60'000));
        QVERIFY(process.exitStatus() == QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 128 + signal);
    }

    void output_readerGone_endsTheEnclave() {
        qputenv("NITROSCOPE_FAKE_QEMU", "flood");
        QProcess shell;
        shell.start("/bin/sh", {"-c", "{ \"$NITROSCOPE_CLI\" run-enclave --eif-path x --attach-console; "
                                      "echo code $? >&2; } | head -c 1 >/dev/null"});
        QVERIFY(shell.waitForFinished(60'000));
        const QByteArray error = shell.readAllStandardError();
        QVERIFY2(error.contains("code 141") || error.contains("code 0"), error);
    }
};

QTEST_GUILESS_MAIN(TestRunEnclave)
#include "tst_run_enclave.moc"
