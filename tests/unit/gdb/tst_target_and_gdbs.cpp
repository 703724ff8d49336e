// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window's target and gdbs at one broker: what a gdb writes reaches the window's panels, and a machine
// that stops by itself is not overlooked while breakpoints change.
#include "app/session/debug/live_target.hpp"
#include "tests/unit/gdb/broker_bench.hpp"
#include "tests/unit/gdb/fake_gdb.hpp"

#include <QJsonDocument>
#include <QSignalSpy>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::FakeGdb;
using nitroscope::tests::PairEnd;
using nitroscope::tests::settle;

namespace {

// QMP's other end: all commands succeed.
struct FakeMachine : QObject {
    PairEnd client, end;
    bool breaksBeforeStatus = false; // the next time that it is asked
    bool isSlow = false;             // keeps its answers until answerNow()
    int statusAsked = 0;
    QStringList heard;

    FakeMachine() {
        client.connectTo(end);
        end.connectTo(client);
        connect(&end, &QIODevice::readyRead, this, [this] { read(); });
        say(R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}, "capabilities": []}})");
    }
    void say(const QByteArray &line) { end.write(line + "\r\n"); }
    void hitBreak() {
        say(R"({"event": "ENCLAVE_BREAK", "data": {"id": 7, "source": "nsm", "detail": "NSM request ExtendPCR"}, "timestamp": {"seconds": 1, "microseconds": 0}})");
    }

    void answerNow() {
        isSlow = false;
        for (const QByteArray &answer : std::exchange(m_kept, {}))
            say(answer);
    }

private:
    void read() {
        for (const QByteArray &line : end.readAll().split('\n')) {
            const QJsonObject command = QJsonDocument::fromJson(line).object();
            if (command.isEmpty())
                continue;
            if (command["execute"].toString() == u"query-status"_s) {
                ++statusAsked;
                if (std::exchange(breaksBeforeStatus, false))
                    hitBreak();
            }
            heard << command["execute"].toString();
            const QByteArray answer =
                "{\"return\": {\"id\": 7}, \"id\": " + QByteArray::number(command["id"].toInt()) + "}";
            if (isSlow)
                m_kept << answer;
            else
                say(answer);
        }
    }

    QByteArrayList m_kept;
};

struct Bench : tests::BrokerBench {
    FakeMachine machine;
    qmp::Client qmp{&machine.client};
    MachineControl control;
    std::unique_ptr<LiveTarget> target;

    Bench() {
        QObject::connect(&qmp, &qmp::Client::eventReceived, &control, &MachineControl::takeEvent);
        control.setClient(&qmp);
    }
    bool begin() {
        start();
        target = std::make_unique<LiveTarget>(broker.get(), &control, LiveTargetFiles());
        QSignalSpy prepared(target.get(), &LiveTarget::prepared);
        const bool isPrepared = prepared.wait();
        settle();
        stub.heard.clear();
        return isPrepared;
    }
};

} // namespace

class TestTargetAndGdbs : public QObject {
    Q_OBJECT

private slots:
    void gdbsWriteToMemory_isToldToThePanels_data() {
        QTest::addColumn<QByteArray>("packet");
        QTest::newRow("digits") << QByteArray("M1000,2:6162");
        QTest::newRow("bytes") << QByteArray("X1000,2:ab");
    }

    void gdbsWriteToMemory_isToldToThePanels() {
        QFETCH(QByteArray, packet);
        Bench bench;
        QVERIFY(bench.begin());
        FakeGdb gdb(bench.broker.get());
        QSignalSpy changes(bench.target.get(), &DebugTarget::targetChanged);
        QCOMPARE(gdb.ask(packet), u"OK"_s);
        QCOMPARE(changes.count(), 1);
        QVERIFY(bench.stub.heard.contains(u"M1000,2:6162"_s));
    }

    void gdbsWriteToARegister_movesTheStopThatPanelsShow() {
        Bench bench;
        QVERIFY(bench.begin());
        FakeGdb gdb(bench.broker.get());
        const quint64 generation = bench.target->stop()->generation;
        QSignalSpy changes(bench.target.get(), &DebugTarget::targetChanged);
        QCOMPARE(gdb.ask("P10=3412000000000000"), u"OK"_s);
        QCOMPARE(changes.count(), 1);
        QCOMPARE(bench.target->stop()->pc, quint64(0x1234));
        QVERIFY(bench.target->stop()->generation > generation);
        QVERIFY(bench.target->state() == DebugTarget::State::stopped);
    }

    // gdb calls a function so: registers, and on at once. Reading the stop anew is not the stop it waits for.
    void gdbsWriteToARegister_andOnAtOnce_isNotTakenForAStop() {
        Bench bench;
        QVERIFY(bench.begin());
        FakeGdb gdb(bench.broker.get());
        gdb.sayRaw(rsp::encodePacket("P10=3412000000000000") + rsp::encodePacket("vCont;c"));
        QCOMPARE(gdb.answers, QStringList{u"OK"_s});
        QVERIFY(bench.target->state() == DebugTarget::State::running);
        QVERIFY(bench.stub.isRunning);
        gdb.sayRaw("\x03");
        QVERIFY(gdb.answers.value(1).startsWith(u"T02"_s));
    }

