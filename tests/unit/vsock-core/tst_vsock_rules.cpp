// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fault rules and break conditions, transport reset and snapshots.
#include "tests/unit/vsock-core/bench_host.hpp"
#include "tests/unit/vsock-core/suites.hpp"

#include <QTest>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;

namespace {

VsockRule rule(VsockAction action, VsockDirection direction = VSOCK_ANY_DIRECTION, Op op = Op::invalid) {
    VsockRule r{};
    r.action = action;
    r.match.direction = direction;
    r.match.op = static_cast<std::uint16_t>(op);
    return r;
}

std::string payloadOf(const std::vector<Packet> &packets) {
    std::string all;
    for (const Packet &packet : packets)
        all += packet.payload;
    return all;
}

} // namespace

class VsockRules : public QObject {
    Q_OBJECT

private slots:
    void match_eachField_decides_data() {
        QTest::addColumn<int>("field");
        QTest::addColumn<quint64>("good");
        QTest::addColumn<quint64>("bad");
        QTest::newRow("direction") << 0 << quint64(VSOCK_FROM_GUEST) << quint64(VSOCK_TO_GUEST);
        QTest::newRow("flow") << 1 << quint64(7) << quint64(8);
        QTest::newRow("cid") << 2 << quint64(3) << quint64(2);
        QTest::newRow("port") << 3 << quint64(8000) << quint64(8001);
        QTest::newRow("type") << 4 << quint64(1) << quint64(2);
        QTest::newRow("op") << 5 << quint64(5) << quint64(1);
        QTest::newRow("nth") << 6 << quint64(4) << quint64(5);
        QTest::newRow("first byte") << 7 << quint64(1000) << quint64(999);
        QTest::newRow("last byte") << 7 << quint64(1010) << quint64(1011);
        QTest::newRow("port range") << 8 << quint64(9000) << quint64(7999);
    }
    void match_eachField_decides() {
        QFETCH(int, field);
        QFETCH(quint64, good);
        QFETCH(quint64, bad);
        const std::string text = "hello world";
        const std::array<Bytes, 2> payload{bytesOf(text).first(3), bytesOf(text).subspan(3)};
        PacketView view{VSOCK_FROM_GUEST, 7, 3, 8000, 1, Op::rw, 4, 1000, payload};
        for (const bool expected : {true, false}) {
            const quint64 value = expected ? good : bad;
            VsockRule r = rule(VSOCK_CORRUPT);
            switch (field) {
            case 0:
                r.match.direction = static_cast<VsockDirection>(value);
                break;
            case 1:
                r.match.flow = value;
                break;
            case 2:
                r.match.cid = value;
                break;
            case 3:
                r.match.port_first = static_cast<std::uint32_t>(value);
                break;
            case 4:
                r.match.type = static_cast<std::uint16_t>(value);
                break;
            case 5:
                r.match.op = static_cast<std::uint16_t>(value);
                break;
            case 6:
                r.match.nth = static_cast<std::uint32_t>(value);
                break;
            case 7:
                r.match.has_offset = 1;
                r.match.offset = value;
                break;
            default:
                r.match.port_first = 7000;
                r.match.port_last = static_cast<std::uint32_t>(value);
            }
            RuleTable table;
            QCOMPARE(table.add(r), 1u);
            QCOMPARE(table.apply(view).rule, expected ? 1u : 0u);
        }
    }

    void match_payload_acrossPieces_isFound() {
        const std::string text = "hello world";
        const std::array<Bytes, 2> payload{bytesOf(text).first(3), bytesOf(text).subspan(3)};
        PacketView view{VSOCK_FROM_GUEST, 7, 3, 8000, 1, Op::rw, 4, 1000, payload};
        VsockRule r = rule(VSOCK_RESET);
        r.match.pattern_size = 4;
        std::memcpy(r.match.pattern, "lo w", 4);
        RuleTable table;
        table.add(r);
        QCOMPARE(table.apply(view).rule, 1u);
        view.payload = view.payload.first(1);
        QCOMPARE(table.apply(view).rule, 0u);
    }

