// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decompression libraries behind one interface; only decompress.cpp uses it.

#pragma once

#include "app/formats/compression/compression.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace nitroscope::formats {

class Codec {
public:
    struct Step {
        size_t used = 0;
        size_t made = 0;
        bool isEnded = false; // The member is complete.
        enum class Problem { none, damaged, memory } problem = Problem::none;
    };

    virtual ~Codec() = default;
    // Takes from `in`, writes to `out`; both may be used in part. `isLast`: nothing follows `in`.
    virtual Step step(std::span<const std::byte> in, bool isLast, std::span<std::byte> out) = 0;
    // What the kernel sets aside to unpack this data, when that is much: the data says how far back it refers.
    virtual quint64 windowBytes() const { return 0; }
    // A sentence about what the kernel and other programs take otherwise; empty when there is nothing to say.
    virtual QString remark() const { return {}; }
};

// For containers that pack block by block: pieces of known length are collected until they are whole, and an
// unpacked block is handed out in parts.
struct BlockBuffers {
    using Step = Codec::Step;

    std::vector<std::byte> piece, block;
    size_t served = 0; // Bytes of the block that have been handed out.

    // False when there is nothing left of the block.
    bool serve(std::span<std::byte> out, Step &step) {
        if (served == block.size())
            return false;
        const size_t count = std::min(out.size(), block.size() - served);
        std::memcpy(out.data(), block.data() + served, count);
        served += count;
        step.made += count;
        return true;
    }
    // False when `in` has too little to make the piece `wanted` bytes long.
    bool collect(std::span<const std::byte> in, size_t wanted, Step &step) {
        const size_t count = std::min(wanted - piece.size(), in.size() - step.used);
        const auto part = in.subspan(step.used, count);
        piece.insert(piece.end(), part.begin(), part.end());
        step.used += count;
        return piece.size() == wanted;
    }
};

// nullptr when the library refuses to start (no memory).
std::unique_ptr<Codec> makeCodec(Compression compression, quint64 memoryBytes);
std::unique_ptr<Codec> makeGzip();                    // gzip_codec.cpp
std::unique_ptr<Codec> makeLzop(quint64 memoryBytes); // lzop_codec.cpp

} // namespace nitroscope::formats
