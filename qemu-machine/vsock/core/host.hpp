// SPDX-License-Identifier: GPL-2.0-or-later
//
// The border between the vsock core, which speaks the virtio-vsock protocol with the guest, and the host
// side, which owns sockets, routes, the handshake and the built-in services. Neither sockets nor QEMU are in
// this interface, so the core is tested with a host side in memory, and the host side with a core in memory.
//
//   core ──calls──► HostSide::connect()          the guest dials; the answer is a HostEnd or a reason
//   core ──calls──► HostEnd                      bytes, half-closes, end of a flow
//   host ──calls──► FlowEvents                   what became possible at the HostEnd
//   host ──calls──► GuestSide::open()            a program of the host dials the guest
//
// Rules:
// * One thread (QEMU: whoever has the big lock). Nothing here may block.
// * FlowEvents' functions only mark: the core acts on them later, from its own turn. So a HostEnd may call
// them at any
//   time, also from within a call of the core, also several times.
// * The core owns the HostEnd and destroys it when the flow is over; never from within a call that the
// HostEnd makes.
//   FlowEvents stays valid as long as the HostEnd lives.
// * Readiness is told once, not level by level: after read() said wouldBlock, readable() is called once when
// there is
//   something again; after write() took less than it was given, writable() once when it takes more. A HostEnd
//   that has nothing to tell watches nothing, which is what keeps the main loop from spinning. Before the
//   flow is established and after wouldBlock was not yet returned, the core comes by itself.
// * Bytes are borrowed during a call, by either side; they may be the guest's memory, which the guest may
// change at
//   any time: never look at them twice. The core holds at most `bufferBytes` towards the host for a flow and
//   nothing towards the guest; a HostEnd should hold no stream bytes at all.
// * Times come from GuestSide::timers(), which stands still while the machine is stopped.
// * While the machine is stopped and until a guest's driver is there, the core does not read. open() works:
// the
//   REQUEST waits for the guest, and its deadline starts when the guest has taken it.
#pragma once

#include "qemu-machine/vsock/core/clock.hpp"
#include "qemu-machine/vsock/core/types.hpp"

#include <memory>
#include <string>

namespace nitroscope::vsock {

// How the host program behind a flow can be told apart; shown to the user, nothing depends on it.
struct PeerInfo {
    std::int64_t pid = -1;   // process at the other end of a Unix socket; -1 = unknown
    std::string description; // "unix:/run/e.vsock_8000", "tcp:127.0.0.1:8080", "heartbeat"
};

// What the host side tells the core about one flow. See the rules above.
class FlowEvents {
public:
    virtual ~FlowEvents() = default;
    // A guest-initiated flow's way to the host is there: the core answers RESPONSE and starts reading.
    virtual void connected() = 0;
    // It cannot be had; or, in a flow that the host opened, the program went away before the guest answered.
    // The core resets the flow with this reason.
    virtual void failed(Reason reason) = 0;
    virtual void readable() = 0;
    virtual void writable() = 0;
    // The peer is gone altogether (hostClosed or hostReset), as far as this can be known without reading. The
    // core still reads what is there, until read() says that it has ended, except after hostReset.
    virtual void gone(Reason reason) = 0;
    virtual void describe(PeerInfo peer) = 0;
};

enum class ReadStatus {
    more,       // possibly more to come at once
    wouldBlock, // nothing more now; readable() will be called
    endOfData,  // the peer shut down its sending direction (no bytes with it); it may still take data
    closed,     // the peer closed both directions in order (no bytes with it)
    reset       // the peer is gone with a reset (no bytes with it)
};

struct ReadResult {
    ReadStatus status = ReadStatus::wouldBlock;
    std::size_t bytes = 0; // put into the pieces, from the first one on
    bool endOfMessage =
        false; // seqpacket: these bytes complete a message. An empty message does not exist: skip it
};

enum class WriteStatus {
    taken,         // `bytes` were taken; if not all, writable() will be called
    receiveClosed, // the peer shut down its receiving direction; it may still send
    reset,         // the peer is gone
    tooLong        // seqpacket: the message can never be sent in one piece
};

struct WriteResult {
    WriteStatus status = WriteStatus::taken;
    std::size_t bytes = 0;
};

enum class Close {
    orderly, // both directions are over and everything was taken: close
    abort    // discard what is under way, and let the peer notice if that is possible (TCP: SO_LINGER 0)
};

// The host's end of one flow.
class HostEnd {
public:
    virtual ~HostEnd() = default; // without close() before: as Close::abort

