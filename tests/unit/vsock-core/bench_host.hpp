// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock core between two ends made of memory: a guest that sends and receives packets one by one, and a
// host side whose ends keep what they are given and give what they are told to. Time is a number.
#pragma once

#include "qemu-machine/vsock/core/device.hpp"

#include <cstring>
#include <deque>
#include <string>

namespace nitroscope::vsock::test {

inline Bytes bytesOf(const std::string &text) {
    return std::as_bytes(std::span(text));
}

// One end at the host, with levers for the test.
struct FakeEnd final : HostEnd {
    struct Control {
        bool alive = true, accepted = false, endOfData = false, stoppedReading = false, closed = false;
        Close how = Close::orderly;
        Reason reason = Reason::none;
        std::string written;               // by the guest
        std::vector<std::string> messages; // one per write()
        std::size_t room = SIZE_MAX;       // bytes that write() still takes
        std::string readable;              // for the guest
        std::deque<std::string> toSend;    // messages for the guest (seqpacket)
        ReadStatus atEnd = ReadStatus::wouldBlock;
        WriteStatus writeStatus = WriteStatus::taken;
        FlowEvents *events = nullptr;
        int reads = 0, writes = 0;
    };

    FakeEnd(std::shared_ptr<Control> shared, Kind flowKind) : control(std::move(shared)), kind(flowKind) {}
    ~FakeEnd() override { control->alive = false; }

    ReadResult read(std::span<const WritableBytes> pieces) override {
        ++control->reads;
        const bool messages = kind == Kind::seqpacket;
        if (messages && control->readable.empty() && !control->toSend.empty()) {
            control->readable = control->toSend.front();
            control->toSend.pop_front();
        }
        ReadResult result;
        for (const WritableBytes &piece : pieces) {
            const std::size_t count = std::min(piece.size(), control->readable.size() - result.bytes);
            std::memcpy(piece.data(), control->readable.data() + result.bytes, count);
            result.bytes += count;
        }
        control->readable.erase(0, result.bytes);
        result.endOfMessage = messages && result.bytes != 0 && control->readable.empty();
        const bool left = !control->readable.empty() || !control->toSend.empty();
        const bool ended = control->atEnd != ReadStatus::wouldBlock;
        result.status = left || (ended && result.bytes != 0) ? ReadStatus::more : control->atEnd;
        return result;
    }
    WriteResult write(std::span<const Bytes> pieces) override {
        ++control->writes;
        if (control->writeStatus != WriteStatus::taken)
            return {control->writeStatus, 0};
        WriteResult result;
        std::string message;
        for (const Bytes &piece : pieces)
            message.append(reinterpret_cast<const char *>(piece.data()), piece.size());
        if (kind == Kind::seqpacket && message.size() > control->room)
            return result;
        message.resize(std::min(message.size(), control->room));
        control->room -= control->room == SIZE_MAX ? 0 : message.size();
        result.bytes = message.size();
        control->written += message;
        if (!message.empty())
            control->messages.push_back(std::move(message));
        return result;
    }
    void endOfGuestData() override { control->endOfData = true; }
    void guestStoppedReading() override { control->stoppedReading = true; }
    void close(Close how, Reason reason) override {
        control->closed = true;
        control->how = how;
        control->reason = reason;
    }
    void accepted() override { control->accepted = true; }

    std::shared_ptr<Control> control;
    Kind kind;
};

using Control = FakeEnd::Control;

struct FakeHost : HostSide {
    ConnectAnswer connect(const ConnectRequest &request, FlowEvents &events) override {
        requests.push_back(request);
        if (refusal != Reason::none)
            return {nullptr, refusal};
        auto control = std::make_shared<Control>();
        control->events = &events;
        ends.push_back(control);
        if (connectAtOnce)
            events.connected();
        return {std::make_unique<FakeEnd>(control, request.kind), Reason::none};
    }
    void guestReset() override { ++resets; }

    std::vector<ConnectRequest> requests;
    std::vector<std::shared_ptr<Control>> ends;
    Reason refusal = Reason::none;
    bool connectAtOnce = true;
    int resets = 0;
};

struct Packet {
    Header header;
    std::string payload;
};

// What the device tells beside packets.
struct Told {
    std::vector<VsockFlowInfo> opened, closed;
    std::vector<std::uint32_t> breaks, faults;
    std::vector<std::string> notices;
    std::vector<std::string> notes;   // of captured packets
    std::vector<std::string> applied; // words of `faults`
    std::size_t packets = 0;
    int work = 0, transportResets = 0;
};

class Bench {
public:
    explicit Bench(VsockOptions options = {}) : device(callbacks(), options) {
        device.setHostSide(&host);
        device.start(true);
    }
    ~Bench() { device.closeFlows(Reason::deviceReset); }

