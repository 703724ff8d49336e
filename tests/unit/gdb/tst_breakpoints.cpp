// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registry of breakpoints: several owners, a stub that is slow, refuses, or runs; and the user's
// breakpoints, which show what it says.
#include "app/session/debug/user_breakpoints.hpp"
#include "tests/unit/gdb/broker_bench.hpp"

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::settle;
using Bench = nitroscope::tests::BrokerBench;
using State = BreakpointRegistry::State;

namespace {

constexpr Breakpoint at20{0, 0x20, 1};

// The user's breakpoints; places are numbers.
struct User {
    UserBreakpoints breakpoints;
    int changes = 0;

    explicit User(Bench &bench)
        : breakpoints(&bench.registry(), &bench.window, [](const QString &place) -> Result<quint64> {
              bool isNumber = false;
              const quint64 address = place.toULongLong(&isNumber, 0);
              if (!isNumber)
                  return failure(u"no-symbol"_s, u"There is no such symbol yet."_s);
              return address;
          }) {
        QObject::connect(&breakpoints, &UserBreakpoints::changed, &breakpoints, [this] { ++changes; });
    }
    void add(const QString &place) {
        DebugBreakpoint wanted;
        wanted.place = place;
        breakpoints.add(wanted);
    }
    DebugBreakpoint record(qsizetype index = 0) const { return breakpoints.all().value(index); }
};

} // namespace

class TestBreakpoints : public QObject {
    Q_OBJECT

private slots:
    void secondOwner_beforeTheStubHasAnswered_waitsForTheAnswer_data() {
        QTest::addColumn<bool>("isRefused");
        QTest::addColumn<QStringList>("answers");
        QTest::newRow("set") << false << QStringList{"OK", "OK"};
        QTest::newRow("refused") << true << QStringList{"E22", "E22"};
    }

    void secondOwner_beforeTheStubHasAnswered_waitsForTheAnswer() {
        QFETCH(bool, isRefused);
        QFETCH(QStringList, answers);
        Bench bench;
        bench.start();
        if (isRefused)
            bench.stub.refused.insert("0,20,1");
        bench.stub.isSlow = true;
        bench.set(0x20, bench.window);
        bench.set(0x20, bench.gdb);
        QCOMPARE(bench.answers, QStringList());
        QVERIFY(bench.registry().status(at20)->state == State::asked);
        bench.stub.answerNow();
        settle();
        QCOMPARE(bench.answers, answers);
        QCOMPARE(bench.stub.heard, QStringList{"Z0,20,1"});
        QVERIFY(bench.registry().status(at20)->state == (isRefused ? State::failed : State::set));
    }

    void refused_saysWhy_andIsAskedAnewWhenInsertedAgain() {
        Bench bench;
        bench.start();
        bench.stub.refused.insert("0,20,1");
        bench.set(0x20, bench.window);
        QCOMPARE(bench.registry().status(at20)->why, u"QEMU cannot set it (E22)"_s);
        bench.stub.refused.clear();
        bench.set(0x20, bench.gdb);
        QCOMPARE(bench.answers, QStringList({"E22", "OK"}));
        QVERIFY(bench.registry().status(at20)->state == State::set);
        bench.set(0x20, bench.gdb, false); // it is the window's still
        QVERIFY(bench.stub.breakpoints.contains("0,20,1"));
    }

    void refused_removed_asksNobody() {
        Bench bench;
        bench.start();
        bench.stub.refused.insert("0,20,1");
        bench.set(0x20, bench.window);
        bench.set(0x20, bench.window, false);
        QCOMPARE(bench.answers, QStringList({"E22", "OK"}));
        QCOMPARE(bench.stub.heard, QStringList{"Z0,20,1"});
        QCOMPARE(bench.registry().size(), 0);
    }

    // Between resume() and the packet that carries it, the stub takes no commands any more.
    void removal_whileAResumptionWaitsInLine_isNotLost() {
        Bench bench;
        bench.start();
        bench.set(0x20, bench.gdb);
        bench.broker->resume(";c");
        bench.remove(0x20, bench.gdb);
        settle();
        QCOMPARE(bench.answers, QStringList({"OK", "OK"}));
        QVERIFY(bench.stub.breakpoints.isEmpty());
        QCOMPARE(bench.registry().size(), 0);
        QVERIFY(bench.stub.isRunning && bench.broker->isRunning());
        QCOMPARE(bench.stops.size(), 1);
    }

    void insertion_whileAResumptionWaitsInLine_isNotLost() {
        Bench bench;
        bench.start();
        bench.broker->resume(";c");
        bench.insert(0x20, bench.gdb);
        QVERIFY(bench.registry().status(at20)->state == State::wanted);
        settle();
        QCOMPARE(bench.answers, QStringList{"OK"});
        QVERIFY(bench.stub.breakpoints.contains("0,20,1"));
        QVERIFY(bench.stub.isRunning);
        QCOMPARE(bench.stops.size(), 1);
    }

