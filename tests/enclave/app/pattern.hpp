// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes that both ends of a transfer know without having told each other: a xorshift64 sequence, 8 bytes
// of it at a time, little-endian. A byte that is lost, doubled, moved or changed is noticed where it happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nitroscope::demo {

class Pattern {
public:
    explicit Pattern(uint64_t seed) : m_state(seed * 2 + 1) {}

    void fill(unsigned char *out, size_t size) {
        for (; size > 0 && m_used < 8; --size)
            *out++ = next();
        for (; size >= 8; out += 8, size -= 8) {
            step();
            std::memcpy(out, &m_state, 8);
        }
        for (; size > 0; --size)
            *out++ = next();
    }

    // Whether these are the next bytes.
    bool check(const unsigned char *bytes, size_t size) {
        for (; size > 0 && m_used < 8; --size)
            if (*bytes++ != next())
                return false;
        for (; size >= 8; bytes += 8, size -= 8) {
            step();
            if (std::memcmp(bytes, &m_state, 8) != 0)
                return false;
        }
        for (; size > 0; --size)
            if (*bytes++ != next())
                return false;
        return true;
    }

private:
    void step() {
        m_state ^= m_state << 13;
        m_state ^= m_state >> 7;
        m_state ^= m_state << 17;
    }
    unsigned char next() {
        if (m_used == 8) {
            step();
            m_used = 0;
        }
        return static_cast<unsigned char>(m_state >> (8 * m_used++));
    }

    uint64_t m_state;
    unsigned m_used = 8; // bytes of m_state that were given out
};

} // namespace nitroscope::demo
