// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small buffer on the stack in which the fixed parts of blocks are put together, little-endian. It cannot
// grow: its user sizes it for the longest content, and what would not fit is left out and remembered by ok().
#pragma once

#include "qemu-machine/capture/core/pcapng.hpp"

#include <array>
#include <cstring>
#include <span>
#include <string_view>

namespace nitroscope::capture {

using Bytes = std::span<const std::byte>;

inline Bytes asBytes(std::string_view text) {
    return {reinterpret_cast<const std::byte *>(text.data()), text.size()};
}

template <class T>
void storeLittleEndian(std::byte *out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        out[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <std::size_t capacity>
class BlockBuffer {
public:
    void u8(std::uint8_t value) { number(value); }
    void u16(std::uint16_t value) { number(value); }
    void u32(std::uint32_t value) { number(value); }
    void u64(std::uint64_t value) { number(value); }
    void raw(Bytes bytes) {
        if (reserve(bytes.size()) && !bytes.empty())
            std::memcpy(m_bytes.data() + m_size - bytes.size(), bytes.data(), bytes.size());
    }
    void zeros(std::size_t count) {
        while (count-- > 0)
            u8(0);
    }

    // pcapng options (pcapng §3.5): code, length, value, padding.
    void option(std::uint16_t code, Bytes value) {
        u16(code);
        u16(static_cast<std::uint16_t>(value.size()));
        raw(value);
        zeros(pcapng::padded(value.size()) - value.size());
    }
    void textOption(std::uint16_t code, std::string_view text) { option(code, asBytes(text)); }
    void endOptions() { u32(pcapng::option::end); }

    // A block whose length is filled in when it ends. endBlock() takes what beginBlock() returned.
    std::size_t beginBlock(std::uint32_t type) {
        const std::size_t start = m_size;
        u32(type);
        u32(0);
        return start;
    }
    void endBlock(std::size_t start) {
        const auto length = static_cast<std::uint32_t>(m_size - start + pcapng::blockTrailerBytes);
        u32(length);
        if (ok())
            storeLittleEndian(m_bytes.data() + start + 4, length);
    }

    bool ok() const { return !m_overflow; }
    std::size_t size() const { return m_size; }
    Bytes bytes() const { return {m_bytes.data(), m_size}; }
    void clear() { m_size = 0; }

private:
    bool reserve(std::size_t more) {
        if (more > capacity - m_size) {
            m_overflow = true;
            return false;
        }
        m_size += more;
        return true;
    }
    template <class T>
    void number(T value) {
        if (reserve(sizeof value))
            storeLittleEndian(m_bytes.data() + m_size - sizeof value, value);
    }

    std::array<std::byte, capacity> m_bytes;
    std::size_t m_size = 0;
    bool m_overflow = false;
};

} // namespace nitroscope::capture