    // One owner lets go and another one wants it at the same moment: it is there when the target runs.
    void removedAndWantedAgain_beforeTheTargetRuns_isSet() {
        Bench bench;
        bench.start();
        bench.set(0x20, bench.window);
        bench.remove(0x20, bench.window);
        bench.insert(0x20, bench.gdb);
        bench.stub.path = {0x10, 0x20};
        bench.go();
        QCOMPARE(bench.stops.size(), 2);
        QCOMPARE(bench.stops[1].pc, quint64(0x20));
        QCOMPARE(bench.answers, QStringList({"OK", "OK", "OK"}));
    }

    void removal_beforeTheInsertionWasSent_asksTheStubForNeither() {
        Bench bench;
        bench.start();
        bench.go();
        bench.stub.isDeaf = true;
        bench.set(0x20, bench.gdb);
        bench.set(0x20, bench.gdb, false);
        QCOMPARE(bench.answers, QStringList({"OK", "breakpoint-removed"}));
        bench.stub.stop("T02thread:01;");
        settle();
        QCOMPARE(bench.stub.heard, QStringList({"vCont;c", "vCont;c"}));
        QCOMPARE(bench.registry().size(), 0);
    }

    void insertionAndRemoval_ofTwo_whileRunning_needOneStop() {
        Bench bench;
        bench.start();
        bench.set(0x10, bench.window);
        bench.go();
        bench.remove(0x10, bench.window);
        bench.insert(0x20, bench.gdb);
        settle();
        QCOMPARE(bench.stub.heard.count("^C"), 1);
        QCOMPARE(bench.stub.breakpoints, QSet<QByteArray>{"0,20,1"});
        QCOMPARE(bench.stops.size(), 1);
    }

    void watchpoint_ofAnOwnerWhoHasGone_isNoStop() {
        Bench bench;
        bench.start();
        bench.registry().insert({2, 0x1000, 8}, &bench.gdb, &bench.gdb, bench.note());
        bench.go();
        bench.registry().removeParty(&bench.gdb);
        bench.stub.stop("T05thread:01;watch:1004;");
        settle();
        QCOMPARE(bench.stops.size(), 1);
        QVERIFY(bench.stub.isRunning);
        QVERIFY(bench.stub.breakpoints.isEmpty());
    }

    void usersBreakpoint_refused_staysFailedWhenSymbolsChange() {
        Bench bench;
        bench.start();
        bench.stub.refused.insert("0,20,1");
        User user(bench);
        user.add(u"0x20"_s);
        settle();
        QVERIFY(user.record().state == DebugBreakpoint::State::failed);
        user.breakpoints.resolveAll();
        settle();
        QVERIFY(user.record().state == DebugBreakpoint::State::failed);
        QCOMPARE(user.record().problem, u"QEMU cannot set it (E22)"_s);
        QCOMPARE(bench.stub.heard, QStringList{"Z0,20,1"});
        // Switched off and on it is tried again.
        bench.stub.refused.clear();
        DebugBreakpoint changed = user.record();
        changed.enabled = false;
        user.breakpoints.change(changed);
        QVERIFY(user.record().state == DebugBreakpoint::State::disabled);
        changed.enabled = true;
        user.breakpoints.change(changed);
        settle();
        QVERIFY(user.record().state == DebugBreakpoint::State::set);
        QCOMPARE(user.record().problem, QString());
    }

    // The second one at a place where the first has failed has failed, too.
    void usersBreakpoints_twoAtARefusedPlace_areBothFailed() {
        Bench bench;
        bench.start();
        bench.stub.refused.insert("0,20,1");
        User user(bench);
        user.add(u"0x20"_s);
        settle();
        user.add(u"32"_s);
        settle();
        QVERIFY(user.record(0).state == DebugBreakpoint::State::failed);
        QVERIFY(user.record(1).state == DebugBreakpoint::State::failed);
    }

    void usersBreakpoint_whileRunning_isWantedUntilTheTargetStandsStill() {
        Bench bench;
        bench.start();
        bench.go();
        bench.stub.isDeaf = true;
        User user(bench);
        user.add(u"0x20"_s);
        QVERIFY(user.record().state == DebugBreakpoint::State::wanted);
        const int before = user.changes;
        bench.stub.stop("T02thread:01;");
        settle();
        QVERIFY(user.record().state == DebugBreakpoint::State::set);
        QVERIFY(user.changes > before);
    }

    void usersBreakpoint_withoutItsSymbol_waitsAndSaysWhy() {
        Bench bench;
        bench.start();
        User user(bench);
        user.add(u"start_kernel"_s);
        QVERIFY(user.record().state == DebugBreakpoint::State::waiting);
        QCOMPARE(user.record().problem, u"There is no such symbol yet."_s);
        QCOMPARE(bench.registry().size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestBreakpoints)
#include "tst_breakpoints.moc"
