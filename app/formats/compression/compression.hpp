// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compressions that ramdisks and kernels come in, told by their first bytes: the one table of their magic
// numbers and names. Linux's own table is in lib/decompress.c; the modern lz4 frame is not in it.

#pragma once

#include <cstddef>
#include <QString>
#include <span>
#include <string_view>

namespace nitroscope::formats {

enum class Compression { none, gzip, xz, zstd, lz4Legacy, lz4Frame, bzip2, lzma, lzo };

struct CompressionKind {
    Compression compression;
    std::string_view magic; // Bytes; longer formats of one family begin with it.
    const char *name;
};

inline constexpr CompressionKind compressionKinds[] = {
    {Compression::gzip, std::string_view("\x1f\x8b", 2), "gzip"},
    {Compression::xz, std::string_view("\xfd\x37zXZ\0", 6), "xz"},
    {Compression::zstd, std::string_view("\x28\xb5\x2f\xfd", 4), "zstd"},
    {Compression::lz4Legacy, std::string_view("\x02\x21\x4c\x18", 4), "lz4 (legacy)"},
    {Compression::lz4Frame, std::string_view("\x04\x22\x4d\x18", 4), "lz4 (frame)"},
    {Compression::bzip2, std::string_view("BZh", 3), "bzip2"},
    {Compression::lzma, std::string_view("\x5d\0\0", 3), "lzma"},
    {Compression::lzo, std::string_view("\x89LZO", 4), "lzo"},
};

// Empty for `none`.
constexpr std::string_view compressionMagic(Compression compression) {
    for (const CompressionKind &kind : compressionKinds)
        if (kind.compression == compression)
            return kind.magic;
    return {};
}

// By the first bytes; 8 are enough. `none` for everything that is not known.
Compression detectCompression(std::span<const std::byte> head);
// "gzip", "lz4 (legacy)" ...; "none".
QString compressionName(Compression compression);

} // namespace nitroscope::formats
