// SPDX-License-Identifier: GPL-2.0-or-later
//
// From vsock records to flows, packets and throughput.
#include "app/features/vsock/vsock_models.hpp"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
namespace pcapng = nitroscope::pcapng;

namespace {

// 16:1024 in the guest and 3:9000 at the host, one millisecond after another.
class Recorder {
public:
    pcapng::Record packet(quint16 operation, bool fromGuest, quint32 length = 0, quint32 flags = 0) {
        pcapng::VsockRecord packet;
        packet.srcCid = fromGuest ? 16 : 3;
        packet.dstCid = fromGuest ? 3 : 16;
        packet.srcPort = fromGuest ? 1024 : 9000;
        packet.dstPort = fromGuest ? 9000 : 1024;
        packet.type = 1;
        packet.operation = operation;
        packet.length = length;
        packet.flags = flags;
        pcapng::Record record = next();
        record.source = pcapng::Source::vsock;
        record.direction = fromGuest ? pcapng::Direction::outbound : pcapng::Direction::inbound;
        record.content = packet;
        return record;
    }
    pcapng::Record closing(const QString &reason) {
        pcapng::Record record = next();
        record.source = pcapng::Source::machine;
        record.content = pcapng::MachineRecord{u"vsock-close"_s,
                                               {{u"flow"_s, quint64(7)},
                                                {u"dialed-by"_s, u"guest"_s},
                                                {u"peer-cid"_s, quint64(3)},
                                                {u"guest-port"_s, quint64(1024)},
                                                {u"peer-port"_s, quint64(9000)},
                                                {u"reason"_s, reason},
                                                {u"bytes-from-guest"_s, quint64(500)}}};
        return record;
    }

private:
    pcapng::Record next() {
        pcapng::Record record;
        record.hostNs = m_now += 1'000'000;
        record.flow = 7;
        return record;
    }
    qint64 m_now = 1'790'000'000'000'000'000;
};

} // namespace

class TestVsockModels : public QObject {
    Q_OBJECT

private slots:
    void account_wholeFlow_countsBothWays() {
        Recorder make;
        VsockAccount account;
        QVERIFY(account.add(make.packet(VSOCK_OP_REQUEST, true)).newFlow);
        QCOMPARE(account.flows()[0].state, VsockFlow::State::connecting);
        account.add(make.packet(VSOCK_OP_RESPONSE, false));
        QCOMPARE(account.flows()[0].state, VsockFlow::State::open);
        QCOMPARE(account.flows()[0].roundTripNs, 1'000'000);
        account.add(make.packet(VSOCK_OP_RW, true, 100));
        account.add(make.packet(VSOCK_OP_RW, true, 50));
        account.add(make.packet(VSOCK_OP_RW, false, 7));
        account.add(make.packet(VSOCK_OP_SHUTDOWN, true, 0, 3));
        QCOMPARE(account.flows()[0].state, VsockFlow::State::closing);
        account.add(make.packet(VSOCK_OP_RST, false));
        const VsockFlow &flow = account.flows()[0];
        QCOMPARE(flow.state, VsockFlow::State::closed);
        QVERIFY(flow.guestDialed && flow.isOver);
        QCOMPARE(flow.bytesFromGuest, quint64(150));
        QCOMPARE(flow.bytesToGuest, quint64(7));
        QCOMPARE(account.packets()[3].streamOffset, quint64(100));
        QCOMPARE(account.throughput()[0], (std::pair<quint64, quint64>{7, 150}));
        account.add(make.closing(u"guest-closed"_s));
        QCOMPARE(account.flows().size(), size_t(1));
        QCOMPARE(account.flows()[0].reason, u"guest-closed"_s);
        QCOMPARE(account.flows()[0].bytesFromGuest, quint64(500)); // the machine saw more than the stream has
    }

    void account_resetOfARequest_isARefusal() {
        Recorder make;
        VsockAccount account;
        account.add(make.packet(VSOCK_OP_REQUEST, false));
        account.add(make.packet(VSOCK_OP_RST, true));
        QCOMPARE(account.flows()[0].state, VsockFlow::State::refused);
        QVERIFY(!account.flows()[0].guestDialed);
    }

    // The guest's answer to what came after the end: Linux sends it without the flow's number being known any more.
    void account_lateReset_belongsToTheFlowThatIsOver() {
        Recorder make;
        VsockAccount account;
        account.add(make.packet(VSOCK_OP_REQUEST, true));
        account.add(make.packet(VSOCK_OP_RESPONSE, false));
        account.add(make.packet(VSOCK_OP_SHUTDOWN, true, 0, 3));
        account.add(make.closing(u"guest-closed"_s));
        pcapng::Record late = make.packet(VSOCK_OP_RST, true);
        late.flow = 0;
        QVERIFY(!account.add(late).newFlow);
        QCOMPARE(account.flows().size(), size_t(1));
        QCOMPARE(account.flows()[0].state, VsockFlow::State::closed);
        pcapng::Record again = make.packet(VSOCK_OP_REQUEST, true);
        again.flow = 0;
        QVERIFY(account.add(again).newFlow);
    }

    void models_filters_chooseRows() {
        Recorder make;
        VsockAccount account;
        VsockFlowModel flows(account);
        VsockPacketModel packets(account);
        const QAbstractItemModelTester flowTester(&flows,
                                                  QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QAbstractItemModelTester packetTester(&packets,
                                                    QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto add = [&](const pcapng::Record &record) {
            const auto change = account.add(record);
            if (change.flow >= 0)
                flows.changed(change.flow, change.newFlow);
            if (change.newPacket)
                packets.added();
        };
        add(make.packet(VSOCK_OP_REQUEST, true));
        add(make.packet(VSOCK_OP_RESPONSE, false));
        for (int i = 0; i < 10; ++i)
            add(make.packet(VSOCK_OP_RW, i % 2 == 0, 64));
        flows.flush();
        packets.flush();
        QCOMPARE(flows.rowCount(), 1);
        QCOMPARE(flows.index(0, VsockFlowModel::service).data().toString(), u"heartbeat"_s);
        QCOMPARE(flows.index(0, VsockFlowModel::fromGuest).data().toString(), u"320 bytes"_s);
        QCOMPARE(packets.rowCount(), 12);
        VsockFilter filter;
        filter.operation = VSOCK_OP_RW;
        filter.fromGuest = true;
        packets.setFilter(filter);
        QCOMPARE(packets.rowCount(), 5);
        flows.setTextFilter(u"nothing like it"_s);
        QCOMPARE(flows.rowCount(), 0);
    }
};

QTEST_MAIN(TestVsockModels)
#include "tst_vsock_models.moc"