    void windowsWrites_areToldOnce() {
        Bench bench;
        QVERIFY(bench.begin());
        QSignalSpy changes(bench.target.get(), &DebugTarget::targetChanged);
        QSignalSpy problems(bench.target.get(), &DebugTarget::problem);
        bench.target->writeMemory(AddressSpace::guestVirtual, 0x1000, "ab");
        settle();
        QCOMPARE(changes.count(), 1);
        bench.target->writeRegister(1, 16, QByteArray::fromHex("7856000000000000"));
        settle();
        QCOMPARE(changes.count(), 2);
        QCOMPARE(bench.target->stop()->pc, quint64(0x5678));
        QCOMPARE(problems.count(), 0);
    }

    // The stub says `interrupted` for both, and only once.
    void machinesBreak_whileABreakpointIsSet_isAStop() {
        Bench bench;
        QVERIFY(bench.begin());
        bench.go();
        bench.machine.breaksBeforeStatus = true;
        bench.set(0x20, bench.gdb);
        QCOMPARE(bench.answers, QStringList{"OK"});
        QVERIFY(bench.target->state() == DebugTarget::State::stopped);
        QVERIFY(bench.target->stop()->why == DebugStop::Why::enclaveBreak);
        QCOMPARE(bench.target->stop()->text, u"NSM request ExtendPCR"_s);
    }

    void noBreak_whileABreakpointIsSet_goesOn() {
        Bench bench;
        QVERIFY(bench.begin());
        bench.go();
        bench.set(0x20, bench.gdb);
        QCOMPARE(bench.machine.statusAsked, 1);
        QVERIFY(bench.target->state() == DebugTarget::State::running);
        QVERIFY(bench.stub.isRunning);
        QCOMPARE(bench.stops.size(), 1);
    }

    // Its own stop was taken for the end of a step off a breakpoint: then it stops a little later.
    void machinesBreak_whoseStopWasOverlooked_isAStop() {
        Bench bench;
        QVERIFY(bench.begin());
        bench.go();
        bench.machine.hitBreak();
        settle();
        QVERIFY(bench.target->state() == DebugTarget::State::stopped);
        QVERIFY(bench.target->stop()->why == DebugStop::Why::enclaveBreak);
        // It is told once.
        bench.go();
        bench.broker->interrupt();
        settle();
        QVERIFY(bench.target->stop()->why == DebugStop::Why::interrupt);
    }

    // What the machine says of a stop comes when a gdb has let it run again.
    void interruption_whoseReasonComesTooLate_isNoStop() {
        Bench bench;
        QVERIFY(bench.begin());
        FakeGdb gdb(bench.broker.get());
        gdb.ask("vCont;c");
        bench.machine.isSlow = true;
        gdb.sayRaw("\x03");
        QVERIFY(gdb.answers.value(0).startsWith(u"T02"_s));
        gdb.ask("vCont;c");
        bench.machine.answerNow();
        settle();
        QVERIFY(bench.target->state() == DebugTarget::State::running);
        QVERIFY(!bench.target->stop());
    }

    void interruption_andRegistersWrittenBeforeItsReasonIsKnown_isToldWithThose() {
        Bench bench;
        QVERIFY(bench.begin());
        FakeGdb gdb(bench.broker.get());
        gdb.ask("vCont;c");
        bench.machine.isSlow = true;
        gdb.sayRaw("\x03");
        gdb.ask("P10=3412000000000000");
        bench.machine.answerNow();
        settle();
        QVERIFY(bench.target->state() == DebugTarget::State::stopped);
        QVERIFY(bench.target->stop()->why == DebugStop::Why::interrupt);
        QCOMPARE(bench.target->stop()->pc, quint64(0x1234));
    }

    void breakOfTheMachine_givenUpBeforeItIsConfirmed_isRemoved() {
        Bench bench;
        QVERIFY(bench.begin());
        bench.machine.isSlow = true;
        bench.control.breakOnce(u"nsm"_s);
        settle();
        bench.control.clearBreaks();
        bench.machine.answerNow();
        settle();
        QCOMPARE(bench.machine.heard.last(), u"enclave-break-remove"_s);
    }

    void windowGone_takesItsBreakpointsAlong() {
        Bench bench;
        QVERIFY(bench.begin());
        DebugBreakpoint wanted;
        wanted.place = u"0x20"_s;
        bench.target->addBreakpoint(wanted);
        bench.set(0x30, bench.gdb);
        QCOMPARE(bench.stub.breakpoints.size(), 2);
        bench.target.reset();
        settle();
        QCOMPARE(bench.stub.breakpoints, QSet<QByteArray>{"0,30,1"});
    }
};

QTEST_GUILESS_MAIN(TestTargetAndGdbs)
#include "tst_target_and_gdbs.moc"
