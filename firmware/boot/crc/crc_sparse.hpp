// SPDX-License-Identifier: GPL-2.0-or-later
//
// CRC32 without tables and without carry-less multiplication, for CPUs (and emulators) where a table look-up
// per byte is slow. The CRC polynomial divides the sparse polynomial x^24048 + x^22928 + x^17720 + 1, whose
// exponents are multiples of eight. So a byte may be replaced, without changing the remainder, by the same
// byte added 140, 791 and 3006 places further on: division becomes
//     w[p] = in[p] + w[p - 140] + w[p - 791] + w[p - 3006]
// on whole 8-byte words. The last 3006 w are a message with the same CRC, for the table code to finish.
// The exponents were found by search (smallest four-term multiple with byte exponents); a static_assert and
// the unit tests confirm them.
#pragma once

#include "firmware/boot/crc/crc_power.hpp"
#include "firmware/eif/crc32.hpp"

#include <cstddef>
#include <cstdint>

namespace nitroscope::boot {

static_assert((powerOfX(24048) ^ powerOfX(22928) ^ powerOfX(17720) ^ powerOfX(0)) == 0);

class SparseCrc {
public:
    // Continues a running state (not inverted) over `size` bytes. The object is only working memory.
    uint32_t update(uint32_t state, const std::byte *data, size_t size) {
        if (size < 4 * window)
            return eif::detail::crcBytes(state, data, size);
        __builtin_memset(m_words, 0, window);
        size_t block = 0;
        for (uint32_t carried = state; size > 0; data += block, size -= block, carried = 0) {
            if (block != 0)
                __builtin_memmove(m_words, m_words + block, window);
            block = size < blockSize ? size : blockSize;
            divide(data, block, carried);
        }
        return finish(block);
    }

private:
    static constexpr size_t near = 140, middle = 791, window = 3006; // byte distances
    static constexpr size_t blockSize = 16384;

    static uint64_t load(const std::byte *from) {
        uint64_t word;
        __builtin_memcpy(&word, from, sizeof word);
        return word;
    }

    // m_words[0, window) are the words before the block; those of the block go behind them.
    void divide(const std::byte *data, size_t block, uint32_t state) {
        std::byte *word = m_words + window;
        uint64_t first = state;
        size_t at = 0;
#pragma GCC unroll 8
        for (; at + 8 <= block; at += 8, word += 8) {
            const uint64_t sum =
                load(data + at) ^ load(word - near) ^ load(word - middle) ^ load(word - window) ^ first;
            __builtin_memcpy(word, &sum, sizeof sum);
            first = 0;
        }
        for (; at < block; ++at, ++word)
            *word = data[at] ^ word[-ptrdiff_t{near}] ^ word[-ptrdiff_t{middle}] ^ word[-ptrdiff_t{window}];
    }

    // All words are divided as if the message went on; the last `window` places must only receive what comes
    // from before them, so what they gave to each other is taken back, last first.
    uint32_t finish(size_t block) {
        std::byte *tail = m_words + block; // window bytes
        for (size_t i = window; i-- > near;) {
            tail[i] ^= tail[i - near];
            if (i >= middle)
                tail[i] ^= tail[i - middle];
        }
        return eif::detail::crcBytes(0, tail, window);
    }

    std::byte m_words[window + blockSize];
};

} // namespace nitroscope::boot
