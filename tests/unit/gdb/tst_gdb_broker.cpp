// SPDX-License-Identifier: GPL-2.0-or-later
//
// The broker: whose breakpoints are where, which stops are told, and that nobody is left behind.
#include "tests/unit/gdb/broker_bench.hpp"

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::settle;
using Bench = nitroscope::tests::BrokerBench;

class TestGdbBroker : public QObject {
    Q_OBJECT

private slots:
    void start_readsTheStop() {
        Bench bench;
        bench.stub.setRegister(16, 0x1234);
        bench.start();
        QCOMPARE(bench.stops.size(), 1);
        QCOMPARE(bench.stops[0].pc, quint64(0x1234));
        QVERIFY(bench.stops[0].segment.mode == CpuMode::bits64);
        QVERIFY(!bench.broker->isRunning());
        QCOMPARE(bench.broker->threads(), QVector<qint64>{1});
    }

    void start_inRealMode_addsTheSegmentsBase() {
        Bench bench;
        bench.stub.setRegister(16, 0xfff0);
        bench.stub.setRegister(27, 0x60000010);
        bench.stub.code = "00009b00";
        bench.stub.codeBase = "ffff0000";
        bench.start();
        QCOMPARE(bench.stops[0].pc, quint64(0xfffffff0));
        QVERIFY(bench.stops[0].segment.mode == CpuMode::bits16);
    }

    void breakpoint_ofTwo_isRemovedWithTheLast() {
        Bench bench;
        bench.start();
        bench.set(0x1000, bench.window);
        bench.set(0x1000, bench.gdb);
        QCOMPARE(bench.stub.heard, QStringList{"Z0,1000,1"});
        bench.set(0x1000, bench.window, false);
        QCOMPARE(bench.stub.heard.size(), 1);
        bench.set(0x1000, bench.gdb, false);
        QCOMPARE(bench.stub.heard.last(), u"z0,1000,1"_s);
        QCOMPARE(bench.answers, QStringList({"OK", "OK", "OK", "OK"}));
    }

    void breakpoint_removedTwice_asksNobody() {
        Bench bench;
        bench.start();
        bench.set(0x1000, bench.gdb, false);
        QCOMPARE(bench.answers, QStringList{"OK"});
        QCOMPARE(bench.stub.heard, QStringList());
    }

