// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to a recording, against a stub that plays one.
#include "app/session/debug/history_search.hpp"
#include "tests/unit/gdb/broker_bench.hpp"

#include <QSignalSpy>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace nitroscope::tests;
using Kind = HistoryQuestion::Kind;

namespace {

constexpr quint64 offset = 0xffff888000000000; // of the kernel's map of all memory

// Twenty instructions, of which ten have been executed. What is at 0x8000 is the number of the last writer.
struct SearchBench : BrokerBench {
    std::unique_ptr<HistorySearch> search;
    QVector<HistoryAnswer> answers;
    QVector<TargetStop> told; // to those who look at the target
    bool isMapped = true, isDeviceWritten = false;

    SearchBench() {
        stub.isReplay = true;
        stub.setRegister(16, 0x1000);
        for (quint64 at = 1; at <= 20; ++at)
            stub.path << 0x1000 + 4 * (at % 5);
        start();
        search = std::make_unique<HistorySearch>(
            broker.get(), &window,
            HistorySearch::Tools{
                [this](const TargetStop &, quint64 address) -> std::optional<quint64> {
                    return isMapped ? std::optional(address >= offset ? address - offset : address)
                                    : std::nullopt;
                },
                [this](quint64, quint64 bytes) { return QByteArray(qsizetype(bytes), lastWriter()); },
                [](const TargetStop &stop, const auto &done) {
                    done({{0, stop.pc, 0, u"f"_s, {}, {}}});
                },
                [](const TargetStop &, const auto &done) { done(u"init (1)"_s); }});
        broker->setJudge(&window, [this](const TargetStop &stop, const auto &decide) {
            if (search->isActive())
                search->consider(stop, decide);
            else
                decide(true);
        });
        QObject::connect(broker.get(), &GdbBroker::stopped, search.get(), [this](const TargetStop &stop) {
            if (!search->isActive() || !search->takes(stop))
                told << stop;
        });
        QObject::connect(search.get(), &HistorySearch::answered, search.get(),
                         [this](const HistoryAnswer &answer) { answers << answer; });
        for (int i = 0; i < 10; ++i)
            go(";s:1");
        told.clear();
        stub.heard.clear();
    }
    char lastWriter() const {
        char last = 0;
        for (auto write = stub.writes.cbegin(); write != stub.writes.cend(); ++write)
            if (write.key() < stub.past.size() &&
                (write.value() == 0x8000 || write.value() == offset + 0x8000))
                last = char(write.key());
        return isDeviceWritten && stub.past.size() == 10 ? char(0x7f) : last;
    }
    const HistoryAnswer &ask(const HistoryQuestion &question) {
        if (const auto begun = search->begin(question, *broker->lastStop()); !begun)
            answers << HistoryAnswer{question, {}, begun.error().code};
        settle();
        if (answers.isEmpty())
            answers << HistoryAnswer{question, {}, u"(no answer)"_s};
        return answers.last();
    }
    HistoryAnswer askMemory(Kind kind) { return ask({kind, AddressSpace::guestVirtual, 0x8000, 8}); }
};

} // namespace

class HistorySearchTest : public QObject {
    Q_OBJECT

private slots:
    void writer_isTheLastInstructionThatWrote_andTheMachineStandsThere() {
        SearchBench bench;
        bench.stub.writes = {{2, 0x8000}, {6, 0x8000}, {8, 0x9000}};
        const HistoryAnswer answer = bench.askMemory(Kind::writer);
        QCOMPARE(answer.hits.size(), 1);
        QCOMPARE(answer.hits[0].instruction, 6U);
        QCOMPARE(answer.hits[0].process, u"init (1)"_s);
        QCOMPARE(answer.hits[0].before, QByteArray(8, 2));
        QCOMPARE(answer.remark, QString());
        QCOMPARE(bench.told.size(), 1);
        QCOMPARE(bench.told[0].instruction, std::optional<quint64>(6));
        QVERIFY(bench.stub.breakpoints.isEmpty());
    }

    void writer_throughAnotherAddress_isFound() {
        SearchBench bench;
        bench.stub.writes = {{2, 0x8000}, {6, offset + 0x8000}};
        QCOMPARE(bench.askMemory(Kind::writer).hits.value(0).instruction, 6U);
    }

