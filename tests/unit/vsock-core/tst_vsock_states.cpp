// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every cell of the state table (device_receive.cpp), the ends of flows (device_host.cpp), and the deadlines.
#include "tests/unit/vsock-core/bench_host.hpp"
#include "tests/unit/vsock-core/suites.hpp"

#include <QTest>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;

namespace {

enum class Row { unknown, connecting, requested, established, closing };

// The states in which a flow can be when the guest's packet comes.
void bring(Bench &bench, Row row) {
    switch (row) {
    case Row::unknown:
        return;
    case Row::connecting:
        bench.host.connectAtOnce = false;
        bench.send(Op::request);
        return;
    case Row::requested:
        bench.dial();
        bench.take();
        return;
    case Row::established:
        bench.establish();
        return;
    case Row::closing:
        bench.establish().atEnd = ReadStatus::closed;
        bench.host.ends.back()->events->readable();
        bench.take();
        return;
    }
}

QString names(const std::vector<Op> &ops) {
    QStringList list;
    for (const Op op : ops)
        list += QString::fromLatin1(opName(op));
    return list.join(QLatin1Char(' '));
}

// The only flow, when there is one.
VsockState stateOf(const Bench &bench) {
    return bench.device.flowsById().empty() ? VSOCK_CLOSED : bench.device.flowsById().begin()->second->state;
}

Header addressedTo(Bench &bench, Row row, Op op) {
    Header header = bench.header(op);
    if (row == Row::requested) {
        header.source.port = 5000;
        header.destination.port = bench.answer.sourcePort;
    }
    return header;
}

} // namespace

class VsockStates : public QObject {
    Q_OBJECT

private slots:
    void packet_inEachState_isAnsweredByTheTable_data() {
        QTest::addColumn<int>("row");
        QTest::addColumn<int>("op");
        QTest::addColumn<int>("state"); // afterwards
        QTest::addColumn<QString>("answer");
        const auto cell = [](Row row, const char *rowName, Op op, VsockState state, const char *answer) {
            QTest::addRow("%s in %s", op <= Op::creditRequest ? opName(op) : "operation 99", rowName)
                << static_cast<int>(row) << static_cast<int>(op) << static_cast<int>(state)
                << QString::fromLatin1(answer);
        };
        const auto strange = static_cast<Op>(99);
        cell(Row::unknown, "unknown", Op::request, VSOCK_ESTABLISHED, "RESPONSE");
        cell(Row::unknown, "unknown", Op::response, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", Op::rst, VSOCK_CLOSED, "");
        cell(Row::unknown, "unknown", Op::rw, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", Op::shutdown, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", Op::creditUpdate, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", Op::creditRequest, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", Op::invalid, VSOCK_CLOSED, "RST");
        cell(Row::unknown, "unknown", strange, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", Op::request, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", Op::response, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", Op::rst, VSOCK_CLOSED, "");
        cell(Row::connecting, "connecting", Op::rw, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", Op::shutdown, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", Op::creditUpdate, VSOCK_CONNECTING, "");
        cell(Row::connecting, "connecting", Op::creditRequest, VSOCK_CONNECTING, "");
        cell(Row::connecting, "connecting", Op::invalid, VSOCK_CLOSED, "RST");
        cell(Row::connecting, "connecting", strange, VSOCK_CLOSED, "RST");
        cell(Row::requested, "requested", Op::request, VSOCK_CLOSED, "RST");
        cell(Row::requested, "requested", Op::response, VSOCK_ESTABLISHED, "");
        cell(Row::requested, "requested", Op::rst, VSOCK_CLOSED, "");
        cell(Row::requested, "requested", Op::rw, VSOCK_CLOSED, "RST");
        cell(Row::requested, "requested", Op::shutdown, VSOCK_CLOSED, "RST");
        cell(Row::requested, "requested", Op::creditUpdate, VSOCK_REQUESTED, "");
        cell(Row::requested, "requested", Op::creditRequest, VSOCK_REQUESTED, "");
        cell(Row::requested, "requested", Op::invalid, VSOCK_CLOSED, "RST");
        cell(Row::requested, "requested", strange, VSOCK_CLOSED, "RST");
        cell(Row::established, "established", Op::request, VSOCK_CLOSED, "RST");
        cell(Row::established, "established", Op::response, VSOCK_ESTABLISHED, "");
        cell(Row::established, "established", Op::rst, VSOCK_CLOSED, "");
        cell(Row::established, "established", Op::rw, VSOCK_ESTABLISHED, "");
        cell(Row::established, "established", Op::shutdown, VSOCK_CLOSED, "RST");
        cell(Row::established, "established", Op::creditUpdate, VSOCK_ESTABLISHED, "");
        cell(Row::established, "established", Op::creditRequest, VSOCK_ESTABLISHED, "CREDIT_UPDATE");
        cell(Row::established, "established", Op::invalid, VSOCK_CLOSED, "RST");
        cell(Row::established, "established", strange, VSOCK_CLOSED, "RST");
        cell(Row::closing, "closing", Op::request, VSOCK_ESTABLISHED, "RESPONSE");
        cell(Row::closing, "closing", Op::response, VSOCK_CLOSING, "");
        cell(Row::closing, "closing", Op::rst, VSOCK_CLOSED, "");
        cell(Row::closing, "closing", Op::rw, VSOCK_CLOSED, "RST");
        cell(Row::closing, "closing", Op::shutdown, VSOCK_CLOSED, "RST");
        cell(Row::closing, "closing", Op::creditUpdate, VSOCK_CLOSING, "");
        cell(Row::closing, "closing", Op::creditRequest, VSOCK_CLOSING, "");
        cell(Row::closing, "closing", Op::invalid, VSOCK_CLOSING, "");
        cell(Row::closing, "closing", strange, VSOCK_CLOSING, "");
    }
    void packet_inEachState_isAnsweredByTheTable() {
        QFETCH(int, row);
        QFETCH(int, op);
        QFETCH(int, state);
        QFETCH(QString, answer);
        Bench bench;
        bring(bench, static_cast<Row>(row));
        Header header = addressedTo(bench, static_cast<Row>(row), static_cast<Op>(op));
        header.flags = header.op == Op::shutdown ? shutdownBoth : 0;
        bench.send(header, header.op == Op::rw ? "x" : "");
        QCOMPARE(names(bench.takeOps()), answer);
        QCOMPARE(static_cast<int>(stateOf(bench)), state);
    }

    void request_nobodyThere_isResetWithReason() {
        Bench bench;
        bench.host.refusal = Reason::noListener;
        bench.send(Op::request);
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.op, Op::rst);
        QVERIFY(packets[0].header.source == (Address{3, 8000}));
        QVERIFY(packets[0].header.destination == (Address{16, 1024}));
        QCOMPARE(bench.told.closed.size(), std::size_t{1});
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "no-listener");
        QCOMPARE(bench.told.notes.back(), std::string("reset: no-listener"));
    }

