// SPDX-License-Identifier: GPL-2.0-or-later
//
// LiveSession against fake_qemu: how runs start, what they report, and every way in which they end.
#include "app/core/runtime_folder.hpp"
#include "app/session/run/live_session.hpp"

#include <csignal>
#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::app;
using State = EnclaveSession::State;

namespace {

RunLimits quickLimits() {
    return {5'000, 100, 2'000};
}

// A session and all it reported, in order.
struct Bench {
    LiveSession session;
    QStringList story; // states, stages and ends as words
    QByteArray console;
    QStringList log;
    std::optional<BootFailure> failure;
    std::optional<EndReason> end;

    explicit Bench(const RunLimits &limits = quickLimits()) : session(limits, LiveSession::Stream::ignored) {
        QObject::connect(&session, &EnclaveSession::stateChanged, &session, [this](State state) {
            story << QString(QMetaEnum::fromType<State>().valueToKey(int(state)));
        });
        QObject::connect(&session, &EnclaveSession::bootStage, &session,
                         [this](const BootStage &stage) { story << "stage " + stage.stage; });
        QObject::connect(&session, &EnclaveSession::bootFailed, &session,
                         [this](const BootFailure &reported) { failure = reported; });
        QObject::connect(&session, &EnclaveSession::consoleOutput, &session,
                         [this](const QByteArray &bytes) { console += bytes; });
        QObject::connect(&session, &EnclaveSession::logLine, &session,
                         [this](const LogEntry &entry) { log << entry.source + ": " + entry.text; });
        QObject::connect(&session, &EnclaveSession::ended, &session, [this](const EndReason &reason) {
            story << "end";
            end = reason;
        });
    }

    void start(const char *scenario) {
        qputenv("NITROSCOPE_FAKE_QEMU", scenario);
        LaunchSpec spec;
        spec.eifPath = "/some.eif";
        end.reset();
        session.start(spec);
    }

