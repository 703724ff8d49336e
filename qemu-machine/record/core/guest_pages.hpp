// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pages of a piece of the guest's memory, without touching what nobody has touched: where the memory is a mapping of
// a file, reading a hole would make it real.
#pragma once

#include "qemu-machine/record/core/page_hash.hpp"
#include "qemu-machine/record/core/record.h"

#include <algorithm>
#include <span>
#include <unistd.h>
#include <vector>

namespace nitroscope::record {

constexpr std::uint64_t zeroPage = 0; // the hash of a page of zeros

// Calls `each(number, data, size, isHole)` for every page in order; the last one may be shorter.
template <class Each>
void eachPage(const NitroStoreBlock &block, Each &&each) {
    std::uint64_t dataEnd = block.fd < 0 ? block.size : 0; // up to here there are no holes
    std::uint64_t holeEnd = 0;                             // up to here there is one
    for (std::uint64_t at = 0; at < block.size; at += pageBytes) {
        if (at >= dataEnd && at >= holeEnd) {
            const auto file = [&](std::uint64_t offset, int whence) -> std::uint64_t {
                const off_t found = lseek(block.fd, static_cast<off_t>(block.fd_offset + offset), whence);
                return found < 0 ? block.size : static_cast<std::uint64_t>(found) - block.fd_offset;
            };
            holeEnd = std::min(file(at, SEEK_DATA), block.size);
            dataEnd = holeEnd < block.size ? std::min(file(holeEnd, SEEK_HOLE), block.size) : 0;
        }
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(pageBytes, block.size - at));
        each(static_cast<std::size_t>(at / pageBytes), block.data + at, size, at < holeEnd);
    }
}

inline bool isZero(const std::uint8_t *data, std::size_t size) {
    return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
}

// Of all pages of all blocks, one block behind the other.
inline std::vector<std::uint64_t> hashesOf(std::span<const NitroStoreBlock> blocks, std::uint64_t key) {
    std::vector<std::uint64_t> hashes;
    for (const NitroStoreBlock &block : blocks)
        eachPage(block, [&](std::size_t, const std::uint8_t *data, std::size_t size, bool hole) {
            const bool zero = hole || isZero(data, size);
            hashes.push_back(zero ? zeroPage : std::max<std::uint64_t>(hashOf(data, size, key), 1));
        });
    return hashes;
}

} // namespace nitroscope::record
