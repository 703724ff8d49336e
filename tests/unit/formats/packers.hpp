// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs bytes by the libraries themselves, for tests in which the packing is not what is tested: they must not depend
// on programs that may be missing.

#pragma once

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <QByteArray>
#include <zlib.h>

namespace nitroscope::test {

// As `gzip -n`.
inline QByteArray gzipped(const QByteArray &bytes) {
    z_stream stream = {};
    constexpr int maxWindow = 15, gzipHeader = 16, defaultMemory = 8;
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, maxWindow + gzipHeader, defaultMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        qFatal("zlib does not start");
    QByteArray packed(static_cast<qsizetype>(deflateBound(&stream, static_cast<uLong>(bytes.size()))), '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef *>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        qFatal("zlib does not pack");
    packed.truncate(static_cast<qsizetype>(stream.total_out));
    deflateEnd(&stream);
    return packed;
}

// With a field behind the header of a gzip member, and the flag that says so.
inline QByteArray withGzipField(QByteArray packed, char flag, const QByteArray &field) {
    constexpr qsizetype flagsAt = 3, headBytes = 10;
    packed[flagsAt] = static_cast<char>(packed[flagsAt] | flag);
    return packed.insert(headBytes, field);
}

// A zstd frame (RFC 8878) that asks for a window of 2^windowLog bytes, its blocks stored as they are.
inline QByteArray zstdStored(const QByteArray &bytes, int windowLog) {
    constexpr qsizetype maxBlock = 128 * 1024;
    QByteArray packed = QByteArray::fromHex("28b52ffd00") + static_cast<char>((windowLog - 10) << 3);
    for (qsizetype at = 0; at < bytes.size(); at += maxBlock) {
        const QByteArray block = bytes.mid(at, maxBlock);
        const auto head = static_cast<quint32>(block.size() << 3 | (at + maxBlock >= bytes.size() ? 1 : 0));
        for (int i = 0; i < 3; ++i)
            packed += static_cast<char>(head >> 8 * i);
        packed += block;
    }
    return packed;
}

// As `xz --check=...`.
inline QByteArray xzPacked(const QByteArray &bytes, lzma_check check) {
    QByteArray packed(static_cast<qsizetype>(lzma_stream_buffer_bound(static_cast<size_t>(bytes.size()))),
                      '\0');
    size_t used = 0;
    constexpr uint32_t level = 1;
    if (lzma_easy_buffer_encode(level, check, nullptr, reinterpret_cast<const uint8_t *>(bytes.data()),
                                static_cast<size_t>(bytes.size()), reinterpret_cast<uint8_t *>(packed.data()),
                                &used, static_cast<size_t>(packed.size())) != LZMA_OK)
        qFatal("liblzma does not pack");
    packed.truncate(static_cast<qsizetype>(used));
    return packed;
}

// As `xz --format=lzma`.
inline QByteArray lzmaPacked(const QByteArray &bytes) {
    lzma_options_lzma options = {};
    lzma_stream stream = LZMA_STREAM_INIT;
    constexpr uint32_t level = 1;
    if (lzma_lzma_preset(&options, level) || lzma_alone_encoder(&stream, &options) != LZMA_OK)
        qFatal("liblzma does not start");
    QByteArray packed(bytes.size() * 2 + 1024, '\0');
    stream.next_in = reinterpret_cast<const uint8_t *>(bytes.data());
    stream.avail_in = static_cast<size_t>(bytes.size());
    stream.next_out = reinterpret_cast<uint8_t *>(packed.data());
    stream.avail_out = static_cast<size_t>(packed.size());
    if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END)
        qFatal("liblzma does not pack");
    packed.truncate(static_cast<qsizetype>(stream.total_out));
    lzma_end(&stream);
    return packed;
}

// As `bzip2`.
inline QByteArray bzip2Packed(const QByteArray &bytes) {
    QByteArray packed(bytes.size() * 2 + 1024, '\0');
    auto size = static_cast<unsigned>(packed.size());
    constexpr int blocks = 1, quiet = 0, usualEffort = 0;
    if (BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char *>(bytes.data()),
                                 static_cast<unsigned>(bytes.size()), blocks, quiet, usualEffort) != BZ_OK)
        qFatal("libbz2 does not pack");
    packed.truncate(static_cast<qsizetype>(size));
    return packed;
}

// As `lz4` without `-l`.
inline QByteArray lz4Framed(const QByteArray &bytes) {
    QByteArray packed(
        static_cast<qsizetype>(LZ4F_compressFrameBound(static_cast<size_t>(bytes.size()), nullptr)), '\0');
    const size_t used = LZ4F_compressFrame(packed.data(), static_cast<size_t>(packed.size()), bytes.data(),
                                           static_cast<size_t>(bytes.size()), nullptr);
    if (LZ4F_isError(used))
        qFatal("liblz4 does not pack");
    packed.truncate(static_cast<qsizetype>(used));
    return packed;
}

} // namespace nitroscope::test
