// SPDX-License-Identifier: GPL-2.0-or-later
//
// One flow: a connection between a port of the guest and a port of its peer. The record that Device keeps and
// works on; what may happen in which state is in device_receive.cpp (packets of the guest), device_host.cpp
// (events of the host) and device_fill.cpp (packets for the guest).
#pragma once

#include "qemu-machine/vsock/core/byte_queue.hpp"
#include "qemu-machine/vsock/core/credit.hpp"
#include "qemu-machine/vsock/core/host.hpp"
#include "qemu-machine/vsock/core/packet.hpp"
#include "qemu-machine/vsock/core/vsock.h"

#include <functional>
#include <memory>

namespace nitroscope::vsock {

class Flow;

// Who keeps flows: told that the host has marked something in one.
class FlowOwner {
public:
    virtual void marked(Flow &flow) noexcept = 0;

protected:
    ~FlowOwner() = default;
};

// What tells flows of one guest apart.
struct FlowKey {
    std::uint32_t guestPort = 0;
    std::uint32_t peerPort = 0;
    std::uint64_t peerCid = 0;
    std::uint16_t type = 0;
    friend bool operator==(const FlowKey &, const FlowKey &) = default;
};

// Of the flow that a packet of the guest belongs to.
inline FlowKey keyOf(const Header &header) {
    return {header.source.port, header.destination.port, header.destination.cid, header.type};
}

struct FlowKeyHash {
    std::size_t operator()(const FlowKey &key) const {
        std::uint64_t z =
            (static_cast<std::uint64_t>(key.guestPort) << 32 | key.peerPort) ^ key.peerCid << 17 ^ key.type;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        return static_cast<std::size_t>(z ^ (z >> 29));
    }
};

// What the sender of one direction has sent, whatever faults then make of it: by this, rules tell packets apart.
struct Sent {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0; // of payload

    void count(const Header &header) {
        ++packets;
        bytes += header.op == Op::rw ? header.length : 0;
    }
};

class Flow final : public FlowEvents {
public:
    Flow(FlowOwner &keeper, std::uint64_t number, const FlowKey &flowKey, std::uint32_t tax,
         std::uint32_t buffer)
        : owner(keeper), id(number), key(flowKey), send(tax), receive(buffer) {}

    // FlowEvents: only marks, see host.hpp.
    void connected() override { mark(m_connected); }
    void failed(Reason reason) override;
    void readable() override { mark(m_readable); }
    void writable() override { mark(m_writable); }
    void gone(Reason reason) override;
    void describe(PeerInfo info) override { peer = std::move(info); }

    Kind kind() const { return static_cast<Kind>(key.type); }
    bool dead() const { return state == VSOCK_CLOSED; }
    // The port that was dialed.
    std::uint32_t service() const { return guestDialed ? key.peerPort : key.guestPort; }
    // Bytes that can go to the host now: of a seqpacket flow only whole messages.
    bool hasBytesForHost() const { return kind() == Kind::stream ? !toHost.empty() : !messages.empty(); }

    FlowOwner &owner;
    const std::uint64_t id;
    const FlowKey key;
    VsockState state = VSOCK_CONNECTING;
    bool guestDialed = true;
    std::unique_ptr<HostEnd> end;
    PeerInfo peer;

    // Towards the guest.
    SendCredit send;
    bool mayRead = false; // the host's end has not said wouldBlock
    bool ready = false;   // in Device's list of flows with something to send
    bool sendRequest = false, sendResponse = false, sendCreditUpdate = false, askForCredit = false;
    std::uint32_t sendShutdown = 0; // flags of a SHUTDOWN to be sent
    bool creditAsked = false;       // once per stall
    std::uint32_t messageBytes = 0; // of the seqpacket message that is being sent
    std::size_t messagePackets = 0;
    std::size_t heldToGuest = 0, heldToGuestBytes = 0;       // packets that a fault delays
    std::uint32_t heldRule = 0;                              // the fault that does
    bool heldBack = false, heldBackTold = false;             // they are as many as can be; and it was said
    std::int64_t releaseToGuest = 0;                         // the last one's time
    std::int64_t throttleToGuest = 0, throttleFromGuest = 0; // when the next packet may pass

    // Towards the host.
    ReceiveCredit receive;
    ByteQueue toHost;
    MessageLengths messages;          // whole seqpacket messages in toHost
    std::uint32_t partialMessage = 0; // bytes of the last one, which is not whole yet
    bool dirty = false;               // in Device's list of flows to write out at the end of the batch
    bool endTold = false;             // endOfGuestData() was called

    // Directions that were given up; never undone.
    bool guestSendShut = false, guestReceiveShut = false, hostSendShut = false, hostReceiveShut = false;
    Reason reason = Reason::none; // why it is being closed

    Sent sentToGuest, sentFromGuest;
    // Rules that hold on: ids, 0 = none.
    std::uint32_t frozenToGuest = 0, frozenFromGuest = 0;

    TimerId timer = 0; // of connecting, of waiting for the guest, of closing
    bool requestDelivered = false;

    // For the user.
    std::int64_t opened = 0, closed = 0, last = 0, asked = 0, roundTrip = -1, stallStart = 0, stalled = 0;
    std::uint64_t stalls = 0;
    bool inStall = false, wasEstablished = false;
    bool broken = false; // memory ran out in the middle of its work: Device::turn() ends it
    std::uint64_t bytesToGuest = 0, bytesFromGuest = 0, packetsToGuest = 0, packetsFromGuest = 0;

    // Marks of the host's events, taken by Device::turn().
    bool marked = false;
    bool takeConnected() { return std::exchange(m_connected, false); }
    bool takeReadable() { return std::exchange(m_readable, false); }
    bool takeWritable() { return std::exchange(m_writable, false); }
    Reason takeFailure() { return std::exchange(m_failure, Reason::none); }
    Reason takeGone() { return std::exchange(m_gone, Reason::none); }

private:
    void mark(bool &flag);

    bool m_connected = false, m_readable = false, m_writable = false;
    Reason m_failure = Reason::none, m_gone = Reason::none;
};

} // namespace nitroscope::vsock
