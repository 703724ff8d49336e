// SPDX-License-Identifier: GPL-2.0-or-later
//
// The desktop program's options.
#include "app/command_line.hpp"

#include <QFile>
#include <QProcess>
#include <QTest>

using namespace nitroscope::app;

class TestCommandLine : public QObject {
    Q_OBJECT

    static Result<CommandLine> read(const QString &options) {
        return readCommandLine(
            QStringLiteral("nitroscope %1").arg(options).split(QLatin1Char(' '), Qt::SkipEmptyParts));
    }

private slots:
    void eif_alone_isStarted() {
        const auto line = read(QStringLiteral("demo.eif"));
        QVERIFY(line && line->run);
        QCOMPARE(line->eifPath, QStringLiteral("demo.eif"));
        QVERIFY(!read(QStringLiteral("--no-run demo.eif"))->run);
    }

    void program_withoutDisplay_saysWhatToDoInstead() {
        const QString program = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/nitroscope");
        if (!QFile::exists(program))
            QSKIP("the window has not been built");
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
            environment.remove(QLatin1String(name));
        process.setProcessEnvironment(environment);
        process.start(program, {});
        QVERIFY(process.waitForFinished(60'000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("run-enclave"));
    }

    void help_and_version_winOverEverything() {
        QCOMPARE(read(QStringLiteral("--help"))->mode, CommandLine::Mode::help);
        QCOMPARE(read(QStringLiteral("--version --memory x"))->mode, CommandLine::Mode::version);
        QVERIFY(commandLineHelp().contains(QStringLiteral("--screenshot FILE")));
    }

    void launchOptions_goOverTheRememberedOnes() {
        const auto line = read(QStringLiteral("--memory 512 --cpu-count 2 --debug-mode --no-strict a.eif"));
        QVERIFY(line);
        LaunchSpec spec;
        spec.moduleId = QStringLiteral("kept");
        line->applyTo(spec);
        QCOMPARE(spec.memoryMiB, quint64{512});
        QCOMPARE(spec.cpuCount, 2u);
        QVERIFY(spec.debugMode && !spec.strict);
        QCOMPARE(spec.moduleId, QStringLiteral("kept"));
    }

    void launchOptions_ofTheTable_areAllTaken() {
        const auto line = readCommandLine(
            {QStringLiteral("nitroscope"), QStringLiteral("--memory"), QStringLiteral("2G"),
             QStringLiteral("--vsock-route"), QStringLiteral("1=echo"), QStringLiteral("--vsock-route"),
             QStringLiteral("2=refuse"), QStringLiteral("--heartbeat"), QStringLiteral("delay=250"),
             QStringLiteral("--no-seqpacket"), QStringLiteral("--append"), QStringLiteral("quiet nokaslr")});
        QVERIFY(line);
        LaunchSpec spec;
        spec.vsock.routes = QStringList{QStringLiteral("1=refuse")}; // remembered
        line->applyTo(spec);
        QCOMPARE(spec.memoryMiB, quint64{2048});
        QCOMPARE(spec.vsock.routes, (QStringList{QStringLiteral("1=echo"), QStringLiteral("2=refuse")}));
        QCOMPARE(spec.vsock.heartbeat, QStringLiteral("delay"));
        QCOMPARE(spec.vsock.heartbeatDelay, 250u);
        QVERIFY(!spec.vsock.seqpacket);
        QCOMPARE(spec.append, QStringLiteral("quiet nokaslr"));
    }

    void screenshot_times_areRead() {
        const auto ready = read(QStringLiteral("--screenshot x.png --after ready --quit a.eif"));
        QVERIFY(ready && ready->screenshot && !ready->screenshot->after);
        QCOMPARE(ready->screenshot->then, ScreenshotRequest::Then::quit);
        const auto timed = read(QStringLiteral("--screenshot x.png --after 1.5"));
        QCOMPARE(timed->screenshot->after->count(), 1500);
    }

    void badOptions_areRefusedWithAReason_data() {
        QTest::addColumn<QString>("options");
        for (const char *options :
             {"--nonsense", "--memory none", "--memory 0", "--cpu-count 0", "--cpu-count 129",
              "--cpu-count 256", "--enclave-cid 3", "--accel fast", "--appearance pink", "--size big",
              "--after 1", "--quit", "--screenshot x --after soon", "a.eif b.eif"})
            QTest::newRow(options) << QString::fromLatin1(options);
    }
    void badOptions_areRefusedWithAReason() {
        QFETCH(QString, options);
        const auto line = read(options);
        QVERIFY(!line);
        QVERIFY(!line.error().message.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
