// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backwards in a recording: what the broker makes of a stub that says little about it, and what gdbs are told.
#include "tests/unit/gdb/broker_bench.hpp"
#include "tests/unit/gdb/fake_gdb.hpp"

using namespace nitroscope;
using namespace nitroscope::app;
using namespace nitroscope::tests;

namespace {

// A replay in which eight instructions have been executed.
struct ReplayBench : BrokerBench {
    ReplayBench() {
        stub.isReplay = true;
        stub.setRegister(16, 0x1000);
        for (quint64 at = 1; at <= 20; ++at)
            stub.path << 0x1000 + 4 * at;
        start();
    }
    void goTo(qsizetype instruction) {
        for (qsizetype i = stub.past.size(); i < instruction; ++i)
            go(";s:1");
        stops.clear();
        runs = 0;
        stub.heard.clear();
    }
    void back(Reverse how) {
        broker->reverse(how);
        settle();
    }
};

} // namespace

class GdbReverse : public QObject {
    Q_OBJECT

private slots:
    void replay_stops_tellTheInstruction() {
        ReplayBench bench;
        QVERIFY(bench.broker->canReverse());
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(0));
        bench.go(";s:1");
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(1));
    }

    void reverseStep_goesToTheInstructionBefore() {
        ReplayBench bench;
        bench.goTo(8);
        bench.back(Reverse::step);
        QCOMPARE(bench.stops.size(), 1);
        QCOMPARE(bench.stops.last().pc, 0x101cU);
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(7));
        QVERIFY(bench.stops.last().isBackwards && bench.stops.last().bySteps);
        QCOMPARE(bench.stub.heard, QStringList{u"bs"_s});
    }

    void reverse_outsideOfAReplay_isNeverPassedOn() {
        BrokerBench bench;
        bench.start();
        bench.broker->reverse(Reverse::step);
        bench.broker->reverse(Reverse::run);
        settle();
        QCOMPARE(bench.stub.heard, QStringList());
        QVERIFY(!bench.broker->isRunning());
    }

    void reverseRun_stopsAtTheLastBreakpointBefore_ownBreakpointIsNoObstacle() {
        ReplayBench bench;
        bench.set(0x1008, bench.gdb);
        bench.set(0x1020, bench.gdb); // where it stands
        bench.goTo(8);
        bench.back(Reverse::run);
        QCOMPARE(bench.stops.last().pc, 0x1008U);
        QVERIFY(bench.stops.last().atBreakpoint);
        QCOMPARE(bench.stub.heard, QStringList{u"bc"_s}); // no step first
        QCOMPARE(bench.stops.last().edge, RecordingEdge::none);
    }

    void reverseRun_withNothingBefore_endsAtTheBeginning() {
        ReplayBench bench;
        bench.goTo(8);
        bench.back(Reverse::run);
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(0));
        QCOMPARE(bench.stops.last().edge, RecordingEdge::beginning);
        bench.back(Reverse::step); // refused by the stub
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops.last().edge, RecordingEdge::beginning);
        QVERIFY(!bench.broker->isRunning());
        bench.go(";s:1");
        QCOMPARE(bench.stops.last().edge, RecordingEdge::none);
    }

    void forward_toTheEnd_saysSo() {
        ReplayBench bench;
        bench.broker->setRecordingEnd(3);
        bench.goTo(2);
        bench.go(";s:1");
        QCOMPARE(bench.stops.last().edge, RecordingEdge::end);
    }

    void judge_ofAReverseRun_letsItGoOnBackwards() {
        ReplayBench bench;
        QVector<quint64> judged;
        bench.broker->setJudge(&bench.window, [&](const TargetStop &stop, const auto &decide) {
            judged << stop.pc;
            decide(stop.pc == 0x1004);
        });
        for (const quint64 address : {0x1004, 0x100c, 0x1014})
            bench.set(address, bench.window);
        bench.goTo(8);
        bench.back(Reverse::run);
        QCOMPARE(judged, (QVector<quint64>{0x1014, 0x100c, 0x1004}));
        QCOMPARE(bench.stops.size(), 1);
        QCOMPARE(bench.stops.last().pc, 0x1004U);
        QCOMPARE(bench.stub.heard, (QStringList{u"bc"_s, u"bc"_s, u"bc"_s}));
    }

    void reverseWatch_standsBeforeTheWrite_andNamesTheAddress_data() {
        QTest::addColumn<bool>("isExact");
        QTest::newRow("stub that stops behind the access") << false;
        QTest::newRow("stub that stops before it") << true;
    }
    void reverseWatch_standsBeforeTheWrite_andNamesTheAddress() {
        QFETCH(bool, isExact);
        ReplayBench bench;
        bench.stub.isExact = isExact;
        bench.stub.writes = {{2, 0x8000}, {5, 0x9000}};
        for (const quint64 address : {0x8000, 0x9000})
            bench.registry().insert({2, address, 8}, &bench.gdb);
        settle();
        bench.goTo(0);
        while (bench.stub.past.size() < 8)
            bench.go(";s:1");
        bench.stops.clear();
        bench.back(Reverse::run);
        QCOMPARE(bench.stops.size(), 1);
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(5));
        QCOMPARE(bench.stops.last().reply.reason, rsp::StopReason::writeWatchpoint);
        QCOMPARE(bench.stops.last().reply.watchAddress, 0x9000U);
        bench.back(Reverse::run);
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(2));
        QCOMPARE(bench.stops.last().reply.watchAddress, 0x8000U);
        bench.back(Reverse::run);
        QCOMPARE(bench.stops.last().edge, RecordingEdge::beginning);
    }

    void reverseRun_interrupted_isEndedByAStep() {
        ReplayBench bench;
        bench.goTo(8);
        bench.stub.isLong = true;
        bench.back(Reverse::run);
        QVERIFY(bench.broker->isRunning());
        bench.broker->interrupt();
        settle();
        QCOMPARE(bench.stub.heard, (QStringList{u"bc"_s, u"^C"_s, u"bs"_s}));
        QCOMPARE(bench.stops.size(), 1);
        QCOMPARE(bench.stops.last().reply.number, 2);
    }

    void reverseRun_newBreakpoint_waitsForItsEnd() {
        ReplayBench bench;
        bench.goTo(8);
        bench.stub.isLong = true;
        bench.back(Reverse::run);
        bench.insert(0x1010, bench.gdb);
        settle();
        QCOMPARE(bench.stub.heard, QStringList{u"bc"_s});
        bench.broker->interrupt();
        settle();
        QVERIFY(bench.stub.breakpoints.contains("0,1010,1"));
    }

    void writing_inAReplay_isRefusedInWords() {
        ReplayBench bench;
        QString memory, registers;
        bench.broker->writeMemory(1, false, 0x1000, "x", &bench.window, [&](const Result<void> &written) {
            memory = written ? QString() : written.error().code;
        });
        bench.broker->writeRegisters(1, {{0, QByteArray(8, '\0')}}, &bench.window,
                                     [&](const rsp::Client::Reply &written) {
                                         registers = written ? QString() : written.error().code;
                                     });
        settle();
        QCOMPARE(memory, u"replay-past"_s);
        QCOMPARE(registers, u"replay-past"_s);
        QCOMPARE(bench.stub.heard, QStringList());
    }

    void move_byOthers_isARunForEverybody_andSaysNothingToTheStub() {
        ReplayBench bench;
        bench.goTo(2);
        bench.broker->beginMove();
        QVERIFY(bench.broker->isRunning());
        QCOMPARE(bench.runs, 1);
        bench.broker->ask("qC", GdbBroker::anyThread, &bench.window, bench.note());
        bench.insert(0x1010, bench.gdb); // waits
        bench.go(";c");
        settle();
        QCOMPARE(bench.stub.heard, QStringList());
        QCOMPARE(bench.answers, QStringList{u"rsp-running"_s});
        bench.stub.past.resize(1); // elsewhere
        bench.stub.setRegister(16, 0x1004);
        bench.broker->endMove();
        settle();
        QCOMPARE(bench.stops.size(), 1);
        QVERIFY(bench.stops.last().isMoved);
        QCOMPARE(bench.stops.last().instruction, std::optional<quint64>(1));
        QVERIFY(bench.stub.breakpoints.contains("0,1010,1"));
        QVERIFY(!bench.broker->isRunning());
    }

    void move_interrupted_asksForItsEnd() {
        ReplayBench bench;
        int wanted = 0;
        connect(bench.broker.get(), &GdbBroker::moveUnwanted, this, [&] { ++wanted; });
        bench.broker->beginMove();
        bench.broker->interrupt();
        settle();
        QCOMPARE(wanted, 1);
        QCOMPARE(bench.stub.heard, QStringList());
    }

    void onlyOwner_hidesOthersBreakpoints_untilItIsOver() {
        ReplayBench bench;
        bench.set(0x1008, bench.gdb);
        bench.set(0x1010, bench.window);
        bench.registry().setOnly(BreakpointOwner(&bench.window));
        settle();
        QCOMPARE(bench.stub.breakpoints, QSet<QByteArray>{"0,1010,1"});
        QVERIFY(bench.registry().isOnlyOwner(&bench.window, 0x1010));
        bench.registry().setOnly({});
        settle();
        QCOMPARE(bench.stub.breakpoints, (QSet<QByteArray>{"0,1008,1", "0,1010,1"}));
    }

    void gdb_isOfferedReverseExecution_inAReplayOnly() {
        ReplayBench replay;
        FakeGdb gdb(replay.broker.get());
        QVERIFY(gdb.ask("qSupported:swbreak+").contains(u"ReverseStep+;ReverseContinue+"_s));
        BrokerBench live;
        live.start();
        FakeGdb other(live.broker.get());
        QVERIFY(!other.ask("qSupported:swbreak+;error-message+").contains(u"Reverse"_s));
        QVERIFY(other.ask("bs").startsWith(u"E.Only a recording"_s));
        QVERIFY(other.ask("bc").startsWith(u"E.Only a recording"_s));
        QCOMPARE(live.stub.heard, QStringList());
    }

    void gdb_reverseStepAndContinue_areAnsweredByTheirStops() {
        ReplayBench bench;
        bench.goTo(4);
        FakeGdb gdb(bench.broker.get());
        gdb.greet();
        QCOMPARE(gdb.ask("Z0,1004,1"), u"OK"_s);
        QVERIFY(gdb.ask("bs").startsWith(u"T05"_s));
        QVERIFY(gdb.ask("bc").contains(u"swbreak"_s));
        QVERIFY(gdb.ask("bc").contains(u"replaylog:begin"_s));
        QVERIFY(gdb.ask("bs").contains(u"replaylog:begin"_s));
    }

    void gdb_attachedBesides_hearsOfTheOthersReverseRun() {
        ReplayBench bench;
        bench.goTo(4);
        FakeGdb first(bench.broker.get()), second(bench.broker.get());
        first.greet();
        second.greet();
        QCOMPARE(second.ask("vCont;c"), u"(none)"_s); // beyond the path: it runs on
        bench.broker->interrupt();
        second.read();
        QVERIFY(second.answers.value(0).startsWith(u"T02"_s));
        QVERIFY(first.ask("bs").startsWith(u"T05"_s));
        QVERIFY(first.ask("m1000,1").startsWith(u'E'));
    }

    void gdb_writing_isToldWhyNot() {
        ReplayBench bench;
        FakeGdb gdb(bench.broker.get());
        gdb.ask("qSupported:swbreak+;error-message+");
        QVERIFY(gdb.ask("M1000,1:00").startsWith(u"E.This is a recording"_s));
        QVERIFY(gdb.ask("P0=0000000000000000").startsWith(u"E.This is a recording"_s));
    }
};

QTEST_GUILESS_MAIN(GdbReverse)
#include "tst_gdb_reverse.moc"