    void writer_ofAnotherAddressSpace_isPassedOver() {
        SearchBench bench;
        bench.stub.writes = {{2, 0x8000}, {6, 0x8000}};
        QVERIFY(bench.search->begin({Kind::writer, AddressSpace::guestPhysical, 0x8000, 8},
                                    *bench.broker->lastStop()));
        bench.isMapped = false; // at the moment of the accesses
        settle();
        QCOMPARE(bench.answers.size(), 1);
        QVERIFY(bench.answers[0].hits.isEmpty());
        QVERIFY(bench.answers[0].remark.startsWith(u"No instruction"_s));
    }

    void writer_whenADeviceWroteLater_isToldWithThatRemark() {
        SearchBench bench;
        bench.stub.writes = {{6, 0x8000}};
        bench.isDeviceWritten = true;
        const HistoryAnswer answer = bench.askMemory(Kind::writer);
        QCOMPARE(answer.hits.size(), 1);
        QVERIFY(answer.remark.contains(u"device"_s));
    }

    void writer_ofWhatNobodyWrote_endsAtTheBeginning() {
        SearchBench bench;
        const HistoryAnswer answer = bench.askMemory(Kind::writer);
        QVERIFY(answer.hits.isEmpty());
        QVERIFY(answer.remark.startsWith(u"No instruction"_s));
    }

    void question_ofUnmappedMemory_isRefused() {
        SearchBench bench;
        bench.isMapped = false;
        QCOMPARE(bench.askMemory(Kind::writer).remark, u"no-memory"_s);
        QCOMPARE(bench.stub.heard, QStringList());
    }

    void reader_isTheNextInstructionThatReads() {
        SearchBench bench;
        bench.stub.reads = {{4, 0x8000}, {13, 0x8000}};
        const HistoryAnswer answer = bench.askMemory(Kind::reader);
        QCOMPARE(answer.hits.value(0).instruction, 13U);
        QCOMPARE(bench.told.last().instruction, std::optional<quint64>(13));
    }

    void runs_areAllOfThem_inOneReplay() {
        SearchBench bench;
        bench.broker->setRecordingEnd(20);
        QSignalSpy progress(bench.search.get(), &HistorySearch::progress);
        bench.search->begin({Kind::runs, AddressSpace::guestVirtual, 0x1008, 1}, *bench.broker->lastStop());
        settle();
        bench.stub.stop("T02thread:01;"); // the end of the recording
        settle();
        QCOMPARE(bench.answers.size(), 1);
        QVector<quint64> instructions;
        for (const HistoryHit &hit : bench.answers[0].hits)
            instructions << hit.instruction;
        QCOMPARE(instructions, (QVector<quint64>{2, 7, 12, 17}));
        QCOMPARE(bench.answers[0].remark, QString());
        QVERIFY(progress.size() >= 4);
        QCOMPARE(bench.stub.heard.count(u"bc"_s), 1);
    }

    void runs_othersBreakpoints_areNotInTheWay_andComeBack() {
        SearchBench bench;
        bench.broker->setRecordingEnd(20);
        bench.set(0x1004, bench.gdb);
        bench.search->begin({Kind::runs, AddressSpace::guestVirtual, 0x1008, 1}, *bench.broker->lastStop());
        settle();
        bench.stub.stop("T02thread:01;");
        settle();
        QCOMPARE(bench.answers.value(0).hits.size(), 4);
        QCOMPARE(bench.stub.breakpoints, QSet<QByteArray>{"0,1004,1"});
    }

    void question_cancelled_answersSo() {
        SearchBench bench;
        bench.search->begin({Kind::runs, AddressSpace::guestVirtual, 0x3000, 1}, *bench.broker->lastStop());
        settle();
        QVERIFY(bench.answers.isEmpty());
        bench.search->cancel();
        settle();
        QCOMPARE(bench.answers.size(), 1);
        QCOMPARE(bench.answers[0].remark, u"Cancelled."_s);
        QVERIFY(!bench.search->isActive());
    }
};

QTEST_GUILESS_MAIN(HistorySearchTest)
#include "tst_history_search.moc"