    void request_wrongAddress_isResetOrDropped_data() {
        QTest::addColumn<quint64>("source");
        QTest::addColumn<quint64>("destination");
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("answer");
        QTest::newRow("parent") << quint64(16) << quint64(3) << 1 << "RESPONSE";
        QTest::newRow("CID 2") << quint64(16) << quint64(2) << 1 << "RESPONSE";
        QTest::newRow("seqpacket") << quint64(16) << quint64(3) << 2 << "RESPONSE";
        QTest::newRow("CID 0") << quint64(16) << quint64(0) << 1 << "RST";
        QTest::newRow("unknown CID") << quint64(16) << quint64(99) << 1 << "RST";
        QTest::newRow("upper bits") << quint64(16) << (quint64(1) << 32 | 3) << 1 << "RST";
        QTest::newRow("datagram") << quint64(16) << quint64(3) << 3 << "RST";
        QTest::newRow("type 0") << quint64(16) << quint64(3) << 0 << "RST";
        QTest::newRow("another's CID") << quint64(17) << quint64(3) << 1 << "";
    }
    void request_wrongAddress_isResetOrDropped() {
        QFETCH(quint64, source);
        QFETCH(quint64, destination);
        QFETCH(int, type);
        QFETCH(QString, answer);
        Bench bench;
        Header header = bench.header(Op::request);
        header.source.cid = source;
        header.destination.cid = destination;
        header.type = static_cast<std::uint16_t>(type);
        bench.send(header);
        const auto packets = bench.take();
        QCOMPARE(packets.empty() ? QString() : QString::fromLatin1(opName(packets[0].header.op)), answer);
        if (!packets.empty()) {
            QCOMPARE(packets[0].header.source.cid, destination);
            QCOMPARE(int(packets[0].header.type), type);
        }
        QCOMPARE(bench.told.notices.size() == 1, destination == 2 || source == 17 || type == 3 || type == 0);
    }

