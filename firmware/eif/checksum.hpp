// SPDX-License-Identifier: GPL-2.0-or-later
//
// The CRC32 over an EIF: header bytes 0x000-0x21f (without the CRC field itself, which is skipped, not
// zeroed), then every section's header and data in table order. Gaps and trailing bytes are not covered.
#pragma once

#include "firmware/eif/crc32.hpp"
#include "firmware/eif/format.hpp"
#include "firmware/eif/image.hpp"
#include "firmware/eif/source.hpp"

#include <cstdint>
#include <span>

namespace nitroscope::eif {

// Feeds `crc` with `length` bytes from `offset` on, through `scratch`. False when the source fails.
template <Source S, class Crc>
bool updateFrom(S &source, uint64_t offset, uint64_t length, std::span<std::byte> scratch, Crc &crc) {
    while (length > 0 && !scratch.empty()) {
        const auto piece = scratch.first(length < scratch.size() ? length : scratch.size());
        if (!source.read(offset, piece))
            return false;
        crc.update(piece);
        offset += piece.size();
        length -= piece.size();
    }
    return length == 0;
}

// The value the CRC field should have. Of sections that are cut off only the bytes in the file count; ask
// image.crcComputable() before comparing. `scratch` is any buffer of at least one byte; larger is faster.
template <class Crc = Crc32, Source S>
uint32_t computeCrc(S &source, const Image &image, std::span<std::byte> scratch) {
    Crc crc;
    const uint64_t covered = image.fileSize < crcOffset ? image.fileSize : crcOffset;
    if (!updateFrom(source, 0, covered, scratch, crc))
        return crc.value();
    for (const Section &section : image.used()) {
        if (section.dataOffset == 0)
            continue;
        if (!updateFrom(source, section.headerOffset, sectionHeaderSize + section.availableSize, scratch,
                        crc))
            break;
    }
    return crc.value();
}

// The diagnostic to add when the computed value is not the stored one.
constexpr Diagnostic crcDiagnostic(const Image &image, uint32_t computed) {
    return {.problem = Problem::crcMismatch,
            .severity = severity(Problem::crcMismatch),
            .section = -1,
            .offset = crcOffset,
            .length = crcSize,
            .found = image.header.crc32,
            .expected = computed};
}

} // namespace nitroscope::eif
