// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/byte_queue.hpp"

#include <algorithm>
#include <bit>

namespace nitroscope::vsock {

namespace {
constexpr std::size_t minRing = 4096;
constexpr std::size_t keptWhenEmpty = 64 * 1024; // 4096 idle flows shall not hold their largest buffers

constexpr std::size_t maxEncoded = 5; // bytes of a 32-bit number
constexpr unsigned bitsPerByte = 7;
constexpr std::byte valueBits{0x7f}, moreFollows{0x80};

struct Decoded {
    std::uint32_t length = 0;
    std::size_t bytes = 0; // of its encoding
};

Decoded firstOf(const ByteQueue &encoded) {
    Decoded first;
    for (const Bytes part : encoded.front(maxEncoded))
        for (const std::byte byte : part) {
            first.length |= std::to_integer<std::uint32_t>(byte & valueBits) << (bitsPerByte * first.bytes);
            ++first.bytes;
            if ((byte & moreFollows) == std::byte{})
                return first;
        }
    return first;
}
} // namespace

void ByteQueue::append(Bytes bytes) {
    if (m_size + bytes.size() > m_ring.size())
        grow(m_size + bytes.size());
    std::size_t end = m_start + m_size;
    if (end >= m_ring.size())
        end -= m_ring.size();
    const std::size_t first = std::min(bytes.size(), m_ring.size() - end);
    std::copy_n(bytes.begin(), first, m_ring.begin() + static_cast<std::ptrdiff_t>(end));
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.end(), m_ring.begin());
    m_size += bytes.size();
}

std::array<Bytes, 2> ByteQueue::front(std::size_t limit) const {
    const std::size_t size = std::min(limit, m_size);
    const std::size_t first = std::min(size, m_ring.size() - m_start);
    return {Bytes(m_ring.data() + m_start, first), Bytes(m_ring.data(), size - first)};
}

void ByteQueue::drop(std::size_t bytes) {
    m_size -= bytes;
    m_start += bytes;
    if (m_start >= m_ring.size())
        m_start -= m_ring.size();
    if (m_size == 0)
        clear();
}

std::size_t ByteQueue::take(WritableBytes out) {
    const auto parts = front(out.size());
    const auto end = std::copy(parts[0].begin(), parts[0].end(), out.begin());
    std::copy(parts[1].begin(), parts[1].end(), end);
    const std::size_t taken = parts[0].size() + parts[1].size();
    drop(taken);
    return taken;
}

void ByteQueue::clear() {
    m_start = m_size = 0;
    if (m_ring.size() > keptWhenEmpty)
        std::vector<std::byte>().swap(m_ring);
}

void ByteQueue::grow(std::size_t needed) {
    std::vector<std::byte> larger(std::max(minRing, std::bit_ceil(needed)));
    const auto parts = front(m_size);
    const auto end = std::copy(parts[0].begin(), parts[0].end(), larger.begin());
    std::copy(parts[1].begin(), parts[1].end(), end);
    m_ring.swap(larger);
    m_start = 0;
}

std::uint32_t MessageLengths::front() const {
    return firstOf(m_encoded).length;
}

void MessageLengths::push(std::uint32_t length) {
    std::array<std::byte, maxEncoded> encoded;
    std::size_t size = 0;
    for (; length > std::to_integer<std::uint32_t>(valueBits); length >>= bitsPerByte)
        encoded[size++] = static_cast<std::byte>(length) | moreFollows;
    encoded[size++] = static_cast<std::byte>(length);
    m_encoded.append(Bytes(encoded).first(size));
}

void MessageLengths::pop() {
    m_encoded.drop(firstOf(m_encoded).bytes);
}

} // namespace nitroscope::vsock