    // Bytes for the guest, into the pieces in order. Stream: as much as there is. Seqpacket: at most one
    // message or the next part of it; what does not fit stays at the host's end for the next call.
    virtual ReadResult read(std::span<const WritableBytes> pieces) = 0;
    // Bytes from the guest. Stream: any number of them may be taken. Seqpacket: the pieces are one whole
    // message, and either all of it is taken or nothing.
    virtual WriteResult write(std::span<const Bytes> pieces) = 0;
    // The guest sends no more (everything before it has been taken): the peer sees the end of the data.
    virtual void endOfGuestData() = 0;
    // The guest receives no more: a peer that writes gets an error, where that is possible. The core reads no
    // more.
    virtual void guestStoppedReading() = 0;
    // The flow is over; called at most once and followed by destruction, soon.
    virtual void close(Close how, Reason reason) = 0;

    // Flows that the host opened: the guest has accepted; the core reads from now on. Bytes that the program
    // sent after its handshake are for read(). A refusal comes as close(Close::abort, reason).
    virtual void accepted() {}
};

// The guest dials.
struct ConnectRequest {
    std::uint64_t flow = 0; // id of the flow, from 1, never used twice
    Kind kind = Kind::stream;
    Address guest;       // CID and port that the guest dials from
    Address destination; // what it dials: CID 3, or 2
};

struct ConnectAnswer {
    std::unique_ptr<HostEnd> end; // null: refused
    Reason refusal = Reason::none;
};

class HostSide {
public:
    virtual ~HostSide() = default;
    // Starts the way to the host without waiting: later, or already now, `events` hears connected() or
    // failed(). The core gives up by itself after ConnectTimes::limit. `events` lives as long as the HostEnd.
    virtual ConnectAnswer connect(const ConnectRequest &request, FlowEvents &events) = 0;
    // The guest's driver is gone or came back with another CID; all flows have been closed.
    virtual void guestReset() {}
};

// Linux gives up a connect() after 2 s; the device answers RST before that.
struct ConnectTimes {
    static constexpr std::int64_t limit = 1900 * nanosecondsPerMillisecond;
    static constexpr std::int64_t retry =
        10 * nanosecondsPerMillisecond; // a full backlog (EAGAIN) is tried again
};

// A program of the host dials the guest.
struct OpenRequest {
    Kind kind = Kind::stream;
    std::uint64_t sourceCid = parentCid; // whom the guest sees as its peer
    std::uint32_t sourcePort = 0;        // 0: the core chooses one from 2^30 up
    std::uint32_t guestPort = 0;
    PeerInfo peer;
};

struct OpenAnswer {
    FlowEvents *events = nullptr; // null: refused, and the HostEnd is destroyed
    Reason refusal = Reason::none;
    std::uint64_t flow = 0;
    std::uint32_t sourcePort = 0; // for `OK <port>`
};

// What the host side may ask of the core.
class GuestSide {
public:
    virtual ~GuestSide() = default;
    // Queues REQUEST. Later `end` hears accepted(), or close() with refusedByGuest, guestTimeout, …
    virtual OpenAnswer open(const OpenRequest &request, std::unique_ptr<HostEnd> end) = 0;
    virtual std::uint64_t guestCid() const = 0;
    virtual bool seqpacketNegotiated() const = 0;
    virtual Timers &timers() = 0;
};

} // namespace nitroscope::vsock