    void run_reachesABreakpoint() {
        Bench bench;
        bench.start();
        bench.stub.path = {0x10, 0x20, 0x30};
        bench.set(0x20, bench.gdb);
        bench.go();
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops[1].pc, quint64(0x20));
        QVERIFY(bench.stops[1].atBreakpoint);
        QCOMPARE(bench.runs, 1);
    }

    void run_fromABreakpoint_stepsOverItFirst() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.stub.path = {0x28, 0x30};
        bench.set(0x20, bench.gdb);
        bench.set(0x30, bench.gdb);
        bench.go();
        QCOMPARE(bench.stub.heard.mid(2), QStringList({"vCont;s:1", "p10", "vCont;c"}));
        QCOMPARE(bench.stops.last().pc, quint64(0x30));
        QCOMPARE(bench.stops.size(), 2); // the step in between is nobody's business
        QCOMPARE(bench.runs, 1);
    }

    void run_fromABreakpoint_emptyStepsAreMadeAgain() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.stub.path = {0x28, 0x30};
        bench.stub.emptySteps = 2;
        bench.set(0x20, bench.gdb);
        bench.set(0x30, bench.gdb);
        bench.go();
        QCOMPARE(bench.stub.heard.mid(2),
                 QStringList({"vCont;s:1", "p10", "vCont;s:1", "p10", "vCont;s:1", "p10", "vCont;c"}));
        QCOMPARE(bench.stops.last().pc, quint64(0x30));
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.runs, 1);
    }

    void step_thatDidNothing_isMadeAgain() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.stub.path = {0x28};
        bench.stub.emptySteps = 1;
        bench.go(";s:1");
        QCOMPARE(bench.stub.heard, QStringList({"vCont;s:1", "vCont;s:1"}));
        QCOMPARE(bench.stops.last().pc, quint64(0x28));
        QCOMPARE(bench.stops.size(), 2);
    }

    void step_ofAnInstructionThatJumpsToItself_ends() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.stub.path = QVector<quint64>(100, 0x20);
        bench.go(";s:1");
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops.last().pc, quint64(0x20));
        bench.set(0x20, bench.gdb);
        bench.go();
        QCOMPARE(bench.stops.size(), 3); // at the breakpoint again
        QVERIFY(bench.stub.heard.size() < 40);
    }

    void judge_decidesOnlyAboutItsOwn() {
        Bench bench;
        bench.start();
        int asked = 0;
        bool stays = false;
        bench.broker->setJudge(&bench.window, [&](const TargetStop &, std::function<void(bool)> decide) {
            ++asked;
            decide(stays);
        });
        bench.set(0x20, bench.window);
        bench.set(0x30, bench.window);
        bench.set(0x30, bench.gdb);
        bench.stub.path = {0x20, 0x28, 0x30, 0x38, 0x20, 0x28};
        bench.go();
        QCOMPARE(asked, 1); // at 0x20, which went on
        QCOMPARE(bench.stops.last().pc, quint64(0x30));
        QCOMPARE(bench.stops.size(), 2);
        stays = true;
        bench.go();
        QCOMPARE(asked, 2);
        QCOMPARE(bench.stops.last().pc, quint64(0x20));
    }

    void judge_thatTakesTime_keepsTheTargetRunningForOthers() {
        Bench bench;
        bench.start();
        std::function<void(bool)> pending;
        bench.broker->setJudge(&bench.window, [&](const TargetStop &, std::function<void(bool)> decide) {
            pending = std::move(decide);
        });
        bench.set(0x20, bench.window);
        bench.stub.path = {0x20};
        bench.go();
        QVERIFY(bench.broker->isRunning());
        QCOMPARE(bench.stops.size(), 1);
        bench.broker->interrupt(); // somebody wants it to stop: then it does
        pending(false);
        settle();
        QVERIFY(!bench.broker->isRunning());
        QCOMPARE(bench.stops.size(), 2);
        pending(true); // a second answer is none
        QCOMPARE(bench.stops.size(), 2);
    }

    void change_whileRunning_stopsForAMomentThatNobodySees() {
        Bench bench;
        bench.start();
        bench.go();
        QVERIFY(bench.stub.isRunning);
        bench.set(0x20, bench.window);
        QCOMPARE(bench.answers, QStringList{"OK"});
        QCOMPARE(bench.stub.heard, QStringList({"vCont;c", "^C", "Z0,20,1", "vCont;c"}));
        QCOMPARE(bench.stops.size(), 1);
        QVERIFY(bench.broker->isRunning() && bench.stub.isRunning);
    }

    void interrupt_isTold() {
        Bench bench;
        bench.start();
        bench.go();
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops[1].reply.number, 2);
        QVERIFY(!bench.broker->isRunning());
    }

    void interrupt_ofSeveralCpus_choosesOneThatRuns() {
        Bench bench;
        bench.stub.cpus = 3;
        bench.stub.halted = {1, 2};
        bench.start();
        QCOMPARE(bench.broker->threads(), QVector<qint64>({1, 2, 3}));
        bench.go();
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stops.last().reply.thread.thread, qint64(3));
        QCOMPARE(bench.stub.thread, 3);
        bench.stub.halted = {1, 2, 3};
        bench.go();
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stops.last().reply.thread.thread, qint64(1));
    }

    void ownerGone_whileRunning_isNoStopLater() {
        Bench bench;
        bench.start();
        bench.set(0x20, bench.gdb);
        bench.stub.path = {};
        bench.go();
        bench.registry().removeParty(&bench.gdb);
        bench.stub.setRegister(16, 0x20);
        bench.stub.stop("T05thread:01;");
        settle();
        QCOMPARE(bench.stops.size(), 1);
        QVERIFY(bench.stub.isRunning);
        QVERIFY(bench.stub.breakpoints.isEmpty());
    }

    void registersWritten_areReadBeforeRunningOn() {
        Bench bench;
        bench.stub.setRegister(16, 0x10);
        bench.start();
        bench.set(0x20, bench.gdb);
        bench.stub.path = {0x28};
        bench.broker->writeRegisters(1, {{16, QByteArray::fromHex("2000000000000000")}}, &bench.gdb,
                                     [](const rsp::Client::Reply &) {});
        bench.go();
        QCOMPARE(bench.stub.heard.mid(2),
                 QStringList({"vCont;s:1", "p10", "vCont;c"})); // it stands on one now
    }

    void refresh_tellsTheStopAgain_andIsNotJudged() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.broker->setJudge(&bench.window,
                               [](const TargetStop &, std::function<void(bool)> decide) { decide(false); });
        bench.set(0x20, bench.window);
        bench.broker->refresh();
        settle();
        QCOMPARE(bench.stops.size(), 2);
        QVERIFY(bench.stops[1].isAgain);
        QVERIFY(bench.stops[1].generation > bench.stops[0].generation);
        QVERIFY(!bench.broker->isRunning());
    }

    void memory_isReadUpToWhatIsMapped() {
        Bench bench;
        bench.stub.memory[0x1000] = QByteArray(0x1000, 'a');
        bench.start();
        QByteArray read;
        QString code;
        const auto note = [&](const Result<QByteArray> &bytes) {
            read = bytes.value_or(QByteArray());
            code = bytes ? QString() : bytes.error().code;
        };
        bench.broker->readMemory(1, 0x1ff0, 0x100, &bench.gdb, note);
        settle();
        QCOMPARE(read, QByteArray(16, 'a'));
        bench.broker->readMemory(1, 0x1000, 0x1000, &bench.gdb, note);
        settle();
        QCOMPARE(read.size(), 0x1000);
        bench.broker->readMemory(1, 0x3000, 4, &bench.gdb, note);
        settle();
        QCOMPARE(code, u"not-mapped"_s);
    }

    void steps_keepTheSegment_whileNothingCanHaveChangedIt() {
        Bench bench;
        bench.start();
        bench.stub.code = "00cf9b00"; // 32-bit, which nobody asks for as long as CS stays
        bench.stub.path = {1, 2, 3};
        bench.go(";s:1");
        QVERIFY(bench.stops.last().segment.mode == CpuMode::bits64);
        QVERIFY(bench.stops.last().bySteps);
        bench.stub.setRegister(18, 0x08);
        bench.go(";s:1");
        QVERIFY(bench.stops.last().segment.mode == CpuMode::bits32);
    }

    void answers_inPieces_areTheSame() {
        for (const int piece : {1, 2, 7}) {
            Bench bench;
            bench.stub.piece = piece;
            bench.stub.setRegister(16, 0x77);
            bench.start();
            for (int i = 0; i < 40; ++i)
                settle();
            QCOMPARE(bench.stops.size(), 1);
            QCOMPARE(bench.stops[0].pc, quint64(0x77));
        }
    }

    void garbage_betweenAnswers_isReportedAndPassedOver() {
        Bench bench;
        bench.start();
        bench.stub.sayRaw(QByteArray(100'000, 'x') + "$" + QByteArray(200'000, 'y'));
        settle();
        bench.stub.sayRaw("#00");
        bench.set(0x10, bench.gdb);
        settle();
        QVERIFY(!bench.problems.isEmpty());
        bench.go();
        QVERIFY(bench.broker->isRunning());
    }

    void registersWritten_areToldWithTheStopAnew() {
        Bench bench;
        bench.start();
        QVector<TargetPart> parts;
        QObject::connect(bench.broker.get(), &GdbBroker::written, bench.broker.get(),
                         [&](TargetPart part) { parts << part; });
        bench.broker->writeRegisters(1, {{16, QByteArray::fromHex("2000000000000000")}}, &bench.gdb,
                                     bench.note());
        settle();
        QCOMPARE(bench.answers, QStringList{"OK"});
        QVERIFY(parts == QVector<TargetPart>{TargetPart::registers});
        QCOMPARE(bench.stops.size(), 2);
        QVERIFY(bench.stops[1].isAgain);
        QCOMPARE(bench.stops[1].pc, quint64(0x20));
    }

    void writesOfARunningTarget_areRefused_andChangeNothing() {
        Bench bench;
        bench.start();
        bench.go();
        int written = 0;
        QObject::connect(bench.broker.get(), &GdbBroker::written, bench.broker.get(), [&] { ++written; });
        bench.broker->writeRegisters(1, {{16, QByteArray(8, '\0')}}, &bench.gdb, bench.note());
        bench.broker->writeMemory(1, false, 0x1000, "a", &bench.gdb, [&](const Result<void> &result) {
            bench.answers << (result ? QString() : result.error().code);
        });
        settle();
        QCOMPARE(bench.answers, QStringList({"rsp-running", "rsp-running"}));
        QCOMPARE(written, 0);
        QVERIFY(!bench.broker->lastStop()->registers.isEmpty());
    }

    void resume_whileTheStopIsReadAgain_waitsForIt() {
        Bench bench;
        bench.start();
        bench.broker->refresh();
        bench.broker->resume(";c");
        settle();
        QCOMPARE(bench.stops.size(), 2); // the new look at the stop came before the run, not into it
        QCOMPARE(bench.runs, 1);
        QVERIFY(bench.broker->isRunning() && bench.stub.isRunning);
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stops.size(), 3);
    }

    void resume_byWhoHearsOfTheStop_isSentOnce() {
        Bench bench;
        bench.start();
        bench.stub.path = {0x10};
        QObject::connect(bench.broker.get(), &GdbBroker::stopped, bench.broker.get(),
                         [&] { bench.broker->resume(";c"); });
        bench.go(";s:1");
        QCOMPARE(bench.stub.heard, QStringList({"vCont;s:1", "vCont;c"}));
        QCOMPARE(bench.stops.size(), 2);
        QVERIFY(bench.broker->isRunning());
    }

    void refresh_twice_isToldOnce() {
        Bench bench;
        bench.start();
        bench.broker->refresh();
        bench.stub.setRegister(16, 0x20);
        bench.broker->refresh();
        settle();
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops[1].pc, quint64(0x20));
    }

    void resume_ofTwoAtOnce_theFirstCounts() {
        Bench bench;
        bench.stub.setRegister(16, 0x20);
        bench.start();
        bench.set(0x20, bench.gdb); // a continuation would step off it first
        bench.stub.path = {0x28, 0x30, 0x38};
        bench.broker->resume(";s:1");
        bench.broker->resume(";c");
        settle();
        QCOMPARE(bench.stub.heard.mid(1), QStringList{"vCont;s:1"});
        QCOMPARE(bench.stops.last().pc, quint64(0x28));
        QVERIFY(bench.stops.last().bySteps);
        QVERIFY(!bench.broker->isRunning());
    }

    void interrupt_rightBehindAResumption_isNotLost() {
        Bench bench;
        bench.start();
        bench.broker->resume(";c");
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops[1].reply.number, 2);
        QVERIFY(!bench.broker->isRunning());
    }

    void command_forTheStoppedCpu_isNotAskedOfTheOneLookedAtLast() {
        Bench bench;
        bench.stub.cpus = 2;
        bench.start();
        bench.broker->ask("p10", 2, &bench.window, bench.note());
        settle();
        QCOMPARE(bench.stub.thread, 2);
        bench.broker->ask("p10", 0, &bench.gdb, bench.note());
        settle();
        QCOMPARE(bench.stub.thread, 1);
    }

    // Whoever judges is asked whether the machine had a reason of its own to stop.
    void change_whileRunning_asksTheJudgeWhetherItWasAll() {
        for (const bool stays : {false, true}) {
            Bench bench;
            bench.start();
            int asked = 0;
            bench.broker->setJudge(&bench.window, [&](const TargetStop &, std::function<void(bool)> decide) {
                ++asked;
                decide(stays);
            });
            bench.go();
            bench.set(0x20, bench.gdb);
            QCOMPARE(asked, 1);
            QCOMPARE(bench.broker->isRunning(), !stays);
            QCOMPARE(bench.stops.size(), stays ? 2 : 1);
        }
    }

    void hangUp_endsIt() {
        Bench bench;
        bench.start();
        QString closed;
        QObject::connect(bench.broker.get(), &GdbBroker::closed, bench.broker.get(),
                         [&](const Error &error) { closed = error.code; });
        bench.go();
        bench.stub.hangUp();
        settle();
        QCOMPARE(closed, u"rsp-closed"_s);
        bench.broker->resume(";c");
        bench.broker->interrupt();
        bench.set(0x10, bench.gdb);
        QCOMPARE(bench.answers, QStringList{"rsp-closed"});
    }
};

QTEST_GUILESS_MAIN(TestGdbBroker)
#include "tst_gdb_broker.moc"
