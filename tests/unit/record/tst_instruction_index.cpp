// SPDX-License-Identifier: GPL-2.0-or-later
//
// From rows of a capture to instructions and back, and what had happened at a moment: PCRs and flows of then.
#include "app/session/account/run_account.hpp"
#include "app/session/account/vsock_moment.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint32 blockBytes = 100;

// The next record of a stream whose blocks have 100 bytes each.
pcapng::Record record(quint64 number, std::optional<quint64> instruction, qint64 virtualNs) {
    pcapng::Record made;
    made.offset = number * blockBytes;
    made.blockLength = blockBytes;
    made.dataOffset = made.offset + 28;
    made.captured = 40;
    made.icount = instruction;
    made.virtualNs = virtualNs;
    made.hostNs = 1'000 + virtualNs;
    return made;
}

pcapng::Record pcr(quint64 number, quint64 instruction, char value) {
    pcapng::Record made = record(number, instruction, qint64(instruction));
    made.source = pcapng::Source::machine;
    made.content = pcapng::MachineRecord{QLatin1String(NITRO_CAPTURE_KIND_PCR),
                                         {{u"index"_s, 16}, {u"value"_s, QByteArray(48, value)}}};
    return made;
}

pcapng::Record packet(quint64 number, quint64 instruction, quint16 operation, bool fromGuest,
                      quint32 bytes = 0) {
    pcapng::Record made = record(number, instruction, qint64(instruction));
    made.source = pcapng::Source::vsock;
    made.direction = fromGuest ? pcapng::Direction::outbound : pcapng::Direction::inbound;
    made.flow = 7;
    pcapng::VsockRecord vsock;
    vsock.operation = operation;
    vsock.length = bytes;
    vsock.srcCid = fromGuest ? 16 : 3;
    vsock.dstCid = fromGuest ? 3 : 16;
    vsock.srcPort = fromGuest ? 1000 : 9000;
    vsock.dstPort = fromGuest ? 9000 : 1000;
    made.content = vsock;
    return made;
}

} // namespace

class TestInstructionIndex : public QObject {
    Q_OBJECT
private slots:
    void rows_andInstructions_leadToEachOther() {
        InstructionIndex index;
        QVERIFY(index.isEmpty());
        QVERIFY(!index.instructionAt(0) && !index.next(0) && !index.previous(10));
        QCOMPARE(index.momentAt(5).offset, 0U);
        for (const auto &[number, instruction] : {std::pair(0, 10), {1, 10}, {2, 30}, {3, 50}})
            index.add(record(quint64(number), quint64(instruction), instruction * 2));
        index.add(record(4, std::nullopt, 200)); // of another program
        QCOMPARE(index.momentAt(9).offset, 0U);
        QCOMPARE(index.momentAt(10), (RunMoment{10, 200, 20, 1'020}));
        QCOMPARE(index.momentAt(29), (RunMoment{29, 200, 20, 1'020}));
        QCOMPARE(index.momentAt(1'000).offset, 400U);
        QCOMPARE(index.instructionAt(0), 10U);
        QCOMPARE(index.instructionAt(199), 10U);
        QCOMPARE(index.instructionAt(228), 30U);
        QCOMPARE(index.next(10), 30U);
        QCOMPARE(index.next(11), 30U);
        QVERIFY(!index.next(50));
        QCOMPARE(index.previous(30), 10U);
        QCOMPARE(index.previous(31), 30U);
        QVERIFY(!index.previous(10));
        QCOMPARE(index.instructionAtTime(0), 10U);
        QCOMPARE(index.instructionAtTime(21), 30U);
        QVERIFY(!index.instructionAtTime(101));
    }

    void moment_dividesRows() {
        const RunMoment moment{10, 200, 20, 0};
        QVERIFY(!moment.isBefore(199));
        QVERIFY(moment.isBefore(200));
    }

    void pcrs_atAMoment_areThoseOfThen() {
        RunAccount account;
        account.begin(nullptr);
        const std::vector<pcapng::Record> records{record(0, 1, 1), pcr(1, 10, 'a'), pcr(2, 20, 'b')};
        account.take(records);
        const auto at = [&account](quint64 instruction) {
            return account.pcrs().valuesAt(account.instructions().momentAt(instruction).offset);
        };
        QVERIFY(at(9).isEmpty());
        QCOMPARE(at(10).value(0).value, QByteArray(48, 'a'));
        QCOMPARE(at(19).value(0).value, QByteArray(48, 'a'));
        QCOMPARE(at(99).value(0).value, QByteArray(48, 'b'));
        account.begin(nullptr);
        QVERIFY(account.instructions().isEmpty());
    }

    void flow_atAMoment_isAsItWas() {
        RunAccount account;
        account.begin(nullptr);
        const std::vector<pcapng::Record> records{
            packet(0, 10, VSOCK_OP_REQUEST, true),  packet(1, 20, VSOCK_OP_RESPONSE, false),
            packet(2, 30, VSOCK_OP_RW, true, 100),  packet(3, 40, VSOCK_OP_RW, false, 7),
            packet(4, 50, VSOCK_OP_SHUTDOWN, true), packet(5, 60, VSOCK_OP_RST, false)};
        account.take(records);
        const auto at = [&account](quint64 instruction) {
            return flowsAt(account.vsock(), account.instructions().momentAt(instruction)).at(0);
        };
        using State = VsockFlow::State;
        QCOMPARE(at(5).packets, 0U);
        QCOMPARE(at(10).state, State::connecting);
        QCOMPARE(at(20).state, State::open);
        QCOMPARE(at(30).bytesFromGuest, 100U);
        QCOMPARE(at(30).bytesToGuest, 0U);
        QCOMPARE(at(40).bytesToGuest, 7U);
        QCOMPARE(at(50).state, State::closing);
        QVERIFY(!at(59).isOver);
        QVERIFY(at(60).isOver);
        QCOMPARE(at(60).state, account.vsock().flows().at(0).state);
    }
};

QTEST_GUILESS_MAIN(TestInstructionIndex)
#include "tst_instruction_index.moc"