    void seqpacket_notNegotiated_isReset() {
        Bench bench;
        bench.device.start(false);
        Header header = bench.header(Op::request);
        header.type = 2;
        bench.send(header);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QCOMPARE(bench.dial(5000, Kind::seqpacket)->alive, false);
        QCOMPARE(bench.answer.refusal, Reason::badType);
    }

    void rst_ofReusedPorts_doesNotHitTheNewFlow() {
        Bench bench;
        bench.send(Op::rw, "stray"); // an RST is queued …
        bench.send(Op::request);     // … and the same ports are used again before it was delivered
        QCOMPARE(names(bench.takeOps()), u"RESPONSE"_s);
    }

    void flows_withDifferentPeersAndTypes_areDifferent() {
        Bench bench;
        for (const std::uint64_t cid : {3, 2})
            for (const std::uint16_t type : {1, 2}) {
                Header header = bench.header(Op::request);
                header.destination.cid = cid;
                header.type = type;
                bench.send(header);
            }
        QCOMPARE(bench.take().size(), std::size_t{4});
        QCOMPARE(bench.device.flowsById().size(), std::size_t{4});
    }

    void flows_beyondTheLimit_areReset() {
        VsockOptions options{};
        options.flows = 2;
        Bench bench(options);
        for (std::uint32_t port = 1; port <= 3; ++port)
            bench.send(bench.header(Op::request, port));
        QCOMPARE(names(bench.takeOps()), u"RST RESPONSE RESPONSE"_s);
        QCOMPARE(bench.dial()->alive, false);
        QCOMPARE(bench.answer.refusal, Reason::tooManyFlows);
    }

    void resets_withoutReceiveBuffers_stopTheQueue() {
        Bench bench;
        for (std::uint32_t port = 1; port <= 5000 && bench.device.mayReceive(); ++port)
            bench.send(bench.header(Op::rw, port), "x");
        QVERIFY(!bench.device.mayReceive());
        QCOMPARE(bench.take(100000).size(), std::size_t{4096});
        QVERIFY(bench.device.mayReceive());
    }

    // ---- opened by the host ----

    void open_accepted_tellsTheHostAndReads() {
        Bench bench;
        const auto end = bench.dial();
        end->readable = "early";
        const auto request = bench.take();
        QCOMPARE(request.size(), std::size_t{1});
        QCOMPARE(request[0].header.op, Op::request);
        QCOMPARE(request[0].header.source.cid, std::uint64_t{3});
        QVERIFY(request[0].header.source.port >= 1u << 30);
        QCOMPARE(end->reads, 0); // nothing before the guest has accepted
        bench.send(bench.header(Op::response, 5000, bench.answer.sourcePort));
        QVERIFY(end->accepted);
        const auto data = bench.take();
        QCOMPARE(data[0].payload, std::string("early"));
        QCOMPARE(bench.told.opened.size(), std::size_t{1});
        QCOMPARE(bench.told.opened[0].service, 5000u);
    }

    void open_deadline_startsWhenDelivered() {
        Bench bench;
        const auto end = bench.dial();
        bench.pass(60000); // the guest does not take packets yet
        QVERIFY(!end->closed);
        bench.take();
        bench.pass(1999);
        QVERIFY(!end->closed);
        bench.pass(1);
        QVERIFY(end->closed);
        QCOMPARE(end->reason, Reason::guestTimeout);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
    }

    void open_cancelledBeforeDelivery_saysNothingToTheGuest() {
        Bench bench;
        const auto end = bench.dial();
        end->events->failed(Reason::cancelled);
        QCOMPARE(names(bench.takeOps()), QString());
        QVERIFY(end->closed && !end->alive);
    }

    void open_portsOfLivingFlows_areNotReused() {
        Bench bench;
        bench.dial();
        const std::uint32_t first = bench.answer.sourcePort;
        bench.dial();
        QVERIFY(bench.answer.sourcePort != first);
    }

    // ---- deadlines and ends ----

