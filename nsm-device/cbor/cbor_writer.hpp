// SPDX-License-Identifier: GPL-2.0-or-later
//
// CBOR (RFC 8949) writer into a fixed buffer: definite and indefinite containers, shortest integers.
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"

#include <cstring>

namespace nitroscope::cbor {

// Writes into a fixed buffer, integers in their shortest form. When the buffer is full nothing more is
// written but size() goes on counting, so that one dry run over an empty span measures a message.
class Writer {
public:
    Writer() = default;
    explicit Writer(std::span<std::byte> out) : m_out(out) {}

    void unsignedInt(std::uint64_t value) { head(0, value); }
    void negativeInt(std::uint64_t n) { head(1, n); } // the value -1 - n
    void signedInt(std::int64_t value) {
        value < 0 ? negativeInt(~static_cast<std::uint64_t>(value))
                  : unsignedInt(static_cast<std::uint64_t>(value));
    }
    void bytes(Bytes value) { head(2, value.size()), raw(value); }
    void text(std::string_view value) { head(3, value.size()), raw(asBytes(value)); }
    void array(std::uint64_t count) { head(4, count); }
    void map(std::uint64_t pairs) { head(5, pairs); }
    void indefiniteArray() { byte(0x9f); }
    void indefiniteMap() { byte(0xbf); }
    void endIndefinite() { byte(0xff); }
    void tag(std::uint64_t number) { head(6, number); }
    void boolean(bool value) { byte(value ? 0xf5 : 0xf4); }
    void null() { byte(0xf6); }
    // Bytes that are CBOR already, or the inside of a string whose head bytesHead() wrote.
    void raw(Bytes value) {
        if (fits(value.size()) && !value.empty())
            std::memcpy(m_out.data() + m_size, value.data(), value.size());
        m_size += value.size();
    }
    void bytesHead(std::uint64_t length) { head(2, length); }
    // A byte string of `length` for the caller to fill; empty when it does not fit.
    std::span<std::byte> reserveBytes(std::size_t length) {
        head(2, length);
        const std::size_t start = m_size;
        const bool room = fits(length);
        m_size += length;
        return room ? m_out.subspan(start, length) : std::span<std::byte>{};
    }

    bool ok() const { return m_size <= m_out.size(); }
    std::size_t size() const { return m_size; } // bytes needed so far, even beyond the buffer
    Bytes written() const { return ok() ? Bytes(m_out.first(m_size)) : Bytes(); }

private:
    bool fits(std::size_t more) const { return m_size <= m_out.size() && more <= m_out.size() - m_size; }
    void byte(std::uint8_t value) {
        if (fits(1))
            m_out[m_size] = std::byte{value};
        ++m_size;
    }
    void head(std::uint8_t major, std::uint64_t value) {
        const auto top = static_cast<std::uint8_t>(major << 5);
        if (value < 24)
            return byte(static_cast<std::uint8_t>(top | value));
        const int exponent = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
        byte(static_cast<std::uint8_t>(top | (24 + exponent)));
        for (int shift = (8 << exponent) - 8; shift >= 0; shift -= 8)
            byte(static_cast<std::uint8_t>(value >> shift));
    }

    std::span<std::byte> m_out;
    std::size_t m_size = 0;
};

} // namespace nitroscope::cbor
