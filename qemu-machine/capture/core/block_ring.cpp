// SPDX-License-Identifier: GPL-2.0-or-later
//
// See block_ring.hpp. Blocks are multiples of four bytes and so is the ring, hence a block's length word
// never wraps.
#include "qemu-machine/capture/core/block_ring.hpp"

#include <algorithm>

namespace nitroscope::capture {

bool BlockRing::append(std::span<const Bytes> pieces) {
    std::size_t total = 0;
    for (const Bytes piece : pieces)
        total += piece.size();
    if (total > free())
        return false;
    // An empty ring starts over at its beginning: with a quick reader only the first pages are ever touched.
    if (m_used == 0)
        m_start = 0;
    std::size_t at = (m_start + m_used) % m_capacity;
    for (const Bytes piece : pieces) {
        const std::size_t first = std::min(piece.size(), m_capacity - at);
        if (first > 0)
            std::memcpy(m_memory.get() + at, piece.data(), first);
        if (first < piece.size())
            std::memcpy(m_memory.get(), piece.data() + first, piece.size() - first);
        at = (at + piece.size()) % m_capacity;
    }
    m_used += total;
    m_highWater = std::max(m_highWater, m_used);
    return true;
}

Bytes BlockRing::readable() const {
    const std::size_t from = (m_start + m_sent) % m_capacity;
    return {m_memory.get() + from, std::min(m_used - m_sent, m_capacity - from)};
}

void BlockRing::consume(std::size_t bytes) {
    m_sent += std::min(bytes, m_used - m_sent);
    while (m_used > 0 && m_sent >= blockLength()) {
        const std::size_t length = blockLength();
        m_start = (m_start + length) % m_capacity;
        m_used -= length;
        m_sent -= length;
    }
}

std::size_t BlockRing::blockLength() const {
    const std::byte *at = m_memory.get() + (m_start + 4) % m_capacity;
    std::size_t length = 0;
    for (int i = 3; i >= 0; --i)
        length = length << 8 | std::to_integer<std::size_t>(at[i]);
    return length;
}

} // namespace nitroscope::capture
