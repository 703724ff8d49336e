// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decompression libraries behind one interface; only decompress.cpp uses it.

#pragma once

#include "app/formats/decompress.hpp"

namespace nitroscope::formats {

class Decompressor::Codec {
public:
    struct Step {
        size_t used = 0;
        size_t made = 0;
        bool isEnded = false; ///< The member is complete.
        enum class Problem { none, damaged, memory } problem = Problem::none;
    };

    virtual ~Codec() = default;
    /// Takes from `in`, writes to `out`; both may be used in part. `isLast`: nothing follows `in`.
    virtual Step step(std::span<const std::byte> in, bool isLast, std::span<std::byte> out) = 0;
};

/// nullptr when the library refuses to start (no memory).
std::unique_ptr<Decompressor::Codec> makeCodec(Compression compression, quint64 memoryBytes);
std::unique_ptr<Decompressor::Codec> makeLzop(quint64 memoryBytes); // lzop_codec.cpp

} // namespace nitroscope::formats
