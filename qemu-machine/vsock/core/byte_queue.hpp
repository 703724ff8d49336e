// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes on their way to the host, and the lengths of messages that they are made of: a ring that grows when it is
// needed and never beyond the credit of its flow.
#pragma once

#include "qemu-machine/vsock/core/types.hpp"

#include <array>
#include <vector>

namespace nitroscope::vsock {

class ByteQueue {
public:
    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }

    void append(Bytes bytes);
    // The first `limit` bytes, as one or two runs; the second may be empty. Valid until the next change.
    std::array<Bytes, 2> front(std::size_t limit) const;
    void drop(std::size_t bytes);
    // Takes as many as there are and fit; how many.
    std::size_t take(WritableBytes out);
    void clear();

private:
    void grow(std::size_t needed);

    std::vector<std::byte> m_ring;
    std::size_t m_start = 0, m_size = 0;
};

// Lengths of the seqpacket messages that wait in a ByteQueue. A length below 128 takes one byte (LEB128), so the
// list is never longer than the messages, however short a guest makes them: what bounds their bytes bounds it, too.
class MessageLengths {
public:
    bool empty() const { return m_encoded.empty(); }
    // Of the oldest message; there must be one.
    std::uint32_t front() const;
    void push(std::uint32_t length);
    void pop();
    void clear() { m_encoded.clear(); }

private:
    ByteQueue m_encoded;
};

} // namespace nitroscope::vsock