    void connect_hostTooSlow_isResetBeforeTheGuestGivesUp() {
        Bench bench;
        bench.host.connectAtOnce = false;
        bench.send(Op::request);
        bench.pass(1899);
        QCOMPARE(names(bench.takeOps()), QString());
        bench.pass(1);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QCOMPARE(bench.host.ends[0]->reason, Reason::connectTimeout);
    }

    void hostEndOfData_isHalfClose_guestStillSends() {
        Bench bench;
        Control &end = bench.establish();
        end.readable = "last";
        end.atEnd = ReadStatus::endOfData;
        end.events->readable();
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{2});
        QCOMPARE(packets[0].payload, std::string("last"));
        QCOMPARE(packets[1].header.op, Op::shutdown);
        QCOMPARE(packets[1].header.flags, shutdownSend);
        bench.send(Op::rw, "answer");
        QCOMPARE(end.written, std::string("answer"));
        QVERIFY(!end.closed);
        // The guest ends, too: SHUTDOWN(both), and its RST is the end.
        bench.send(Op::shutdown, {}, shutdownSend);
        QVERIFY(end.endOfData && end.closed);
        const auto last = bench.take();
        QCOMPARE(last.size(), std::size_t{1});
        QCOMPARE(last[0].header.flags, shutdownBoth);
        bench.send(Op::rst);
        QVERIFY(bench.device.flowsById().empty());
    }

    void guestEndOfData_isHalfClose_afterAllData() {
        Bench bench;
        Control &end = bench.establish();
        end.room = 3;
        bench.send(Op::rw, "abcdef");
        bench.send(Op::shutdown, {}, shutdownSend);
        QVERIFY(!end.endOfData);
        end.room = SIZE_MAX;
        end.events->writable();
        bench.take();
        QCOMPARE(end.written, std::string("abcdef"));
        QVERIFY(end.endOfData && !end.closed);
        end.readable = "reply";
        end.events->readable();
        QCOMPARE(bench.take()[0].payload, std::string("reply"));
        bench.send(Op::rw, "too late");
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QCOMPARE(end.reason, Reason::protocolError);
    }

    void guestStopsReading_hostIsTold() {
        Bench bench;
        Control &end = bench.establish();
        bench.send(Op::shutdown, {}, shutdownReceive);
        QVERIFY(end.stoppedReading && !end.closed);
        end.readable = "unwanted";
        end.events->readable();
        QCOMPARE(names(bench.takeOps()), QString());
        bench.send(Op::rw, "still sends");
        QCOMPARE(end.written, std::string("still sends"));
    }

    void guestCloses_withDataUnderWay_getsRstWhenItIsDelivered() {
        Bench bench;
        Control &end = bench.establish();
        end.room = 1;
        bench.send(Op::rw, "abc");
        bench.send(Op::shutdown, {}, shutdownBoth);
        QCOMPARE(names(bench.takeOps()), QString());
        end.room = SIZE_MAX;
        end.events->writable();
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        const Control kept = end;
        QCOMPARE(kept.written, std::string("abc"));
        QCOMPARE(kept.how, Close::orderly);
        QCOMPARE(kept.reason, Reason::guestClosed);
    }

    void guestCloses_hostTooSlow_dataIsStillDelivered() {
        Bench bench;
        Control &end = bench.establish();
        end.room = 1;
        bench.send(Op::rw, "abc");
        bench.send(Op::shutdown, {}, shutdownBoth);
        bench.pass(8000);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QVERIFY(!end.closed);
        bench.send(Op::request); // the guest may use its port again
        QCOMPARE(names(bench.takeOps()), u"RESPONSE"_s);
        const auto old = bench.host.ends[0];
        old->room = SIZE_MAX;
        old->events->writable();
        bench.take();
        QCOMPARE(old->written, std::string("abc"));
        QCOMPARE(old->how, Close::orderly);
        QCOMPARE(bench.device.flowsById().size(), std::size_t{1});
    }

    void guestCloses_hostTooSlow_reusedPortsGetNothingOfTheOldFlow() {
        Bench bench;
        Control &end = bench.establish();
        end.room = 1;
        bench.send(Op::rw, "abc");
        bench.send(Op::creditRequest); // its answer finds no buffer
        bench.send(Op::shutdown, {}, shutdownBoth);
        bench.send(Op::rst); // Linux waits no longer
        bench.send(Op::request);
        QCOMPARE(names(bench.takeOps()), u"RESPONSE"_s);
    }

    void hostCloses_guestGetsAllDataThenShutdown() {
        Bench bench;
        Control &end = bench.establish();
        end.readable = "bye";
        end.atEnd = ReadStatus::closed;
        end.events->gone(Reason::hostClosed);
        const auto packets = bench.take();
        QCOMPARE(packets[0].payload, std::string("bye"));
        QCOMPARE(packets[1].header.op, Op::shutdown);
        QCOMPARE(packets[1].header.flags, shutdownBoth);
        bench.pass(7999);
        QCOMPARE(names(bench.takeOps()), QString());
        bench.pass(1);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "host-closed");
    }

    void hostBreaks_guestIsReset() {
        Bench bench;
        Control &end = bench.establish();
        end.atEnd = ReadStatus::reset;
        end.events->readable();
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "host-reset");
    }

    void hostStopsReading_guestIsToldAndItsDataDropped() {
        Bench bench;
        Control &end = bench.establish();
        end.writeStatus = WriteStatus::receiveClosed;
        bench.send(Op::rw, "lost");
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.flags, shutdownReceive);
        QCOMPARE(packets[0].header.fwdCnt, 4u);
        end.readable = "still here";
        end.events->readable();
        QCOMPARE(bench.take()[0].payload, std::string("still here"));
    }

    void events_duringConnect_areTakenLater() {
        Bench bench; // connectAtOnce calls connected() inside connect()
        bench.send(Op::request);
        QCOMPARE(names(bench.takeOps()), u"RESPONSE"_s);
        QCOMPARE(bench.told.opened.size(), std::size_t{1});
    }

    void reset_ofTheDevice_closesAllWithoutAWord() {
        Bench bench;
        bench.establish();
        const auto end = bench.host.ends[0];
        bench.send(Op::rw, "x");
        bench.device.reset();
        QVERIFY(end->closed && !end->alive);
        QCOMPARE(names(bench.takeOps()), QString());
        QCOMPARE(bench.host.resets, 1);
    }

    void reset_beforeTheGuestHasTheRequest_keepsTheHostsConnection() {
        Bench bench;
        const auto end = bench.dial();
        bench.device.reset();
        bench.device.start(true);
        QVERIFY(!end->closed);
        QCOMPARE(names(bench.takeOps()), u"REQUEST"_s);
        // Now it has it, and the next driver knows nothing of it.
        bench.device.reset();
        QVERIFY(end->closed);
        QCOMPARE(names(bench.takeOps()), QString());
    }

    void receiveBuffer_tooShort_comesBackEmpty() {
        Bench bench;
        bench.send(Op::request);
        std::vector<std::byte> memory(44);
        std::array<WritableBytes, 1> shortPieces{WritableBytes(memory).first(20)};
        std::array<WritableBytes, 1> headerOnly{WritableBytes(memory)};
        std::array<RxBuffer, 2> buffers{RxBuffer{shortPieces, 7}, RxBuffer{headerOnly, 0}};
        QCOMPARE(bench.device.fill(buffers), std::size_t{2});
        QCOMPARE(buffers[0].used, std::size_t{0});
        QCOMPARE(buffers[1].used, std::size_t{44});
    }

    void payload_shorterThanItsHeaderSays_isReset() {
        Bench bench;
        bench.establish();
        Header header = bench.header(Op::rw);
        header.length = 100;
        const std::string payload = "short";
        const std::array<Bytes, 1> pieces{bytesOf(payload)};
        bench.device.receive(header.encode(), pieces);
        QCOMPARE(names(bench.takeOps()), u"RST"_s);
    }

    void payload_longerThanItsHeaderSays_isCut() {
        Bench bench;
        Control &end = bench.establish();
        Header header = bench.header(Op::rw);
        header.length = 4;
        const std::string payload = "datarubbish";
        const std::array<Bytes, 2> pieces{bytesOf(payload).first(2), bytesOf(payload).subspan(2)};
        bench.device.receive(header.encode(), pieces);
        bench.device.endOfBatch();
        QCOMPARE(end.written, std::string("data"));
    }
};

int runStates(int argc, char **argv) {
    VsockStates suite;
    return QTest::qExec(&suite, argc, argv);
}

#include "tst_vsock_states.moc"
