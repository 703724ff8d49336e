// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock core's C ABI when memory runs out: each allocation of a life with streams, messages, faults and
// timers fails in turn. No exception may come through, no flow may lose bytes unnoticed, and afterwards the
// device works as ever.
#include "tests/unit/support/failing_memory.hpp"
#include "tests/unit/vsock-core/bench_host.hpp"

#include <QtTest>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::allocationHasFailed;
using nitroscope::test::failAllocationAfter;
using nitroscope::test::OwnMemory;

namespace {

// Its ends are there whatever happens to the device; what they keep of the guest may fail.
struct OwnHost final : FakeHost {
    ConnectAnswer connect(const ConnectRequest &request, FlowEvents &events) override {
        const OwnMemory own;
        return FakeHost::connect(request, events);
    }
};

// The device between a guest made of packets and a host made of memory, all through vsock.h.
class Life {
public:
    Life() {
        VsockCallbacks callbacks{};
        callbacks.opaque = this;
        callbacks.now = [](void *opaque) { return static_cast<Life *>(opaque)->m_now; };
        callbacks.set_alarm = [](void *, std::int64_t) {};
        callbacks.work = [](void *) {};
        callbacks.transport_reset = [](void *) {};
        callbacks.packet = [](void *, const VsockPacket *) {};
        callbacks.flow_closed = [](void *opaque, const VsockFlowInfo *flow) {
            if (flow->reason == VSOCK_REASON_OUT_OF_MEMORY)
                ++static_cast<Life *>(opaque)->ended;
        };
        vsock = vsock_new(&callbacks, nullptr);
        vsock_set_host_side(vsock, reinterpret_cast<VsockHostSide *>(static_cast<HostSide *>(&host)));
        vsock_start(vsock, 1);
    }
    ~Life() { vsock_free(vsock); }
    Life(const Life &) = delete;
    Life &operator=(const Life &) = delete;

    void send(Op op, std::uint32_t port, const char *payload = "", std::uint32_t flags = 0,
              Kind kind = Kind::stream) {
        Header header;
        header.source = {16, port};
        header.destination = {parentCid, 8000};
        header.type = static_cast<std::uint16_t>(kind);
        header.op = op;
        header.flags = flags;
        header.bufAlloc = defaultBufferBytes;
        header.length = static_cast<std::uint32_t>(std::strlen(payload));
        const HeaderBytes bytes = header.encode();
        // In two pieces, the second longer than the packet.
        const std::size_t half = header.length / 2;
        const VsockPiece pieces[] = {{const_cast<char *>(payload), half},
                                     {const_cast<char *>(payload) + half, header.length - half + 1}};
        vsock_receive(vsock, reinterpret_cast<const std::uint8_t *>(bytes.data()), pieces,
                      header.length != 0 ? 2 : 0);
        vsock_end_of_batch(vsock);
    }
    // Takes what there is for the guest; the operation of the last packet.
    Op take() {
        Op last = Op::invalid;
        for (int i = 0; i < 100; ++i) {
            std::array<std::byte, 256> memory{};
            const VsockPiece piece{memory.data(), memory.size()};
            VsockBuffer buffer{&piece, 1, 0};
            if (vsock_fill(vsock, &buffer, 1) == 0)
                break;
            HeaderBytes bytes;
            std::copy_n(memory.begin(), bytes.size(), bytes.begin());
            last = Header::decode(bytes).op;
        }
        return last;
    }
    void pass(std::int64_t milliseconds) {
        m_now += milliseconds * nanosecondsPerMillisecond;
        vsock_run_timers(vsock);
    }
    std::size_t flows() const {
        std::size_t count = 0;
        vsock_each_flow(
            vsock, [](void *opaque, const VsockFlowInfo *) { ++*static_cast<std::size_t *>(opaque); },
            &count);
        return count;
    }

    // What a guest and its host do.
    void live() {
        send(Op::request, 1024);
        take();
        send(Op::rw, 1024, "first");
        send(Op::rw, 1024, "second");
        if (!host.ends.empty()) {
            Control &end = *host.ends.front();
            {
                const OwnMemory own;
                end.readable = "for the guest";
            }
            if (end.alive)
                end.events->readable();
        }
        take();
        send(Op::request, 1025, "", 0, Kind::seqpacket);
        take();
        send(Op::rw, 1025, "half", 0, Kind::seqpacket);
        send(Op::rw, 1025, "whole", endOfMessage, Kind::seqpacket);
        VsockRule rule{};
        rule.action = VSOCK_DELAY;
        rule.milliseconds = 10;
        rule.match.op = VSOCK_OP_RW;
        vsock_rule_add(vsock, &rule);
        send(Op::rw, 1024, "third");
        pass(20);
        take();
        send(Op::creditRequest, 1024);
        send(Op::request, 1026, "", 0, static_cast<Kind>(7));
        send(Op::shutdown, 1025, "", shutdownBoth, Kind::seqpacket);
        take();
        pass(10000);
        take();
    }

    OwnHost host;
    Vsock *vsock = nullptr;
    unsigned ended = 0;

private:
    std::int64_t m_now = 1'000'000'000;
};

} // namespace

class VsockMemory : public QObject {
    Q_OBJECT

private slots:
    void everyAllocation_failing_isDroppedAndCounted() {
        int failures = 0;
        for (int n = 0;; ++n) {
            Life life;
            QVERIFY(life.vsock);
            failAllocationAfter(n);
            life.live();
            const bool failed = allocationHasFailed();
            failAllocationAfter(-1);
            if (!failed)
                break;
            ++failures;
            life.pass(1);
            life.take();
            // Either all bytes have arrived, or the flow has ended.
            for (const auto &end : life.host.ends)
                QVERIFY2(end->closed || !end->alive || end->written == "firstsecondthird" ||
                             end->written == "halfwhole",
                         qPrintable(u"allocation %1: %2"_s.arg(n).arg(end->written.c_str())));
            life.send(Op::request, 2000);
            QCOMPARE(life.take(), Op::response);
            vsock_close_flows(life.vsock, VSOCK_REASON_DEVICE_RESET);
            QCOMPARE(life.flows(), std::size_t{0});
            VsockCounters counters{};
            vsock_counters(life.vsock, &counters);
            QCOMPARE(counters.flows_closed, counters.flows_opened);
            QVERIFY(counters.out_of_memory <= 1 && life.ended <= 1);
        }
        QVERIFY2(failures > 20, qPrintable(QString::number(failures)));
    }

    void create_withoutMemory_isNull() {
        VsockCallbacks callbacks{};
        for (int n = 0;; ++n) {
            failAllocationAfter(n);
            Vsock *vsock = vsock_new(&callbacks, nullptr);
            const bool failed = allocationHasFailed();
            failAllocationAfter(-1);
            QCOMPARE(vsock == nullptr, failed);
            vsock_free(vsock);
            if (!failed)
                break;
        }
    }

    void save_withoutMemory_isNothing() {
        Life life;
        failAllocationAfter(0);
        QCOMPARE(vsock_save(life.vsock, nullptr, 0), std::size_t{0});
        failAllocationAfter(-1);
        QVERIFY(vsock_save(life.vsock, nullptr, 0) > 0);
    }
};

QTEST_GUILESS_MAIN(VsockMemory)
#include "tst_vsock_memory.moc"
