// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bounded queue between the guest's threads and the writer: finished pcapng blocks in a ring of bytes.
//
// A block goes in whole or not at all. The consumer looks at a contiguous run of bytes and takes as many of
// them as its channel accepts, but memory is given back only by whole blocks, so that rewind() can offer the
// current block from its first byte to a new reader. Not thread-safe by itself: Capture holds its lock around
// every call. The bytes that readable() shows stay where they are until consume() or rewind(), also while
// blocks are appended.
#pragma once

#include "qemu-machine/capture/core/block_buffer.hpp"

#include <memory>

namespace nitroscope::capture {

class BlockRing {
public:
    // `capacity` in bytes, a multiple of 4.
    BlockRing(std::unique_ptr<std::byte[]> memory, std::size_t capacity)
        : m_memory(std::move(memory)), m_capacity(capacity) {}

    std::size_t used() const { return m_used; }
    std::size_t free() const { return m_capacity - m_used; }
    std::size_t highWater() const { return m_highWater; }

    // Appends one block given in pieces. False, and nothing appended, when it does not fit.
    bool append(std::span<const Bytes> pieces);

    Bytes readable() const;
    void consume(std::size_t bytes);
    void rewind() { m_sent = 0; }

private:
    std::size_t blockLength() const;

    std::unique_ptr<std::byte[]> m_memory;
    std::size_t m_capacity;
    std::size_t m_start = 0; // first byte of the oldest block that is not consumed whole
    std::size_t m_used = 0;
    std::size_t m_sent = 0; // bytes of the oldest block that are consumed
    std::size_t m_highWater = 0;
};

} // namespace nitroscope::capture
