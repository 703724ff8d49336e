// SPDX-License-Identifier: GPL-2.0-or-later
//
// The virtio-vsock device without virtio: packets of the guest in, packets for the guest out, host ends in
// between. VirtIO 1.2, 5.10 is the protocol; where Linux guests of any age differ from it or from each other,
// CONFORMANCE.md says what is done.
//
//   device.cpp          life, flow table, opening and ending flows
//   device_receive.cpp  packets of the guest: the state table
//   device_host.cpp     what host ends report, and bytes to them
//   device_fill.cpp     packets for the guest
//   device_faults.cpp   rules, packets that wait
//   device_state.cpp    snapshots, descriptions
#pragma once

#include "qemu-machine/vsock/core/flow.hpp"
#include "qemu-machine/vsock/core/rules.hpp"

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace nitroscope::vsock {

// A buffer of the RX queue.
struct RxBuffer {
    std::span<const WritableBytes> pieces;
    std::size_t used = 0; // out; 0 = too small for anything
};

enum class Answer { reset, silence }; // whether the guest gets an RST
enum class Undelivered { keep, end }; // what becomes of a host's connection that the guest knows nothing of

class Device final : public GuestSide, public FlowOwner {
public:
    Device(const VsockCallbacks &callbacks, const VsockOptions &options);
    ~Device() override;
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;

    // What each function does is said in vsock.h.
    void setHostSide(HostSide *host) { m_host = host; }
    void start(bool seqpacket);
    void reset();
    void closeFlows(Reason reason);
    void announceTransportReset(Reason reason);
    void transportResetDone();

    bool mayReceive() const { return m_resets.size() < resetLimit; }
    void receive(const HeaderBytes &header, std::span<const Bytes> payload);
    void receiveBroken(const char *what);
    void endOfBatch();
    bool wantsBuffers() const;
    std::size_t fill(std::span<RxBuffer> buffers);

    // GuestSide.
    OpenAnswer open(const OpenRequest &request, std::unique_ptr<HostEnd> end) override;
    std::uint64_t guestCid() const override { return m_guestCid; }
    bool seqpacketNegotiated() const override { return m_seqpacket; }
    Timers &timers() override { return m_timers; }

    // Memory ran out in one of the calls above: what was worked on is dropped and counted, and its flow, which
    // may have lost bytes, is ended in the next turn.
    void outOfMemory() noexcept;
    // No flow is worked on: for the beginning of a call.
    void beginWork() noexcept { m_working = nullptr; }
    // The flow of this packet is.
    void workOn(const HeaderBytes &header) noexcept { m_working = find(keyOf(Header::decode(header))); }

    void setGuestCid(std::uint64_t cid) { m_guestCid = cid; }
    const VsockCounters &counters() const { return m_counters; }
    const std::map<std::uint64_t, Flow *> &flowsById() const { return m_byId; }
    const std::deque<VsockFlowInfo> &closedFlows() const { return m_closed; }
    VsockFlowInfo describe(const Flow &flow) const;

    RuleTable &faults() { return m_faults; }
    const RuleTable &faults() const { return m_faults; }
    RuleTable &breaks() { return m_breaks; }
    const RuleTable &breaks() const { return m_breaks; }
    // After rules were removed: what they held on to is let go.
    void releaseRules();

    // Nothing is under way, not even a timer: what save() writes is all there is.
    bool isQuiet() const;
    // As if nothing had ever been; the guest is not told. For load() in a replay.
    void forgetAll();
    std::vector<std::byte> save() const;
    bool load(Bytes state);

    // FlowOwner.
    void marked(Flow &flow) noexcept override;

private:
    static constexpr std::int64_t guestAnswerLimit = 2000 * nanosecondsPerMillisecond; // Linux: connect()
    static constexpr std::int64_t closeLimit = 8000 * nanosecondsPerMillisecond; // Linux: VSOCK_CLOSE_TIMEOUT
    static constexpr std::size_t resetLimit = 4096; // RSTs that wait for RX buffers before TX must wait, too
    static constexpr std::size_t closedFlowsKept = 256;
    static constexpr std::size_t heldPacketLimit = 65536; // in one direction, of all flows, and their bytes:
    static constexpr std::size_t heldByteLimit = 64 * 1024 * 1024;
    static constexpr std::size_t readQuantum = 128 * 1024; // bytes for one flow before the next has its turn
    static constexpr std::size_t writeQuantum = 64;        // messages of one flow likewise, towards the host
    static constexpr std::size_t directWrite =
        16 * 1024; // smaller packets are gathered until the end of the batch

    // A packet that is complete and only waits, for an RX buffer or for its time.
    struct Waiting {
        Header header;
        std::vector<std::byte> payload;
        std::uint64_t flow = 0;
        Reason reason = Reason::none; // of an RST
        std::uint64_t number = 1;     // of an RST in its flow
        int verdict = 0;
        std::uint32_t rule = 0;
        std::string note;
        bool judged = false; // the rules have been applied
    };
    // Why the answer to a packet is what it is, for the capture.
    struct Seen {
        VsockDirection direction = VSOCK_ANY_DIRECTION;
        std::uint64_t flow = 0;
        int verdict = 0;
        std::uint32_t rule = 0;
        std::string note;
    };

    // device.cpp
    Flow *find(const FlowKey &key) const;
    Flow &add(const FlowKey &key, bool guestDialed);
    void startFlow(const Header &header);
    void establish(Flow &flow);
    // The flow is over. Its object lives on until purge().
    void finish(Flow &flow, Reason reason, Answer answer, Close close);
    void linger(Flow &flow);
    void purge();
    void breakOff(Flow &flow) noexcept;
    void endBroken();
    void remember(const VsockFlowInfo &flow) noexcept;
    void endFlows(Reason reason, Undelivered undelivered = Undelivered::end);
    void resetTransport(Reason reason);
    void refuse(const Header &header, Reason reason);
    void queueReset(const FlowKey &key, Reason reason, std::uint64_t flow, std::uint64_t number = 1);
    void forgetReset(const FlowKey &key);
    void startTimer(Flow &flow, std::int64_t delay, void (Device::*action)(Flow &));
    void stopTimer(Flow &flow);
    void connectExpired(Flow &flow);
    void guestExpired(Flow &flow);
    void closeExpired(Flow &flow);
    void lingerExpired(Flow &flow);
    bool isParent(std::uint64_t cid);
    void notice(VsockNotice kind, const std::string &text);
    void guestError(const Header &header, const char *what);

    // device_receive.cpp
    void process(const Header &header, std::span<const Bytes> payload);
    void processUnknown(const Header &header, const FlowKey &key);
    bool isAcceptable(Kind kind) const;
    std::uint64_t flowIdOf(const Header &header, const Flow *flow);
    void processConnecting(Flow &flow, const Header &header);
    void processRequested(Flow &flow, const Header &header);
    void processEstablished(Flow &flow, const Header &header, std::span<const Bytes> payload);
    void processClosing(Flow &flow, const Header &header);
    void takeData(Flow &flow, const Header &header, std::span<const Bytes> payload);
    void takeShutdown(Flow &flow, std::uint32_t flags);
    void creditArrived(Flow &flow);

    // device_host.cpp
    void turn();
    void writeDirty();
    void takeEvents(Flow &flow);
    void writeOut(Flow &flow);
    bool handleWrite(Flow &flow, const WriteResult &result);
    void hostStoppedReading(Flow &flow);
    void afterWriting(Flow &flow);
    void tellCreditWhenDue(Flow &flow);
    void hostEnded(Flow &flow, ReadStatus status);
    void beginClosing(Flow &flow, Reason reason);
    void dropBytesForHost(Flow &flow);

    // device_fill.cpp
    void makeReady(Flow &flow) noexcept;
    bool wantsOutput(const Flow &flow) const;
    std::size_t produce(Flow &flow, std::span<RxBuffer> buffers);
    std::size_t produceData(Flow &flow, std::span<RxBuffer> buffers);
    std::size_t produceJudgedData(Flow &flow, RxBuffer &buffer);
    void afterRead(Flow &flow, const ReadResult &result);
    void account(Flow &flow, const Header &header);
    void noCredit(Flow &flow);
    void hasCredit(Flow &flow);
    bool nextControl(Flow &flow, Header &header);
    Header headerFor(Flow &flow, Op op, std::uint32_t length = 0, std::uint32_t flags = 0);
    std::size_t deliverWaiting(RxBuffer &buffer);
    void delivered(std::uint64_t flow, const Header &header);
    void writePacket(RxBuffer &buffer, const Header &header, Bytes payload);
    void observe(const HeaderBytes &header, std::span<const Bytes> payload, const Seen &seen);

    // device_faults.cpp
    bool judging(const Flow *flow) const;
    // The packet goes into the buffer (1), or it waits or is lost (0).
    std::size_t sendControl(Flow &flow, const Header &header, RxBuffer &buffer);
    std::size_t sendJudged(Flow &flow, Header header, std::vector<std::byte> payload, RxBuffer &buffer);
    bool loseOrEnd(const Verdict &verdict, Flow *flow, const Header &header, std::span<const Bytes> payload,
                   Seen seen);
    void tellFault(const Verdict &verdict, const Seen &seen);
    bool holdFromGuest(const FlowKey &key, Waiting packet, std::int64_t release);
    bool judgeReset(Waiting &packet);
    void judgeReceived(const Header &header, std::span<const Bytes> payload);
    bool intoBlackhole(const Header &header, std::span<const Bytes> payload, VsockDirection direction,
                       std::uint64_t flow);
    void openBlackhole(const FlowKey &key, std::uint32_t rule);
    void breakOn(const PacketView &view, const Header &header);
    void holdToGuest(Flow &flow, Waiting packet, std::int64_t release);
    bool holdsEnough() const;
    bool isHeldBack(const Flow &flow) const;
    void holdBack(Flow &flow);
    void heldLess(std::uint64_t flow, std::size_t packets, std::size_t bytes);
    void releaseHeld();
    void armHeld();
    PacketView viewOf(const Header &header, std::span<const Bytes> payload, VsockDirection direction,
                      const Flow *flow) const;
    std::string noteOf(const Verdict &verdict) const;
    void dropHeld(std::uint64_t flow);

    // Clock on the callbacks.
    class ShimClock final : public Clock {
    public:
        explicit ShimClock(const VsockCallbacks &callbacks) : m_callbacks(callbacks) {}
        std::int64_t now() const override { return m_callbacks.now(m_callbacks.opaque); }
        void setAlarm(std::int64_t when) override { m_callbacks.set_alarm(m_callbacks.opaque, when); }
        void clearAlarm() override { m_callbacks.set_alarm(m_callbacks.opaque, -1); }

    private:
        const VsockCallbacks &m_callbacks;
    };

    const VsockCallbacks m_callbacks;
    ShimClock m_clock;
    Timers m_timers;
    HostSide *m_host = nullptr;

    std::uint64_t m_guestCid, m_parentCid;
    bool m_answerCid2;
    std::uint32_t m_bufferBytes, m_tax;
    std::size_t m_flowLimit;
    bool m_seqpacket = false;
    bool m_started = false;
    bool m_gate = false; // a transport reset is announced and the guest has not reacted
    TimerId m_gateTimer = 0;

    std::unordered_map<FlowKey, std::unique_ptr<Flow>, FlowKeyHash> m_flows;
    std::map<std::uint64_t, Flow *> m_byId; // also the lingering ones, which are in no table
    std::vector<std::unique_ptr<Flow>> m_lingering, m_dead;
    std::deque<VsockFlowInfo> m_closed; // newest first
    std::uint64_t m_lastFlow = 0;
    std::uint32_t m_lastPort = 0;
    std::vector<FlowKey> m_resetAfterGate; // connections that a loaded guest waits for

    Flow *m_working = nullptr; // the flow that a call is about just now
    bool m_someBroken = false;
    std::deque<Flow *> m_ready;
    std::vector<Flow *> m_marked, m_dirty;
    std::deque<Waiting> m_resets; // RSTs of flows that are gone
    std::deque<Waiting> m_out;    // other complete packets

    RuleTable m_faults, m_breaks;
    std::multimap<std::int64_t, Waiting> m_heldToGuest, m_heldFromGuest; // by time of release
    struct Line {
        std::size_t packets = 0, bytes = 0;
        std::int64_t release = 0;
    };
    std::unordered_map<FlowKey, Line, FlowKeyHash> m_lines; // of m_heldFromGuest
    std::size_t m_heldFromGuestBytes = 0;
    std::size_t m_heldToGuestBytes = 0; // of m_heldToGuest and m_out
    bool m_someHeldBack = false;        // flows that wait until less is held
    struct Blackhole {
        std::uint32_t rule = 0;
        std::uint64_t number = 0; // the later one has the higher
    };
    std::unordered_map<FlowKey, Blackhole, FlowKeyHash> m_blackholes;
    std::uint64_t m_lastBlackhole = 0;
    TimerId m_heldTimer = 0;
    std::int64_t m_heldTime = 0;

    VsockCounters m_counters{};
    bool m_cid2Told = false;
    unsigned m_noticesLeft = 64; // of guest errors: the log shall not be the guest's to fill

    // Kept between calls to save allocations.
    std::vector<WritableBytes> m_pieces;
    std::vector<std::uint32_t> m_plan;
    std::vector<std::byte> m_bounce;
    std::vector<Bytes> m_seenPieces;
    std::vector<VsockPiece> m_seenAbi;
    std::vector<std::uint32_t> m_breakIds;
};

} // namespace nitroscope::vsock
