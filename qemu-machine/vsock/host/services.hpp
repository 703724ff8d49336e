// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ends of flows that the device serves itself, without any program on the host: echo, and the heartbeat that
// AWS's init sends to 3:9000 (one byte 0xB7, to be answered by the same; anything else and the enclave gives
// up).
#pragma once

#include "qemu-machine/vsock/core/byte_queue.hpp"
#include "qemu-machine/vsock/core/host.hpp"

namespace nitroscope::vsock {

constexpr std::uint32_t heartbeatPort = 9000;
constexpr std::byte heartbeatByte{0xb7};

enum class HeartbeatMode {
    on,    // answered as a parent does
    off,   // not answered by the device: port 9000 is a port like any other
    delay, // answered after a while
    wrong  // answered with another byte
};

// A peer in memory: what answer() puts in is what the guest receives.
class ServiceEnd : public HostEnd {
public:
    ServiceEnd(Kind kind, FlowEvents &events) : m_kind(kind), m_events(events) {}
    ReadResult read(std::span<const WritableBytes> pieces) override;
    void endOfGuestData() override;
    void guestStoppedReading() override;
    void close(Close, Reason) override {}

protected:
    // The first `size` bytes of the pieces; of a seqpacket flow they are a message.
    void answer(std::span<const Bytes> pieces, std::size_t size);
    std::size_t room() const; // bytes that may still be held
    const Kind m_kind;
    FlowEvents &m_events;

private:
    ByteQueue m_answers;
    MessageLengths m_lengths; // of a seqpacket flow
    std::size_t m_done = 0;   // bytes of the first message that were read
    bool m_readWanted = false, m_ended = false, m_endTold = false, m_writeWanted = false;
    friend class EchoEnd;
};

class EchoEnd : public ServiceEnd {
public:
    using ServiceEnd::ServiceEnd;
    WriteResult write(std::span<const Bytes> pieces) override;
};

class HeartbeatEnd : public ServiceEnd {
public:
    HeartbeatEnd(Kind kind, FlowEvents &events, Timers &timers, HeartbeatMode mode, std::int64_t delayNs)
        : ServiceEnd(kind, events), m_timers(timers), m_mode(mode), m_delayNs(delayNs) {}
    ~HeartbeatEnd() override { m_timers.cancel(m_timer); }
    WriteResult write(std::span<const Bytes> pieces) override;

private:
    void answerWith(std::byte reply);

    Timers &m_timers;
    const HeartbeatMode m_mode;
    const std::int64_t m_delayNs;
    TimerId m_timer = 0;
    bool m_isAnswered = false;
};

} // namespace nitroscope::vsock