    // From guest port 1024 to 3:8000 unless said otherwise.
    Header header(Op op, std::uint32_t guestPort = 1024, std::uint32_t port = 8000) const {
        Header h;
        h.source = {16, guestPort};
        h.destination = {parentCid, port};
        h.type = 1;
        h.op = op;
        h.bufAlloc = bufAlloc;
        h.fwdCnt = fwdCnt;
        return h;
    }
    void send(Header h, const std::string &payload = {}) {
        h.length = static_cast<std::uint32_t>(payload.size());
        const std::array<Bytes, 1> pieces{bytesOf(payload)};
        device.receive(h.encode(), std::span(pieces).first(payload.empty() ? 0 : 1));
        device.endOfBatch();
    }
    void send(Op op, const std::string &payload = {}, std::uint32_t flags = 0) {
        Header h = header(op);
        h.flags = flags;
        send(h, payload);
    }
    // Packets for the guest, as long as there are any.
    std::vector<Packet> take(std::size_t limit = 1000, std::size_t bufferBytes = 4096) {
        std::vector<Packet> packets;
        while (packets.size() < limit) {
            std::vector<std::byte> memory(bufferBytes);
            const std::array<WritableBytes, 1> pieces{WritableBytes(memory)};
            std::array<RxBuffer, 1> buffers{RxBuffer{pieces, 0}};
            if (device.fill(buffers) == 0)
                break;
            HeaderBytes bytes;
            std::copy_n(memory.begin(), bytes.size(), bytes.begin());
            packets.push_back(
                {Header::decode(bytes), std::string(reinterpret_cast<char *>(memory.data()) + headerBytes,
                                                    buffers[0].used - headerBytes)});
        }
        return packets;
    }
    std::vector<Op> takeOps() {
        std::vector<Op> ops;
        for (const Packet &packet : take())
            ops.push_back(packet.header.op);
        return ops;
    }
    // A flow that the guest opened, established; its end at the host.
    Control &establish(std::uint16_t type = 1) {
        Header h = header(Op::request);
        h.type = type;
        send(h);
        take();
        return *host.ends.back();
    }
    // One that the host opened towards guest port 5000, delivered but not answered.
    std::shared_ptr<Control> dial(std::uint32_t guestPort = 5000, Kind kind = Kind::stream) {
        auto control = std::make_shared<Control>();
        OpenRequest request;
        request.kind = kind;
        request.guestPort = guestPort;
        answer = device.open(request, std::make_unique<FakeEnd>(control, kind));
        control->events = answer.events;
        return control;
    }
    void pass(std::int64_t milliseconds) {
        now += milliseconds * nanosecondsPerMillisecond;
        device.timers().run();
    }

    VsockCallbacks callbacks() {
        VsockCallbacks c{};
        c.opaque = this;
        c.now = [](void *opaque) { return self(opaque).now; };
        c.set_alarm = [](void *opaque, std::int64_t when) { self(opaque).alarm = when; };
        c.work = [](void *opaque) { ++self(opaque).told.work; };
        c.transport_reset = [](void *opaque) { ++self(opaque).told.transportResets; };
        c.packet = [](void *opaque, const VsockPacket *packet) {
            ++self(opaque).told.packets;
            if (packet->note != nullptr)
                self(opaque).told.notes.emplace_back(packet->note);
        };
        c.flow_opened = [](void *opaque, const VsockFlowInfo *flow) {
            self(opaque).told.opened.push_back(*flow);
        };
        c.flow_closed = [](void *opaque, const VsockFlowInfo *flow) {
            self(opaque).told.closed.push_back(*flow);
        };
        c.break_hit = [](void *opaque, const std::uint32_t *ids, std::size_t count, const VsockPacket *) {
            self(opaque).told.breaks.insert(self(opaque).told.breaks.end(), ids, ids + count);
        };
        c.fault_applied = [](void *opaque, std::uint32_t rule, const char *note, std::uint64_t) {
            self(opaque).told.faults.push_back(rule);
            self(opaque).told.applied.emplace_back(note);
        };
        c.notice = [](void *opaque, VsockNotice, const char *text) {
            self(opaque).told.notices.emplace_back(text);
        };
        return c;
    }
    static Bench &self(void *opaque) { return *static_cast<Bench *>(opaque); }

    std::int64_t now = 1'000'000'000, alarm = -1;
    std::uint32_t bufAlloc = defaultBufferBytes, fwdCnt = 0; // the guest's
    Told told;
    FakeHost host;
    OpenAnswer answer;
    Device device;
};

} // namespace nitroscope::vsock::test
