// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host's side of a recording: between the core and the host's real sockets. Whatever the host has to say (a connection,
// bytes, the end of either direction, that it has taken bytes) goes into the log first, and reaches the core when the log
// gives it out: while recording a moment later, in a replay at the same instruction, without any socket.
//
//   core ──► RecordedEnd ─────── bytes ──────► Outside ──► HostEnd of a socket, a route, a service
//   core ◄── RecordedEnd ◄── log ◄── event ◄── Outside ◄── its FlowEvents
//
// What RecordedEnd answers depends on the log alone: it takes bytes as long as not more than `window` wait for the
// event that says they were taken, and has bytes for the guest that came in events. The core's ends are known by the id of
// their flow where the guest dialed, and by numbers of their own, with the top bit, where the host did.
#pragma once

#include "qemu-machine/vsock/core/byte_queue.hpp"
#include "qemu-machine/vsock/core/host.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

namespace nitroscope::vsock {

class RecordedEnd;
class Outside;

class RecordedHost final : public HostSide, public GuestSide {
public:
    using Log = std::function<void(Bytes event)>;

    // Without a log it is a replay: nothing is passed on to the host.
    RecordedHost(GuestSide &guest, Timers &hostTimers, Log log);
    ~RecordedHost() override;
    RecordedHost(const RecordedHost &) = delete;
    RecordedHost &operator=(const RecordedHost &) = delete;

    void setHost(HostSide *host) { m_host = host; }

    // An event comes out of the log; one that makes no sense is left out.
    void take(Bytes event);
    // What the host's ends have to say is put into the log: after every call of the host, and when an end asks.
    void settle();

    // HostSide.
    ConnectAnswer connect(const ConnectRequest &request, FlowEvents &events) override;
    void guestReset() override;
    // GuestSide.
    OpenAnswer open(const OpenRequest &request, std::unique_ptr<HostEnd> end) override;
    std::uint64_t guestCid() const override { return m_guest.guestCid(); }
    bool seqpacketNegotiated() const override { return m_guest.seqpacketNegotiated(); }
    Timers &timers() override { return m_hostTimers; }

private:
    friend class RecordedEnd;
    friend class Outside;

    void takeOpen(std::uint64_t id, class EventReader &in);

    GuestSide &m_guest;
    Timers &m_hostTimers;
    const Log m_log;
    HostSide *m_host = nullptr;
    std::unordered_map<std::uint64_t, RecordedEnd *> m_ends;     // the core has them
    std::map<std::uint64_t, std::unique_ptr<Outside>> m_outside; // while recording
    std::uint64_t m_lastOpened = 0;
    std::uint32_t m_lastPort = 0;
};

// ------------------------------------------------------------------------------------------ the two halves

// First byte of an event; the number of the end follows, then what the kind says. Numbers are little-endian.
enum class RecordedEvent : std::uint8_t {
    open,      // u16 kind, u64 source CID, u32 source port, u32 guest port, i64 process, text: the host dials
    describe,  // i64 process, text: who is at the host's end
    connected, //
    failed,    // u32 reason
    gone,      // u32 reason
    bytes,     // u8 whether a message ends with them, bytes
    ended,     // u8 ReadStatus: nothing more comes
    taken,     // u32 bytes that the host has taken
    writeEnded // u8 WriteStatus: it takes no more
};

class EventReader {
public:
    explicit EventReader(Bytes bytes) : m_left(bytes) {}
    template <class T>
    T number() {
        std::uint64_t value = 0;
        m_good = m_good && m_left.size() >= sizeof(T);
        for (std::size_t i = 0; m_good && i < sizeof(T); ++i)
            value |= std::to_integer<std::uint64_t>(m_left[i]) << (8 * i);
        m_left = m_left.subspan(m_good ? sizeof(T) : m_left.size());
        return static_cast<T>(value);
    }
    Bytes rest() const { return m_left; }
    std::string text() const { return {reinterpret_cast<const char *>(m_left.data()), m_left.size()}; }
    bool good() const { return m_good; }

private:
    Bytes m_left;
    bool m_good = true;
};

constexpr std::size_t recordedWindow = 256 * 1024; // bytes of a connection under way, in each direction
constexpr std::size_t recordedRead = 64 * 1024;    // in one event

// The core's end.
class RecordedEnd final : public HostEnd {
public:
    RecordedEnd(RecordedHost &host, std::uint64_t id, Kind kind) : m_host(host), m_id(id), m_kind(kind) {
        m_host.m_ends[id] = this;
    }
    ~RecordedEnd() override;

    void setEvents(FlowEvents &events) { m_events = &events; }
    void take(RecordedEvent kind, EventReader &in);

    ReadResult read(std::span<const WritableBytes> pieces) override;
    WriteResult write(std::span<const Bytes> pieces) override;
    void endOfGuestData() override;
    void guestStoppedReading() override;
    void accepted() override;
    void close(Close how, Reason reason) override;

private:
    struct Piece {
        std::vector<std::byte> bytes;
        std::size_t done = 0;
        bool endsMessage = false;
    };
    Outside *outside() const;

    RecordedHost &m_host;
    const std::uint64_t m_id;
    const Kind m_kind;
    FlowEvents *m_events = nullptr;
    std::deque<Piece> m_input;
    std::optional<ReadStatus> m_inputEnd;
    std::size_t m_waiting = 0; // bytes that the host has not taken
    bool m_refused = false;    // writable() is due
    std::optional<WriteStatus> m_writeEnd;
    bool m_closed = false;
};

// The host's end, and what it says; only while recording.
class Outside final : public FlowEvents {
public:
    Outside(RecordedHost &host, std::uint64_t id, Kind kind) : m_host(host), m_id(id), m_kind(kind) {}

    void setEnd(std::unique_ptr<HostEnd> end) { m_end = std::move(end); }
    // Puts into the log what there is to say. False: it is over, and can be forgotten.
    bool settle();

    // FlowEvents: only marks.
    void connected() override { m_connected = true; }
    void failed(Reason reason) override { m_failure = reason; }
    void readable() override { m_readable = true; }
    void writable() override { m_writable = true; }
    void gone(Reason reason) override { m_gone = reason; }
    void describe(PeerInfo peer) override { m_peer = std::move(peer); }

    // Of the core's end.
    void write(std::span<const Bytes> pieces, std::size_t size);
    void consumed(std::size_t bytes);
    void endOfGuestData() { m_endDue = true; }
    void guestStoppedReading();
    void accepted();
    void close(Close how, Reason reason);

private:
    void log(RecordedEvent kind, std::span<const std::uint64_t> numbers, std::span<const std::uint8_t> sizes,
             Bytes tail);
    void pull();
    void push();

    RecordedHost &m_host;
    const std::uint64_t m_id;
    const Kind m_kind;
    std::unique_ptr<HostEnd> m_end;
    bool m_connected = false, m_readable = false, m_writable = false;
    Reason m_failure = Reason::none, m_gone = Reason::none;
    std::optional<PeerInfo> m_peer;
    bool m_reading = false;     // the host's end may be asked for bytes
    std::size_t m_underWay = 0; // bytes that the core has not read
    ByteQueue m_toHost;
    MessageLengths m_messages;
    bool m_endDue = false, m_writeEnded = false;
    std::optional<std::pair<Close, Reason>> m_close;
};

} // namespace nitroscope::vsock
