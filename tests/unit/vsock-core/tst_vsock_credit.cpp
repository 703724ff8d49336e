// SPDX-License-Identifier: GPL-2.0-or-later
//
// Credit: byte counters that wrap, the packet tax, when we tell the guest of room, and what happens without
// any.
#include "tests/unit/vsock-core/bench_host.hpp"
#include "tests/unit/vsock-core/suites.hpp"

#include <QTest>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;

class VsockCredit : public QObject {
    Q_OBJECT

private slots:
    void sendCredit_countersWrap_windowStaysRight() {
        SendCredit credit(0);
        credit.update(100'000, 0);
        std::uint64_t total = 0;
        for (int i = 0; i < 100'000; ++i) {
            QCOMPARE(credit.window(), 100'000u);
            credit.sent(60'000);
            QCOMPARE(credit.window(), 40'000u);
            credit.sent(40'000);
            QCOMPARE(credit.window(), 0u);
            total += 100'000;
            credit.update(100'000, static_cast<std::uint32_t>(total));
        }
        QVERIFY(total > std::uint64_t{2} << 32); // twice around
    }

    void sendCredit_shrunkBuffer_isNotNegative() {
        SendCredit credit(576);
        credit.update(100'000, 0);
        credit.sent(90'000);
        credit.update(50'000, 0);
        QCOMPARE(credit.window(), 0u);
        credit.update(50'000, 80'000);
        QCOMPARE(credit.window(), 50'000u - 10'000 - 2 * 576);
        credit.update(50'000, 95'000); // more than was sent: all of it
        QCOMPARE(credit.window(), 50'000u - 576);
        QCOMPARE(credit.underWay(), 0u);
    }

    void sendCredit_smallPackets_areTaxed() {
        SendCredit credit(576);
        credit.update(262'144, 0);
        int packets = 0;
        while (credit.window() >= 200) {
            credit.sent(200);
            ++packets;
        }
        // Linux (V1): (queue length + 1) * 576 + bytes + length <= buffer
        QVERIFY(packets * 576 + packets * 200 <= 262'144);
        QVERIFY((packets + 1) * 776 + 576 > 262'144 - 776);
        credit.update(262'144, 200 * 100);
        QCOMPARE(credit.packets(), static_cast<std::size_t>(packets - 100));
    }

    void sendCredit_bufferBelowTheTax_letsOnePacketThrough() {
        SendCredit credit(576);
        credit.update(128, 0); // the least that Linux allows
        QCOMPARE(credit.window(), 128u);
        credit.sent(128);
        QCOMPARE(credit.window(), 0u);
    }

    void sendCredit_ownMessageAlone_isNotHeldBackByTax() {
        SendCredit credit(576);
        credit.update(262'144, 0);
        std::size_t own = 0;
        std::uint32_t left = 262'144; // as long as the buffer: Linux accepts it
        while (left != 0) {
            const std::uint32_t now = std::min({left, 3'700u, credit.window(own)});
            QVERIFY2(now != 0, "a message that fits is stuck");
            credit.sent(now);
            ++own;
            left -= now;
        }
        QCOMPARE(credit.window(), 0u);
    }

    void receiveCredit_countersWrap_overrunIsSeen() {
        ReceiveCredit credit(262'144);
        for (int i = 0; i < 70'000; ++i) {
            QVERIFY(credit.received(262'144));
            QVERIFY(!credit.received(1));
            credit.passedOn(131'072);
            QVERIFY(credit.updateDue(262'144));
            credit.announce();
            QVERIFY(!credit.updateDue(262'144));
            credit.passedOn(131'072);
            credit.announce();
        }
        QCOMPARE(credit.passedOnCount(), static_cast<std::uint32_t>(std::uint64_t{262'144} * 70'000));
    }

    void receiveCredit_hugePacket_isRefused() {
        ReceiveCredit credit(1000);
        QVERIFY(!credit.received(UINT32_MAX));
        QVERIFY(credit.received(1000));
        QCOMPARE(credit.held(), 1000u);
    }

    // ---- in the device ----

    void guestData_beyondCredit_isReset() {
        VsockOptions options{};
        options.buffer_bytes = 100;
        Bench bench(options);
        Control &end = bench.establish();
        end.room = 0;
        bench.send(Op::rw, std::string(100, 'a'));
        QVERIFY(!end.closed);
        bench.send(Op::rw, "b");
        QCOMPARE(bench.takeOps(), std::vector<Op>{Op::rst});
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "credit-overrun");
    }

    void guestData_taken_isToldAtHalfTheBuffer() {
        VsockOptions options{};
        options.buffer_bytes = 100'000;
        Bench bench(options);
        bench.establish();
        bench.send(Op::rw, std::string(49'999, 'a'));
        QVERIFY(bench.take().empty());
        bench.send(Op::rw, "b");
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.op, Op::creditUpdate);
        QCOMPARE(packets[0].header.fwdCnt, 50'000u);
        QCOMPARE(packets[0].header.bufAlloc, 100'000u);
    }

    // Linux since 6.12.92 has no more under way than its own buffer holds.
    void guestData_ofASmallGuestBuffer_isToldAtHalfOfThat() {
        Bench bench;
        bench.bufAlloc = 10'000;
        bench.establish();
        bench.send(Op::rw, std::string(4'999, 'a'));
        QVERIFY(bench.take().empty());
        bench.send(Op::rw, "b");
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.op, Op::creditUpdate);
        QCOMPARE(packets[0].header.fwdCnt, 5'000u);
    }

    void guestBuffer_madeSmallerWithDataUnderWay_isToldAtOnce() {
        Bench bench;
        bench.establish();
        bench.send(Op::rw, std::string(20'000, 'a'));
        QVERIFY(bench.take().empty());
        bench.bufAlloc = 16'384;
        bench.send(Op::creditUpdate);
        const auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{1});
        QCOMPARE(packets[0].header.op, Op::creditUpdate);
        QCOMPARE(packets[0].header.fwdCnt, 20'000u);
    }

    void guestData_notTaken_isNotForwardCounted() {
        Bench bench;
        Control &end = bench.establish();
        end.room = 10;
        bench.send(Op::rw, std::string(100'000, 'a'));
        bench.send(Op::creditRequest);
        QCOMPARE(bench.take()[0].header.fwdCnt, 10u);
    }

    void hostData_withoutCredit_waitsAndAsksOnce() {
        Bench bench;
        bench.bufAlloc = 4096;
        Control &end = bench.establish();
        end.readable = std::string(10'000, 'h');
        end.events->readable();
        auto packets = bench.take();
        QCOMPARE(packets.size(), std::size_t{2});
        QCOMPARE(packets[0].payload.size(), std::size_t{4096 - 576});
        QCOMPARE(packets[1].header.op, Op::creditRequest);
        const int reads = end.reads;
        for (int i = 0; i < 5; ++i)
            QVERIFY(bench.take().empty());
        QCOMPARE(end.reads, reads); // nobody looks at the host meanwhile
        bench.now += 5'000'000;
        bench.fwdCnt = 4096 - 576;
        bench.send(Op::creditUpdate);
        packets = bench.take();
        QCOMPARE(packets[0].payload.size(), std::size_t{4096 - 576});
        const VsockFlowInfo flow = bench.device.describe(*bench.device.flowsById().begin()->second);
        QCOMPARE(flow.stalls, std::uint64_t{2});
        QCOMPARE(flow.stalled_ns, std::int64_t{5'000'000});
    }

    void hostData_intoManyBuffers_isOneRead() {
        Bench bench;
        Control &end = bench.establish();
        end.readable = std::string(9'000, 'x').append("end");
        end.events->readable();
        std::vector<std::vector<std::byte>> memory(4, std::vector<std::byte>(4044));
        std::vector<std::array<WritableBytes, 2>> pieces(4); // the layout of old kernels
        std::vector<RxBuffer> buffers(4);
        for (std::size_t i = 0; i < 4; ++i) {
            pieces[i] = {WritableBytes(memory[i]).first(44), WritableBytes(memory[i]).subspan(44)};
            buffers[i].pieces = pieces[i];
        }
        const int reads = end.reads;
        QCOMPARE(bench.device.fill(buffers), std::size_t{3});
        QCOMPARE(end.reads, reads + 1);
        QCOMPARE(buffers[0].used, std::size_t{4044});
        QCOMPARE(buffers[2].used, std::size_t{44 + 1003});
        QCOMPARE(std::memcmp(memory[2].data() + 44 + 1000, "end", 3), 0);
    }

    void seqpacket_messages_keepTheirBounds() {
        Bench bench;
        Control &end = bench.establish(2);
        end.toSend = {"one", std::string(5'000, 't'), "three"};
        end.events->readable();
        std::vector<std::string> messages(1);
        for (const Packet &packet : bench.take()) {
            messages.back() += packet.payload;
            if ((packet.header.flags & endOfMessage) != 0)
                messages.emplace_back();
        }
        QCOMPARE(messages, (std::vector<std::string>{"one", std::string(5'000, 't'), "three", ""}));

        Header header = bench.header(Op::rw);
        header.type = 2;
        bench.send(header, "first half, ");
        QVERIFY(end.messages.empty());
        header.flags = endOfMessage | endOfRecord;
        bench.send(header, "second half");
        bench.send(header, std::string(30'000, 'd')); // large ones go without a copy
        QCOMPARE(end.messages,
                 (std::vector<std::string>{"first half, second half", std::string(30'000, 'd')}));
    }

    void seqpacket_hostFull_messagesWaitWhole() {
        Bench bench;
        Control &end = bench.establish(2);
        end.room = 4;
        Header header = bench.header(Op::rw);
        header.type = 2;
        header.flags = endOfMessage;
        bench.send(header, "abcd");
        bench.send(header, "efgh");
        bench.send(header, std::string(20'000, 'z'));
        QCOMPARE(end.messages.size(), std::size_t{1});
        end.room = SIZE_MAX;
        end.events->writable();
        bench.take();
        QCOMPARE(end.messages, (std::vector<std::string>{"abcd", "efgh", std::string(20'000, 'z')}));
    }

    // No credit bounds them, so nothing of them may be kept.
    void seqpacket_messagesWithoutBytes_areIgnored() {
        Bench bench;
        Control &end = bench.establish(2);
        end.room = 0;
        Header header = bench.header(Op::rw);
        header.type = 2;
        header.flags = endOfMessage;
        bench.send(header, "blocked");
        for (int i = 0; i < 1000; ++i)
            bench.send(header);
        QCOMPARE(bench.device.counters().ignored, std::uint64_t{1000});
        end.room = SIZE_MAX;
        const int writes = end.writes;
        end.events->writable();
        bench.take();
        QCOMPARE(end.messages, (std::vector<std::string>{"blocked"}));
        QCOMPARE(end.writes, writes + 1);
        header.flags = 0;
        bench.send(header, "the end of a message ");
        header.flags = endOfMessage;
        bench.send(header); // may come by itself
        QCOMPARE(end.messages.back(), std::string("the end of a message "));
    }

    void seqpacket_manyShortMessages_goInSeveralTurns() {
        Bench bench;
        Control &end = bench.establish(2);
        end.room = 0;
        Header header = bench.header(Op::rw);
        header.type = 2;
        header.flags = endOfMessage;
        constexpr int messages = 1000, inOneTurn = 64;
        for (int i = 0; i < messages; ++i)
            bench.send(header, std::string(1, static_cast<char>('a' + i % 26)));
        end.room = SIZE_MAX;
        end.events->writable();
        for (int turn = 1; static_cast<int>(end.messages.size()) < messages; ++turn) {
            QVERIFY(bench.device.wantsBuffers());
            QVERIFY(turn <= messages / inOneTurn + 1);
            bench.take(1);
            QVERIFY(static_cast<int>(end.messages.size()) <= turn * inOneTurn);
        }
        for (int i = 0; i < messages; ++i)
            QCOMPARE(end.messages[static_cast<std::size_t>(i)][0], static_cast<char>('a' + i % 26));
    }

    void messageLengths_ofAnySize_comeOutInOrder() {
        const std::vector<std::uint32_t> lengths{1,          127, 128, 16'383, 16'384, defaultBufferBytes,
                                                 0xffffffffu};
        MessageLengths list;
        for (int round = 0; round < 1000; ++round)
            for (const std::uint32_t length : lengths)
                list.push(length);
        for (int round = 0; round < 1000; ++round)
            for (const std::uint32_t length : lengths) {
                QCOMPARE(list.front(), length);
                list.pop();
            }
        QVERIFY(list.empty());
    }

    void seqpacket_messageThatNeverFits_isReset() {
        Bench bench;
        bench.bufAlloc = 2000;
        Control &end = bench.establish(2);
        end.toSend = {std::string(3000, 'x')};
        end.events->readable();
        bench.take();
        bench.fwdCnt = 1424;
        Header header = bench.header(Op::creditUpdate);
        header.type = 2;
        bench.send(header);
        bench.take();
        bench.fwdCnt = 2000;
        header = bench.header(Op::creditUpdate);
        header.type = 2;
        bench.send(header);
        bench.take();
        QCOMPARE(bench.told.closed.size(), std::size_t{1});
        QCOMPARE(vsock_reason_name(bench.told.closed[0].reason), "message-too-long");
    }

    void byteQueue_anyPattern_keepsOrder() {
        ByteQueue queue;
        std::string in, out;
        std::uint32_t random = 1;
        for (int i = 0; i < 20'000; ++i) {
            random = random * 1664525 + 1013904223;
            const std::string piece((random >> 16) % 700, static_cast<char>('a' + i % 26));
            queue.append(bytesOf(piece));
            in += piece;
            const auto parts = queue.front((random >> 8) % 900);
            const std::size_t before = out.size();
            for (const Bytes &part : parts)
                out.append(reinterpret_cast<const char *>(part.data()), part.size());
            queue.drop(out.size() - before);
            if (i % 1000 == 999) { // empty it now and then
                const auto rest = queue.front(SIZE_MAX);
                for (const Bytes &part : rest)
                    out.append(reinterpret_cast<const char *>(part.data()), part.size());
                queue.drop(queue.size());
            }
        }
        QVERIFY(out == in);
    }
};

int runCredit(int argc, char **argv) {
    VsockCredit suite;
    return QTest::qExec(&suite, argc, argv);
}

#include "tst_vsock_credit.moc"