    bool endsAs(EndKind kind) {
        const bool ended = QTest::qWaitFor([this] { return end.has_value(); }, 60'000);
        if (!ended || end->kind != kind)
            qWarning() << "ended:" << ended << (end ? int(end->kind) : -1) << (end ? end->message : QString())
                       << story << log;
        return ended && end->kind == kind;
    }

    bool reaches(State state) {
        return QTest::qWaitFor([&] { return session.state() == state; }, 60'000);
    }

    // The fake's process id, while it runs.
    bool prints(const QByteArray &text) {
        return QTest::qWaitFor([&] { return console.contains(text); }, 60'000);
    }
};

} // namespace

class TestLiveSession : public QObject {
    Q_OBJECT
    QTemporaryDir m_runtime;

    QStringList runFolders() const {
        return QDir(m_runtime.path() + "/nitroscope").entryList({"run-*"}, QDir::Dirs);
    }

private slots:
    void initTestCase() {
        QVERIFY(m_runtime.isValid());
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
    }

    void init() { QTest::failOnWarning(QRegularExpression(".")); }

    void cleanup() { QVERIFY2(runFolders().isEmpty(), "a run left its folder behind"); }

    void stop_beforeTheMonitor_leavesQemuTimeToTidyUp() {
        RunLimits limits = quickLimits();
        limits.stopGraceMs = 10'000;
        Bench bench(limits);
        bench.start("tidy");
        QTRY_VERIFY_WITH_TIMEOUT(bench.log.contains("qemu: starting"), 60'000);
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
        QVERIFY(bench.log.contains("qemu: tidied up"));
    }

    void refusal_ofTheMachine_hasItsPlaceAndIsNotLoggedAsJson() {
        Bench bench;
        bench.start("refuse");
        QVERIFY(bench.endsAs(EndKind::bootFailed));
        QVERIFY(bench.failure);
        QCOMPARE(bench.failure->eCode, QString("E35"));
        QCOMPARE(bench.failure->offset, 0u);
        QVERIFY(!bench.failure->section);
        QVERIFY(bench.log.filter("nitro-refusal").isEmpty());
    }

    void start_goodBoot_tellsTheStoryInOrder() {
        Bench bench;
        bench.start("reboot");
        QVERIFY(bench.session.state() == State::starting);
        QVERIFY(bench.endsAs(EndKind::guestReboot));
        QCOMPARE(bench.story, (QStringList{"starting", "running", "stage reset", "stage header",
                                           "stage handoff", "ended", "end"}));
        QCOMPARE(bench.console, QByteArray("hello from the guest\r\n"));
        QVERIFY(bench.log.contains("machine: PCRs differ from the file's."));
    }

    void pauseResumeReset_areCarriedOut() {
        Bench bench;
        bench.start("boot");
        QVERIFY(bench.reaches(State::running));
        QVERIFY(bench.prints("hello"));
        bench.session.pause();
        QVERIFY(bench.reaches(State::paused));
        bench.session.reset();
        QTRY_COMPARE(bench.story.count("stage reset"), 2);
        QVERIFY(bench.session.state() == State::paused);
        bench.session.resume();
        QVERIFY(bench.reaches(State::running));
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
    }

    void consoleInput_reachesTheGuest() {
        Bench bench;
        bench.start("boot");
        QVERIFY(bench.prints("hello"));
        bench.session.sendConsoleInput("status\n");
        QVERIFY(bench.prints("[status\n]"));
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
        bench.session.sendConsoleInput("nobody listens\n");
    }

    void end_kinds_areTold_data() {
        QTest::addColumn<QByteArray>("scenario");
        QTest::addColumn<EndKind>("kind");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *scenario, EndKind kind, const char *words) {
            QTest::newRow(scenario) << QByteArray(scenario) << kind << QString(words);
        };
        row("reboot", EndKind::guestReboot, "rebooted");
        row("poweroff", EndKind::guestShutdown, "powered");
        row("panic", EndKind::guestPanic, "Attempted to kill init! exitcode=0x00000b00");
        row("boot-failed", EndKind::bootFailed, "The checksum is wrong.");
        row("refuse", EndKind::bootFailed, "magic is wrong");
        row("refuse-option", EndKind::bootFailed, "the region is wrong");
        row("bad-option", EndKind::qemuFailed, "memory is too small");
        row("crash-at-start", EndKind::qemuFailed, "assertion failed");
        row("killed", EndKind::qemuKilled, "signal 9");
        row("segv", EndKind::qemuFailed, "signal 11");
        row("exit", EndKind::qemuFailed, "exit code 3");
        row("hang-up", EndKind::qemuFailed, "connection");
        row("garbage", EndKind::stoppedByUser, "stopped"); // goes on until stopped, see below
    }

    void end_kinds_areTold() {
        QFETCH(QByteArray, scenario);
        QFETCH(EndKind, kind);
        QFETCH(QString, words);
        Bench bench;
        bench.start(scenario);
        if (kind == EndKind::stoppedByUser) {
            QVERIFY(bench.reaches(State::running));
            bench.session.stop();
        }
        QVERIFY(bench.endsAs(kind));
        QVERIFY2(bench.end->message.contains(words), qPrintable(bench.end->message));
        QCOMPARE(bench.story.count("end"), 1);
        QVERIFY(bench.session.state() == (isFailure(kind) ? State::failed : State::ended));
    }

    void bootFailed_details_arrive() {
        Bench bench;
        bench.start("boot-failed");
        QVERIFY(bench.endsAs(EndKind::bootFailed));
        QVERIFY(bench.failure);
        QCOMPARE(bench.failure->stage, QString("crc"));
        QCOMPARE(bench.failure->offset, 544u);
        QCOMPARE(bench.failure->eCode, QString("E36"));
        QVERIFY(bench.console.contains("bad checksum"));
        QVERIFY(!bench.story.contains("paused"));
    }

    void refusal_beforeTheGuest_isABootFailureWithoutStage() {
        Bench bench;
        bench.start("refuse");
        QVERIFY(bench.endsAs(EndKind::bootFailed));
        QVERIFY(bench.failure && bench.failure->stage.isEmpty());
        QCOMPARE(bench.failure->eCode, QString("E35"));
        QCOMPARE(bench.failure->offset, 0u);
    }

    void console_lastBytes_arriveBeforeTheEnd() {
        Bench bench;
        bench.start("flood");
        QVERIFY(bench.endsAs(EndKind::guestReboot));
        QCOMPARE(bench.console.size(), 64 * 65536 + 22);

        Bench killed;
        killed.start("killed");
        QVERIFY(killed.endsAs(EndKind::qemuKilled));
        QVERIFY(killed.console.endsWith("last line\r\n"));
    }

    void start_afterAnyEnd_worksAgain() {
        Bench bench;
        for (const char *scenario : {"killed", "refuse", "reboot", "crash-at-start", "reboot"}) {
            bench.start(scenario);
            QTRY_VERIFY_WITH_TIMEOUT(bench.end.has_value(), 60'000);
        }
        QVERIFY(bench.end->kind == EndKind::guestReboot);
        QCOMPARE(bench.story.count("end"), 5);
    }

    void start_fromTheEndSignal_worksAgain() {
        Bench bench;
        int starts = 1;
        QObject::connect(&bench.session, &EnclaveSession::ended, this, [&] {
            if (starts++ < 3)
                bench.start("reboot");
        });
        bench.start("reboot");
        QTRY_COMPARE_WITH_TIMEOUT(bench.story.count("end"), 3, 60'000);
    }

    void start_whileRunning_isRefusedWithALogLine() {
        Bench bench;
        bench.start("boot");
        QVERIFY(bench.reaches(State::running));
        bench.start("boot");
        QVERIFY(bench.log.last().contains("running already"));
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
    }

    void qemu_missing_isToldAfterStartReturned() {
        Bench bench;
        LaunchSpec spec;
        spec.eifPath = "/some.eif";
        spec.qemuPath = "/no/such/qemu";
        bench.session.start(spec);
        QVERIFY(!bench.end);
        QVERIFY(bench.endsAs(EndKind::qemuMissing));
        QVERIFY(bench.end->message.contains("/no/such/qemu"));
        QVERIFY(!bench.end->advice.isEmpty());
    }

    void qemu_notAProgram_isMissing() {
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write("this is no program");
        file.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        file.close();
        Bench bench;
        LaunchSpec spec;
        spec.eifPath = "/some.eif";
        spec.qemuPath = file.fileName();
        bench.session.start(spec);
        QVERIFY(bench.endsAs(EndKind::qemuMissing));
    }

    void stop_escalates_data() {
        QTest::addColumn<QByteArray>("scenario");
        for (const char *scenario : {"boot", "ignores-quit", "deaf"})
            QTest::newRow(scenario) << QByteArray(scenario);
    }

    void stop_escalates() {
        QFETCH(QByteArray, scenario);
        Bench bench;
        bench.start(scenario);
        QVERIFY(bench.prints("hello"));
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
    }

    void stop_rightAfterStart_ends() {
        Bench bench;
        bench.start("boot");
        bench.session.stop();
        QVERIFY(bench.endsAs(EndKind::stoppedByUser));
    }

    void stop_whileStarting_ends() {
        for (const char *scenario : {"silent", "no-greeting"}) {
            Bench bench;
            bench.start(scenario);
            QTRY_VERIFY(bench.log.size() == 1); // the command was logged, QEMU is being started
            bench.session.stop();
            QVERIFY(bench.endsAs(EndKind::stoppedByUser));
        }
    }

    void qemu_silent_isGivenUp() {
        for (const char *scenario : {"silent", "no-greeting"}) {
            Bench bench(RunLimits{300, 50, 2'000});
            bench.start(scenario);
            QVERIFY(bench.endsAs(EndKind::qemuFailed));
        }
    }

    void session_destroyedWhileRunning_leavesNothing() {
        {
            Bench bench;
            bench.start("deaf");
            QVERIFY(bench.reaches(State::running));
        }
        QVERIFY(runFolders().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestLiveSession)
#include "tst_live_session.moc"
