// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC-32/ISO-HDLC (IEEE 802.3, zlib's crc32): reflected polynomial 0xedb88320, start and final value all
// ones. An EIF's CRC is this one. Portable form, eight bytes per step ("slicing by 8"); the tables are made
// by the compiler. The firmware has a faster one for CPUs with a carry-less multiply in
// firmware/boot/crc/crc_fold.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

inline constexpr uint32_t crcPolynomial = 0xedb88320; // reflected

namespace detail {

using CrcTables = std::array<std::array<uint32_t, 256>, 8>;

// tables[0] advances the CRC by one byte; tables[n] by that byte and n zero bytes after it.
constexpr CrcTables makeCrcTables() {
    CrcTables tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? crcPolynomial : 0);
        tables[0][byte] = crc;
    }
    for (unsigned n = 1; n < 8; ++n)
        for (unsigned byte = 0; byte < 256; ++byte)
            tables[n][byte] = tables[n - 1][byte] >> 8 ^ tables[0][tables[n - 1][byte] & 0xff];
    return tables;
}

inline constexpr CrcTables crcTables = makeCrcTables();

// Lets callers continue a running state (not yet inverted) over `size` bytes.
constexpr uint32_t crcBytes(uint32_t state, const std::byte *data, size_t size) {
    const auto at = [&](size_t i) { return std::to_integer<uint32_t>(data[i]); };
    for (; size >= 8; data += 8, size -= 8) {
        const uint32_t low = state ^ (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
        state = crcTables[7][low & 0xff] ^ crcTables[6][low >> 8 & 0xff] ^ crcTables[5][low >> 16 & 0xff] ^
                crcTables[4][low >> 24] ^ crcTables[3][at(4)] ^ crcTables[2][at(5)] ^ crcTables[1][at(6)] ^
                crcTables[0][at(7)];
    }
    for (; size > 0; ++data, --size)
        state = state >> 8 ^ crcTables[0][(state ^ at(0)) & 0xff];
    return state;
}

} // namespace detail

class Crc32 {
public:
    constexpr void update(std::span<const std::byte> bytes) {
        m_state = detail::crcBytes(m_state, bytes.data(), bytes.size());
    }
    constexpr uint32_t value() const { return ~m_state; }

private:
    uint32_t m_state = 0xffffffff;
};

} // namespace nitroscope::eif
