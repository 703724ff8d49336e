// SPDX-License-Identifier: GPL-2.0-or-later
//
// Unpacks one compressed member, as found in ramdisks and kernels: gzip (RFC 1952, as Linux reads it), xz, zstd (RFC 8878), lz4
// (the legacy frame that the kernel takes, and the modern one), bzip2, lzma, lzo (in lzop's container). The
// libraries do the work; what is here gives them one face: pulled piece by piece, bounded in output and
// memory, cancellable, and telling exactly how many compressed bytes belonged to the member, because another
// one may follow (Linux, initramfs buffer format).

#pragma once

#include "app/core/result.hpp"
#include "app/formats/compression/compression.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <functional>
#include <memory>
#include <QByteArray>
#include <span>
#include <stop_token>
#include <vector>

namespace nitroscope::formats {

class Codec;

// A stretch of a source that outlives it. Offsets in errors count from the source's start.
struct ByteRegion {
    const launch::ByteSource *source = nullptr;
    quint64 offset = 0;
    quint64 size = 0;

    // Without its first `count` bytes.
    ByteRegion from(quint64 count) const {
        count = count < size ? count : size;
        return {source, offset + count, size - count};
    }
};

// What foreign bytes may cost. `progress` is called with bytes read and bytes to read, after each piece.
struct UnpackLimits {
    static constexpr quint64 defaultOutput = quint64{4} << 30;
    quint64 outputBytes = defaultOutput;      // Of one member.
    quint64 memoryBytes = quint64{256} << 20; // For dictionaries; what Linux itself can use is below.
    std::stop_token stop = {};
    std::function<void(quint64 done, quint64 total)> progress = {};
};

// Error codes: "damaged", "truncated", "limit" (more output or memory than allowed), "cancelled",
// "file-changed", "unsupported" (its library does not start).
class Decompressor {
public:
    // `none` copies the region.
    static app::Result<std::unique_ptr<Decompressor>> open(Compression compression, const ByteRegion &region,
                                                           const UnpackLimits &limits = {});
    Decompressor(std::unique_ptr<Codec> codec, Compression compression, const ByteRegion &region,
                 const UnpackLimits &limits);
    ~Decompressor();

    // Up to out.size() bytes, at least one; 0 at the member's end. After an error it stays in that error.
    app::Result<size_t> read(std::span<std::byte> out);
    // Compressed bytes that belong to the member so far; after the end, the member's size.
    quint64 consumed() const { return m_consumed; }
    quint64 produced() const { return m_produced; }
    // Of the part that was read; see Codec.
    quint64 windowBytes() const;
    QString remark() const;
    // Whether the error "limit" is about the output, not about memory.
    bool isOverOutput() const { return m_produced > m_limits.outputBytes; }

private:
    app::Result<void> refill();
    tl::unexpected<app::Error> fail(const char *code, const QString &message);

    std::unique_ptr<Codec> m_codec;
    Compression m_compression;
    ByteRegion m_region;
    UnpackLimits m_limits;
    std::vector<std::byte> m_buffer;
    std::span<const std::byte> m_input; // Part of m_buffer that the codec has not taken.
    quint64 m_read = 0;                 // Bytes of the region that went into the buffer.
    quint64 m_consumed = 0;
    quint64 m_produced = 0;
    bool m_isEnded = false;
    std::optional<app::Error> m_error;
};

// The whole member in memory. One more error: "memory", when there is not enough of it.
app::Result<QByteArray> readAll(Decompressor &stream);
app::Result<QByteArray> decompressAll(Compression compression, const ByteRegion &region,
                                      const UnpackLimits &limits = {});

} // namespace nitroscope::formats