    void match_skipCountAndChance_areCounted() {
        VsockRule r = rule(VSOCK_RESET);
        r.quota.skip = 2;
        r.quota.count = 3;
        RuleTable table;
        table.add(r);
        std::string hits;
        for (int i = 0; i < 8; ++i)
            hits += table.apply({}).rule != 0 ? 'x' : '.';
        QCOMPARE(hits, std::string("..xxx..."));
        QCOMPARE(table.rules()[0].quota.hits, 3u);

        r = rule(VSOCK_RESET);
        r.quota.chance = 30;
        std::array<int, 2> counts{};
        for (int &count : counts) {
            RuleTable random;
            random.seed(42);
            random.add(r);
            for (int i = 0; i < 10'000; ++i)
                count += random.apply({}).rule != 0;
        }
        QVERIFY(counts[0] > 2'700 && counts[0] < 3'300);
        QCOMPARE(counts[0], counts[1]); // the same seed, the same choices
    }

    void match_skipWithChance_countsEveryMatchingPacket() {
        VsockRule r = rule(VSOCK_RESET);
        r.quota.chance = 30;
        RuleTable plain, skipping;
        plain.add(r);
        r.quota.skip = 5;
        skipping.add(r);
        std::string hits, later;
        for (int i = 0; i < 45; ++i)
            later += skipping.apply({}).rule != 0 ? 'x' : '.';
        for (int i = 0; i < 40; ++i)
            hits += plain.apply({}).rule != 0 ? 'x' : '.';
        QCOMPARE(later, "....." + hits);
    }

    // Packets of the guest: REQUEST is the first, "a" the second.
    void match_nthAndOffset_countWhatTheGuestSent_data() {
        QTest::addColumn<int>("action");
        QTest::addColumn<quint32>("nth");
        QTest::addColumn<quint64>("offset");
        for (const VsockAction action : {VSOCK_DELAY, VSOCK_SLICE, VSOCK_DUPLICATE}) {
            QTest::addRow("%s, nth", vsock_action_name(action)) << int(action) << quint32(3) << quint64(0);
            QTest::addRow("%s, offset", vsock_action_name(action)) << int(action) << quint32(0) << quint64(4);
        }
    }
    void match_nthAndOffset_countWhatTheGuestSent() {
        QFETCH(int, action);
        QFETCH(quint32, nth);
        QFETCH(quint64, offset);
        Bench bench;
        Control &end = bench.establish();
        VsockRule first = rule(static_cast<VsockAction>(action), VSOCK_FROM_GUEST, Op::rw);
        first.milliseconds = 100;
        first.bytes = 1;
        first.violate = 1;
        first.match.nth = 2;
        bench.device.faults().add(first);
        VsockRule second = rule(VSOCK_DROP, VSOCK_FROM_GUEST, Op::rw);
        second.violate = 1;
        second.match.nth = nth;
        second.match.has_offset = offset != 0;
        second.match.offset = offset;
        bench.device.faults().add(second);
        for (const char *text : {"aaa", "bbb", "ccc"})
            bench.send(Op::rw, text);
        for (int i = 0; i < 10; ++i)
            bench.pass(100);
        QCOMPARE(end.written, std::string(action == VSOCK_DUPLICATE ? "aaaaaaccc" : "aaaccc"));
    }

    // Packets for the guest: RESPONSE is the first.
    void match_nthAndOffset_countWhatTheHostSent_data() { match_nthAndOffset_countWhatTheGuestSent_data(); }
    void match_nthAndOffset_countWhatTheHostSent() {
        QFETCH(int, action);
        QFETCH(quint32, nth);
        QFETCH(quint64, offset);
        Bench bench;
        Control &end = bench.establish();
        VsockRule first = rule(static_cast<VsockAction>(action), VSOCK_TO_GUEST, Op::rw);
        first.milliseconds = 100;
        first.bytes = 1;
        first.violate = 1;
        first.match.nth = 2;
        bench.device.faults().add(first);
        VsockRule second = rule(VSOCK_DROP, VSOCK_TO_GUEST, Op::rw);
        second.violate = 1;
        second.match.nth = nth;
        second.match.has_offset = offset != 0;
        second.match.offset = offset;
        bench.device.faults().add(second);
        std::string got;
        for (const char *text : {"aaa", "bbb", "ccc"}) {
            end.readable = text;
            end.events->readable();
            got += payloadOf(bench.take());
        }
        for (int i = 0; i < 10; ++i) {
            bench.pass(100);
            got += payloadOf(bench.take());
        }
        QCOMPARE(got, std::string(action == VSOCK_DUPLICATE ? "aaaaaaccc" : "aaaccc"));
    }

    void match_nth_ofAReset_followsWhatTheFlowHad() {
        Bench bench;
        bench.establish(); // RESPONSE was the first
        VsockRule r = rule(VSOCK_DROP, VSOCK_TO_GUEST);
        r.match.nth = 1;
        bench.device.faults().add(r);
        bench.send(Op::request);
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::rst});
    }

    void add_senseless_isRefused() {
        RuleTable table;
        QCOMPARE(table.add(rule(VSOCK_DELAY)), 0u);
        QCOMPARE(table.add(rule(VSOCK_THROTTLE)), 0u);
        QCOMPARE(table.add(rule(VSOCK_SLICE)), 0u);
        VsockRule r = rule(VSOCK_RESET);
        r.match.port_first = 10;
        r.match.port_last = 9;
        QCOMPARE(table.add(r), 0u);
        r = rule(VSOCK_RESET);
        r.id = 5;
        QCOMPARE(table.add(r), 5u);
        QCOMPARE(table.add(r), 0u); // taken
        for (std::size_t i = 1; i < VSOCK_RULES_MAX; ++i)
            QVERIFY(table.add(rule(VSOCK_RESET)) != 0);
        QCOMPARE(table.add(rule(VSOCK_RESET)), 0u);
    }

    void refuse_request_isResetAtOnce() {
        Bench bench;
        bench.device.faults().add(rule(VSOCK_REFUSE, VSOCK_FROM_GUEST));
        bench.send(Op::request);
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::rst});
        QVERIFY(bench.host.requests.empty());
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "fault");
    }

    void refuse_hostsRequest_neverReachesTheGuest() {
        Bench bench;
        bench.device.faults().add(rule(VSOCK_REFUSE, VSOCK_TO_GUEST, Op::request));
        const auto end = bench.dial();
        QVERIFY(bench.take().empty());
        QVERIFY(end->closed);
        QCOMPARE(end->reason, Reason::fault);
    }

    void delay_fromGuest_keepsOrderAndVirtualTime() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_DELAY, VSOCK_FROM_GUEST, Op::rw);
        r.milliseconds = 100;
        r.quota.count = 1;
        bench.device.faults().add(r);
        bench.send(Op::rw, "first ");
        bench.send(Op::rw, "second");
        QCOMPARE(end.written, std::string());
        bench.pass(99);
        QCOMPARE(end.written, std::string());
        bench.pass(1);
        QCOMPARE(end.written, std::string("first second"));
    }

    void delay_toGuest_keepsOrder() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_DELAY, VSOCK_TO_GUEST, Op::rw);
        r.milliseconds = 50;
        r.jitter = 20;
        bench.device.faults().add(r);
        end.readable = "one";
        end.events->readable();
        QVERIFY(bench.take().empty());
        bench.pass(10);
        end.readable = "two";
        end.events->readable();
        QVERIFY(bench.take().empty());
        bench.pass(200);
        QCOMPARE(payloadOf(bench.take()), std::string("onetwo"));
        QVERIFY(bench.told.notes.back().find("delay") != std::string::npos);
    }

    // The guest's credit is what it says; what a delay keeps of it has a bound of its own.
    void delay_toGuest_moreThanCanBeHeld_hostWaitsAndNothingIsLost() {
        constexpr std::size_t all = 5 << 20, most = (1 << 20) + 65536;
        constexpr std::int64_t hour = 3'600'000;
        Bench bench;
        bench.bufAlloc = 0xffffffff;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_DELAY, VSOCK_TO_GUEST, Op::rw);
        r.milliseconds = hour;
        const std::uint32_t id = bench.device.faults().add(r);
        for (std::size_t i = 0; i < all; ++i)
            end.readable += static_cast<char>('a' + i % 26);
        const std::string sent = end.readable;
        end.events->readable();
        std::string received;
        for (int round = 0; round < 10 && received.size() < all; ++round) {
            // It takes what it can hold, some in each turn, and then waits without asking for another.
            bench.told.work = 1;
            for (int turn = 0; turn < 1000 && bench.told.work != 0; ++turn) {
                bench.told.work = 0;
                QVERIFY(bench.take(1000, 65536).empty());
            }
            QCOMPARE(bench.told.work, 0);
            const std::size_t held = all - received.size() - end.readable.size();
            QVERIFY2(held <= most, qPrintable(QString::number(held)));
            bench.pass(hour);
            received += payloadOf(bench.take(1000, 65536));
        }
        QVERIFY(received == sent);
        QCOMPARE(bench.told.faults.back(), id);
        QCOMPARE(std::count_if(bench.told.applied.begin(), bench.told.applied.end(),
                               [](const std::string &note) {
                                   return note.find("the host waits") != std::string::npos;
                               }),
                 1);
    }

    void delay_answersWithoutEnd_areHeldInABoundedNumber() {
        constexpr std::int64_t hour = 3'600'000;
        Bench bench;
        bench.establish();
        VsockRule r = rule(VSOCK_DELAY, VSOCK_TO_GUEST);
        r.milliseconds = hour;
        bench.device.faults().add(r);
        for (int i = 0; i < 20'000; ++i) {
            bench.send(Op::creditRequest);
            bench.take();
        }
        bench.pass(hour);
        const std::size_t answers = bench.take(100'000).size();
        QVERIFY2(answers >= 4000 && answers <= 4200, qPrintable(QString::number(answers)));
    }

    void delay_resetsWithoutEnd_areHeldInABoundedNumber() {
        constexpr std::size_t held = 65536;
        Bench bench;
        VsockRule r = rule(VSOCK_DELAY, VSOCK_TO_GUEST, Op::rst);
        r.milliseconds = 3'600'000;
        bench.device.faults().add(r);
        std::size_t resets = 0;
        for (std::uint32_t i = 0; i < held + 1000; ++i) {
            bench.send(bench.header(Op::rw, i));
            resets += bench.take().size();
        }
        QCOMPARE(resets, std::size_t{1000});
        QVERIFY(bench.told.notes.back().find("left out") != std::string::npos);
    }

    void drop_data_resetsUnlessViolationIsAskedFor() {
        for (const bool violate : {false, true}) {
            Bench bench;
            bench.establish();
            const auto end = bench.host.ends[0];
            VsockRule r = rule(VSOCK_DROP, VSOCK_FROM_GUEST, Op::rw);
            r.violate = violate;
            r.match.nth = 2;
            bench.device.faults().add(r);
            bench.send(Op::rw, "lost");
            bench.send(Op::rw, "kept");
            QCOMPARE(end->closed, !violate);
            QCOMPARE(end->written, std::string(violate ? "kept" : ""));
        }
    }

    void drop_response_letsTheGuestWait() {
        Bench bench;
        bench.device.faults().add(rule(VSOCK_DROP, VSOCK_TO_GUEST, Op::response));
        bench.send(Op::request);
        QVERIFY(bench.take().empty());
        QCOMPARE(bench.device.flowsById().size(), std::size_t{1});
    }

    void blackhole_swallowsBothWays_untilRemoved() {
        Bench bench;
        const std::uint32_t id =
            bench.device.faults().add(rule(VSOCK_BLACKHOLE, VSOCK_FROM_GUEST, Op::request));
        bench.send(Op::request);
        bench.send(Op::rw, "x");
        QVERIFY(bench.take().empty());
        bench.device.faults().remove(id);
        bench.device.releaseRules();
        bench.send(Op::rw, "x");
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::rst});
    }

    void blackhole_newFlowOfTheSamePorts_isOutOfIt() {
        Bench bench;
        VsockRule once = rule(VSOCK_BLACKHOLE, VSOCK_FROM_GUEST, Op::rw);
        once.quota.count = 1;
        bench.device.faults().add(once);
        bench.establish();
        const auto lost = bench.host.ends[0];
        bench.send(Op::rw, "x");
        bench.send(Op::rst); // neither does the host hear of it
        QCOMPARE(lost->written, std::string());
        QVERIFY(!lost->closed);
        const auto &end = bench.establish();
        QVERIFY(lost->closed);
        bench.send(Op::rw, "y");
        QCOMPARE(end.written, std::string("y"));
    }

    void blackhole_moreThanThereCanBeFlows_losesThemAll() {
        Bench bench;
        bench.device.faults().add(rule(VSOCK_BLACKHOLE, VSOCK_FROM_GUEST, Op::request));
        for (std::uint32_t port = 0; port < 3 * VSOCK_FLOWS_MAX; ++port)
            bench.send(bench.header(Op::request, 1024 + port));
        QVERIFY(bench.host.requests.empty());
        QVERIFY(bench.take().empty());
        QCOMPARE(bench.device.faults().rules()[0].quota.hits, 3 * VSOCK_FLOWS_MAX);
    }

    void throttle_toGuest_paces() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_THROTTLE, VSOCK_TO_GUEST);
        r.rate = 10'000;
        bench.device.faults().add(r);
        end.readable = std::string(20'000, 't');
        end.events->readable();
        std::size_t got = 0;
        std::int64_t time = 0;
        for (; got < 20'000 && time < 5'000; time += 10) {
            got += payloadOf(bench.take()).size();
            bench.pass(10);
        }
        QCOMPARE(got, std::size_t{20'000});
        QVERIFY2(time >= 1'900 && time <= 2'200, qPrintable(QString::number(time)));
    }

    void throttle_fromGuest_paces() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_THROTTLE, VSOCK_FROM_GUEST);
        r.rate = 1'000;
        bench.device.faults().add(r);
        bench.send(Op::rw, std::string(500, 'a'));
        bench.send(Op::rw, std::string(500, 'b'));
        bench.pass(500);
        QCOMPARE(end.written.size(), std::size_t{500});
        bench.pass(500);
        QCOMPARE(end.written.size(), std::size_t{1000});
    }

    void slice_bothWays_keepsAllBytes() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_SLICE);
        r.bytes = 100;
        bench.device.faults().add(r);
        end.readable = std::string(350, 's');
        end.events->readable();
        std::vector<std::size_t> sizes;
        for (int i = 0; i < 10; ++i) {
            for (const Packet &packet : bench.take())
                sizes.push_back(packet.payload.size());
            bench.pass(1);
        }
        QCOMPARE(sizes, (std::vector<std::size_t>{100, 100, 100, 50}));
        bench.send(Op::rw, std::string(250, 'g'));
        for (int i = 0; i < 10; ++i)
            bench.pass(1);
        QCOMPARE(end.written, std::string(250, 'g'));
        QCOMPARE(end.messages.size(), std::size_t{3});
    }

    void corrupt_flipsOneBit() {
        Bench bench;
        Control &end = bench.establish();
        bench.device.faults().add(rule(VSOCK_CORRUPT));
        const std::string sent(1000, '\0');
        bench.send(Op::rw, sent);
        end.readable = sent;
        end.events->readable();
        for (const std::string &got : {end.written, payloadOf(bench.take())}) {
            QCOMPARE(got.size(), sent.size());
            int bits = 0;
            for (const char byte : got)
                bits += std::popcount(static_cast<unsigned char>(byte));
            QCOMPARE(bits, 1);
        }
    }

    void duplicate_onlyOnRequestOfViolation() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_DUPLICATE, VSOCK_FROM_GUEST, Op::rw);
        const std::uint32_t polite = bench.device.faults().add(r);
        bench.send(Op::rw, "a");
        QCOMPARE(end.written, std::string("a"));
        bench.device.faults().remove(polite);
        r.violate = 1;
        r.match.direction = VSOCK_ANY_DIRECTION;
        bench.device.faults().add(r);
        bench.send(Op::rw, "b");
        QCOMPARE(end.written, std::string("abb"));
        end.readable = "c";
        end.events->readable();
        QCOMPARE(payloadOf(bench.take()), std::string("cc"));
    }

    void freezeCredit_bothWays_untilRemoved() {
        Bench bench;
        Control &end = bench.establish();
        const std::uint32_t from =
            bench.device.faults().add(rule(VSOCK_FREEZE_CREDIT, VSOCK_FROM_GUEST, Op::rw));
        bench.send(Op::rw, std::string(200'000, 'x'));
        QCOMPARE(end.written.size(), std::size_t{200'000});
        bench.send(Op::creditRequest);
        QCOMPARE(bench.take()[0].header.fwdCnt, 0u);
        bench.device.faults().remove(from);
        bench.device.releaseRules();
        QCOMPARE(bench.take()[0].header.fwdCnt, 200'000u);

        const std::uint32_t to = bench.device.faults().add(rule(VSOCK_FREEZE_CREDIT, VSOCK_TO_GUEST, Op::rw));
        end.readable = "first";
        end.events->readable();
        QCOMPARE(payloadOf(bench.take()), std::string("first"));
        end.readable = "second";
        end.events->readable();
        QVERIFY(bench.take().empty());
        bench.device.faults().remove(to);
        bench.device.releaseRules();
        QCOMPARE(payloadOf(bench.take()), std::string("second"));
    }

    void reset_onPayload_endsBothSides() {
        Bench bench;
        bench.establish();
        const auto end = bench.host.ends[0];
        VsockRule r = rule(VSOCK_RESET);
        r.match.pattern_size = 6;
        std::memcpy(r.match.pattern, "secret", 6);
        bench.device.faults().add(r);
        end->readable = "a secret word";
        end->events->readable();
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::rst});
        QVERIFY(end->closed);
        QCOMPARE(end->how, Close::abort);
    }

    void break_onAPacket_isToldAndThePacketPasses() {
        Bench bench;
        Control &end = bench.establish();
        VsockRule r = rule(VSOCK_BREAK, VSOCK_FROM_GUEST, Op::rw);
        for (const std::uint32_t id : {17u, 3u}) {
            r.id = id;
            bench.device.breaks().add(r);
        }
        bench.send(Op::rw, "x");
        QCOMPARE(bench.told.breaks, (std::vector<std::uint32_t>{3, 17}));
        QCOMPARE(end.written, std::string("x"));
        QVERIFY(bench.told.faults.empty());
    }

    void transportReset_closesAll_andGatesUntilTheGuestReacts() {
        Bench bench;
        bench.establish();
        bench.host.connectAtOnce = false;
        bench.send(bench.header(Op::request, 1025)); // waits for the host
        bench.device.faults().add(rule(VSOCK_TRANSPORT_RESET, VSOCK_FROM_GUEST, Op::rw));
        bench.send(Op::rw, "x");
        QCOMPARE(bench.told.transportResets, 1);
        QVERIFY(bench.device.flowsById().empty());
        bench.dial();
        QVERIFY(bench.take().empty());
        bench.device.transportResetDone();
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{2});
        QCOMPARE(packets[0].header.op, Op::rst); // for the connection that was under way
        QCOMPARE(packets[0].header.destination.port, 1025u);
        QCOMPARE(packets[1].header.op, Op::request);
    }

    void transportReset_guestNeverReacts_opensTheGate() {
        Bench bench;
        bench.device.announceTransportReset(Reason::transportReset);
        bench.dial();
        bench.pass(4'999);
        QVERIFY(bench.take().empty());
        bench.pass(1);
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::request});
    }

    void snapshot_saveAndLoad_keepsAllButTheHostsEnds() {
        Bench saved;
        VsockRule r = rule(VSOCK_THROTTLE, VSOCK_TO_GUEST, Op::rw);
        r.rate = 123;
        r.match.offset = 77;
        r.match.has_offset = 1;
        saved.device.faults().add(r);
        saved.device.faults().seed(99);
        r = rule(VSOCK_BREAK);
        r.id = 9;
        saved.device.breaks().add(r);
        saved.dial();
        const std::uint32_t port = saved.answer.sourcePort;
        saved.host.connectAtOnce = false;
        saved.send(saved.header(Op::request, 1025));
        const std::vector<std::byte> state = saved.device.save();
        QCOMPARE(saved.device.flowsById().size(), std::size_t{2}); // saving changes nothing

        Bench loaded;
        loaded.establish();
        const auto end = loaded.host.ends[0];
        for (std::size_t size = 0; size < state.size(); ++size)
            QVERIFY(!loaded.device.load(Bytes(state).first(size)));
        QVERIFY(!end->closed);
        QVERIFY(loaded.device.load(state));
        QVERIFY(end->closed);
        QCOMPARE(end->reason, Reason::snapshotLoaded);
        QCOMPARE(loaded.device.faults().rules().size(), std::size_t{1});
        QCOMPARE(loaded.device.faults().rules()[0].rate, std::uint64_t{123});
        QCOMPARE(loaded.device.faults().rules()[0].match.offset, std::uint64_t{77});
        QCOMPARE(loaded.device.faults().randomState(), std::uint64_t{99});
        QVERIFY(loaded.device.breaks().rules().empty());
        loaded.device.announceTransportReset(Reason::snapshotLoaded);
        loaded.device.transportResetDone();
        const auto packets = loaded.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.op, Op::rst);
        QCOMPARE(packets[0].header.destination.port, 1025u);
        loaded.device.faults().clear();
        loaded.dial();
        QVERIFY(loaded.answer.sourcePort != port); // its packets may be under way
        QVERIFY(loaded.answer.flow > 2);
    }

    void snapshot_saveAndLoad_keepsWhatIsLeftOfCounts() {
        Bench saved, loaded;
        VsockRule r = rule(VSOCK_RESET);
        r.quota.skip = 2;
        r.quota.count = 5;
        r.quota.chance = 60;
        saved.device.faults().seed(3);
        saved.device.faults().add(r);
        for (int i = 0; i < 4; ++i)
            saved.device.faults().apply({});
        QVERIFY(loaded.device.load(saved.device.save()));
        for (int i = 0; i < 20; ++i)
            QCOMPARE(loaded.device.faults().apply({}).rule, saved.device.faults().apply({}).rule);
        QCOMPARE(loaded.device.faults().rules()[0].quota.hits, 5u);
        QCOMPARE(loaded.device.faults().rules()[0].quota.passed, 2u);
    }
};

int runRules(int argc, char **argv) {
    VsockRules suite;
    return QTest::qExec(&suite, argc, argv);
}

#include "tst_vsock_rules.moc"
