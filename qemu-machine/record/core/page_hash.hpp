// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hash of a page as fast as memory can be read: tells pages apart by 64 bits. Not for signatures; but with a key
// that a guest does not know, it cannot make two pages that are taken for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nitroscope::record {

constexpr std::size_t pageBytes = 4096;

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Any number of bytes; four lanes, so that the multiplications overlap.
inline std::uint64_t hashOf(const void *data, std::size_t size, std::uint64_t key) {
    constexpr std::uint64_t odd[] = {0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, 0xa0761d6478bd642f,
                                     0xe7037ed1a0b428db};
    const auto *at = static_cast<const unsigned char *>(data);
    std::uint64_t lanes[4] = {key ^ odd[0], key ^ odd[1], key ^ odd[2], key ^ odd[3]};
    std::size_t left = size;
    std::uint64_t words[8];
    for (; left >= sizeof words; left -= sizeof words, at += sizeof words) {
        std::memcpy(words, at, sizeof words);
        for (int lane = 0; lane < 4; ++lane)
            lanes[lane] = mix(words[2 * lane] ^ lanes[lane], words[2 * lane + 1] ^ odd[lane]) + lanes[lane];
    }
    if (left > 0) {
        std::memset(words, 0, sizeof words);
        std::memcpy(words, at, left);
        for (int lane = 0; lane < 4; ++lane)
            lanes[lane] = mix(words[2 * lane] ^ lanes[lane], words[2 * lane + 1] ^ odd[lane]) + lanes[lane];
    }
    return mix(mix(lanes[0] ^ size, lanes[1] ^ odd[0]) ^ odd[2],
               mix(lanes[2] ^ key, lanes[3] ^ odd[1]) ^ odd[3]);
}

} // namespace nitroscope::record
