// SPDX-License-Identifier: GPL-2.0-or-later
//
// The desktop program's options.
#include "app/command_line.hpp"

#include <QFile>
#include <QProcess>
#include <QTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestCommandLine : public QObject {
    Q_OBJECT

    static Result<CommandLine> read(const QString &options) {
        return readCommandLine(u"nitroscope %1"_s.arg(options).split(QLatin1Char(' '), Qt::SkipEmptyParts));
    }

private slots:
    void eif_alone_isStarted() {
        const auto line = read(u"demo.eif"_s);
        QVERIFY(line && line->run);
        QCOMPARE(line->eifPath, u"demo.eif"_s);
        QVERIFY(!read(u"--no-run demo.eif"_s)->run);
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
        QCOMPARE(read(u"--help"_s)->mode, CommandLine::Mode::help);
        QCOMPARE(read(u"--version --memory x"_s)->mode, CommandLine::Mode::version);
        QVERIFY(commandLineHelp().contains(u"--screenshot FILE"_s));
    }

    void launchOptions_goOverTheRememberedOnes() {
        const auto line = read(u"--memory 512 --cpu-count 2 --debug-mode --no-strict a.eif"_s);
        QVERIFY(line);
        LaunchSpec spec;
        spec.moduleId = u"kept"_s;
        line->applyTo(spec);
        QCOMPARE(spec.memoryMiB, quint64{512});
        QCOMPARE(spec.cpuCount, 2u);
        QVERIFY(spec.debugMode && !spec.strict);
        QCOMPARE(spec.moduleId, u"kept"_s);
    }

    void launchOptions_ofTheTable_areAllTaken() {
        const auto line =
            readCommandLine({u"nitroscope"_s, u"--memory"_s, u"2G"_s, u"--vsock-route"_s, u"1=echo"_s,
                             u"--vsock-route"_s, u"2=refuse"_s, u"--heartbeat"_s, u"delay=250"_s,
                             u"--no-seqpacket"_s, u"--append"_s, u"quiet nokaslr"_s});
        QVERIFY(line);
        LaunchSpec spec;
        spec.vsock.routes = QStringList{u"1=refuse"_s}; // remembered
        line->applyTo(spec);
        QCOMPARE(spec.memoryMiB, quint64{2048});
        QCOMPARE(spec.vsock.routes, (QStringList{u"1=echo"_s, u"2=refuse"_s}));
        QCOMPARE(spec.vsock.heartbeat, u"delay"_s);
        QCOMPARE(spec.vsock.heartbeatDelay, 250u);
        QVERIFY(!spec.vsock.seqpacket);
        QCOMPARE(spec.append, u"quiet nokaslr"_s);
    }

    void screenshot_times_areRead() {
        const auto ready = read(u"--screenshot x.png --after ready --quit a.eif"_s);
        QVERIFY(ready && ready->screenshot && !ready->screenshot->after);
        QCOMPARE(ready->screenshot->then, ScreenshotRequest::Then::quit);
        const auto timed = read(u"--screenshot x.png --after 1.5"_s);
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
