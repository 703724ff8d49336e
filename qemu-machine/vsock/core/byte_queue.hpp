// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes on their way to the host: a ring that grows when it is needed and never beyond the credit of its
// flow.
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
    void clear();

private:
    void grow(std::size_t needed);

    std::vector<std::byte> m_ring;
    std::size_t m_start = 0, m_size = 0;
};

} // namespace nitroscope::vsock
