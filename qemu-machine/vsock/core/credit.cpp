// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/credit.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

// More than this is never under way, so that differences of counters keep their sign.
constexpr std::uint32_t maxBuffer = 1u << 30;

// How far `a` is ahead of `b` on the circle of 32-bit counters.
std::int32_t ahead(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b);
}

} // namespace

void SendCredit::update(std::uint32_t bufAlloc, std::uint32_t fwdCnt) {
    m_bufAlloc = bufAlloc;
    m_fwdCnt = fwdCnt;
    while (!m_tails.empty() && ahead(m_fwdCnt, m_tails.front()) >= 0)
        m_tails.pop_front();
}

std::uint32_t SendCredit::underWay() const {
    // A guest that claims to have consumed more than it got has simply consumed all.
    return static_cast<std::uint32_t>(std::max(ahead(m_sent, m_fwdCnt), 0));
}

std::uint32_t SendCredit::window(std::size_t ownMessage, std::uint32_t plannedBytes,
                                 std::size_t plannedPackets) const {
    const std::size_t packets = m_tails.size() + plannedPackets;
    if (packets >= packetsUnderWay)
        return 0;
    // Signed and wide: a guest may shrink its buffer below what is under way.
    const std::int64_t bufAlloc = std::min(m_bufAlloc, maxBuffer);
    const std::int64_t bytes = static_cast<std::int64_t>(underWay()) + plannedBytes;
    const std::int64_t tax = static_cast<std::int64_t>(m_tax) * static_cast<std::int64_t>(packets + 1);
    std::int64_t room = bufAlloc - bytes - tax;
    // Nothing but the message being sent is under way (see the header), or nothing at all and the buffer is
    // smaller than the tax: older kernels accept such settings.
    if (room <= 0 && ownMessage == packets && (packets == 0 || tax <= bufAlloc))
        room = bufAlloc - bytes;
    return static_cast<std::uint32_t>(std::max<std::int64_t>(room, 0));
}

void SendCredit::sent(std::uint32_t bytes) {
    m_sent += bytes;
    if (m_tax != 0)
        m_tails.push_back(m_sent);
}

bool ReceiveCredit::received(std::uint32_t bytes) {
    if (bytes > m_bufAlloc || held() > m_bufAlloc - bytes)
        return false;
    m_received += bytes;
    return true;
}

} // namespace nitroscope::vsock
