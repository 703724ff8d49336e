// SPDX-License-Identifier: GPL-2.0-or-later
//
// What measuring reads, in which order, and for which of its results.

#pragma once

#include "firmware/eif/image.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <vector>

namespace nitroscope::launch {

// Bytes of the image and who wants them.
struct Piece {
    const ByteSource *source;
    uint64_t offset;
    uint64_t size;
    bool isForPcr0 = false, isForPcr2 = false, isForChecksum = false;
};
using Pieces = std::vector<Piece>;

struct Plan {
    bool hashes = false, checks = false; // What can be computed of this file.
    bool pairs = false;                  // PCR 2 is hashed in step with PCR 0.
    Pieces pcr1, pcr2;                   // For passes of their own.
    Pieces whole;                        // PCR 0 and the checksum: every byte that counts, in file order.
    size_t pcr1Pieces = 0;               // PCR 1 is what PCR 0 has hashed after so many pieces of `whole`,
    bool pcr1IsPrefix = true;            // unless something came in between.

    // To be read, over all passes.
    uint64_t totalBytes() const;
};

// `append` goes behind the command line and may be empty; `extraRamdisk` comes last and may be null;
// `processors` as in MeasureExtras. The plan refers to the sources.
Plan makePlan(const ByteSource &source, const eif::Image &image, const ByteSource &append,
              const ByteSource *extraRamdisk, unsigned processors);

} // namespace nitroscope::launch
