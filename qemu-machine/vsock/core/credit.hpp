// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flow control of one flow, VirtIO 1.2, 5.10.6.3: each side tells the size of its buffer (buf_alloc) and how
// many bytes it has passed on so far (fwd_cnt); the other never has more under way. All counters are
// free-running 32-bit numbers.
//
// Bytes are not the whole story. Linux since 6.12.92 also charges the receiver's buffer for the memory of
// each queued packet, which the counters do not express: a sender that keeps to them exactly loses data or
// the connection when its packets are small. So the packets that the guest has not consumed are counted too,
// each with a "tax" on top.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

namespace nitroscope::vsock {

// SKB_TRUESIZE(0) of a 64-bit Linux.
constexpr std::uint32_t defaultPacketTax = 576;
// Packets under way towards a guest with an enormous buffer; bounds our memory.
constexpr std::size_t packetsUnderWay = 8192;

// What we may send to the guest.
class SendCredit {
public:
    explicit SendCredit(std::uint32_t tax) : m_tax(tax) {}

    // From the header of any packet of the guest.
    void update(std::uint32_t bufAlloc, std::uint32_t fwdCnt);
    // Payload bytes that the next packet may have; 0 = none. `ownMessage`: packets under way that belong to
    // the seqpacket message being sent. When nothing else is under way, the guest cannot consume anything
    // before the message is complete, and waiting for it would never end: then bytes and packets are metered
    // apart. `plannedBytes` and `plannedPackets` are taken for sent already.
    std::uint32_t window(std::size_t ownMessage = 0, std::uint32_t plannedBytes = 0,
                         std::size_t plannedPackets = 0) const;
    void sent(std::uint32_t bytes);

    std::uint32_t bufAlloc() const { return m_bufAlloc; }
    std::uint32_t fwdCnt() const { return m_fwdCnt; }
    std::uint32_t sentCount() const { return m_sent; }
    std::uint32_t underWay() const;
    std::size_t packets() const { return m_tails.size(); }

private:
    std::uint32_t m_tax;
    std::uint32_t m_bufAlloc = 0, m_fwdCnt = 0, m_sent = 0;
    std::deque<std::uint32_t> m_tails; // value of m_sent after each packet that is not consumed
};

// What the guest may send to us.
class ReceiveCredit {
public:
    explicit ReceiveCredit(std::uint32_t bufAlloc) : m_bufAlloc(bufAlloc) {}

    // False when the guest was not allowed to send so much; then nothing is counted.
    bool received(std::uint32_t bytes);
    void passedOn(std::uint32_t bytes) { m_passedOn += bytes; }
    // The counter is being written into a packet.
    std::uint32_t announce() { return m_announced = m_passedOn; }
    // The guest believes that half of what it may have under way is: time to tell it. Linux since 6.12.92
    // keeps to the smaller of both sides' buffers, and waits for ever when it is only told at half of the
    // larger one.
    bool updateDue(std::uint32_t guestBuffer) const {
        return m_passedOn != m_announced && m_received - m_announced >= std::min(m_bufAlloc, guestBuffer) / 2;
    }
    // What the guest believes it may send, and how much there really is.
    std::uint32_t visibleRoom() const { return m_bufAlloc - (m_received - m_announced); }
    std::uint32_t held() const { return m_received - m_passedOn; }
    std::uint32_t receivedCount() const { return m_received; }

    std::uint32_t bufAlloc() const { return m_bufAlloc; }
    std::uint32_t passedOnCount() const { return m_passedOn; }
    std::uint32_t announcedCount() const { return m_announced; }

private:
    std::uint32_t m_bufAlloc;
    std::uint32_t m_received = 0, m_passedOn = 0, m_announced = 0;
};

} // namespace nitroscope::vsock
