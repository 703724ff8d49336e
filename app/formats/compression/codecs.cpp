// SPDX-License-Identifier: GPL-2.0-or-later
//
// See codecs.hpp. Each class is a thin shell; only the lz4 legacy frame is read by hand, because the library
// knows just its blocks (lz4 Frame Format Description, "Legacy frame").

#include "app/formats/compression/codecs.hpp"

#include <algorithm>
#include <bzlib.h>
#include <cstring>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace nitroscope::formats {

namespace {

using Problem = Codec::Step::Problem;

// The libraries count in 32 bits.
constexpr size_t maxPieceLength = size_t{1} << 30;

template <class T>
T *mutableBytes(std::span<const std::byte> bytes) {
    return reinterpret_cast<T *>(const_cast<std::byte *>(bytes.data())); // these interfaces predate const
}

class Copy final : public Codec {
    Step step(std::span<const std::byte> in, bool isLast, std::span<std::byte> out) override {
        const size_t count = std::min(in.size(), out.size());
        if (count > 0)
            std::memcpy(out.data(), in.data(), count);
        return {.used = count, .made = count, .isEnded = isLast && count == in.size()};
    }
};

class Bzip2 final : public Codec {
public:
    Bzip2() { m_isOpen = BZ2_bzDecompressInit(&m_stream, 0, 0) == BZ_OK; }
    ~Bzip2() override { BZ2_bzDecompressEnd(&m_stream); }

    Step step(std::span<const std::byte> in, bool, std::span<std::byte> out) override {
        if (!m_isOpen)
            return {.problem = Problem::memory};
        in = in.first(std::min(in.size(), maxPieceLength));
        out = out.first(std::min(out.size(), maxPieceLength));
        m_stream.next_in = mutableBytes<char>(in);
        m_stream.avail_in = static_cast<unsigned>(in.size());
        m_stream.next_out = reinterpret_cast<char *>(out.data());
        m_stream.avail_out = static_cast<unsigned>(out.size());
        const int code = BZ2_bzDecompress(&m_stream);
        Step result{.used = in.size() - m_stream.avail_in, .made = out.size() - m_stream.avail_out};
        result.isEnded = code == BZ_STREAM_END;
        if (code == BZ_MEM_ERROR)
            result.problem = Problem::memory;
        else if (code != BZ_OK && code != BZ_STREAM_END)
            result.problem = Problem::damaged;
        return result;
    }

private:
    bz_stream m_stream{};
    bool m_isOpen;
};

// xz and lzma.
class Lzma final : public Codec {
public:
    Lzma(Compression compression, quint64 memoryBytes) {
        const lzma_ret code = compression == Compression::xz ? lzma_stream_decoder(&m_stream, memoryBytes, 0)
                                                             : lzma_alone_decoder(&m_stream, memoryBytes);
        m_isOpen = code == LZMA_OK;
    }
    ~Lzma() override { lzma_end(&m_stream); }

    Step step(std::span<const std::byte> in, bool isLast, std::span<std::byte> out) override {
        if (!m_isOpen)
            return {.problem = Problem::memory};
        m_stream.next_in = reinterpret_cast<const uint8_t *>(in.data());
        m_stream.avail_in = in.size();
        m_stream.next_out = reinterpret_cast<uint8_t *>(out.data());
        m_stream.avail_out = out.size();
        const lzma_ret code = lzma_code(&m_stream, isLast ? LZMA_FINISH : LZMA_RUN);
        Step result{.used = in.size() - m_stream.avail_in, .made = out.size() - m_stream.avail_out};
        result.isEnded = code == LZMA_STREAM_END;
        if (code == LZMA_MEM_ERROR || code == LZMA_MEMLIMIT_ERROR)
            result.problem = Problem::memory;
        else if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR)
            result.problem = Problem::damaged;
        return result;
    }

    quint64 windowBytes() const override { return m_isOpen ? lzma_memusage(&m_stream) : 0; }

private:
    lzma_stream m_stream = LZMA_STREAM_INIT;
    bool m_isOpen;
};

// The window that a frame asks for (RFC 8878, 3.1.1.1); 0 when its header is not all there.
quint64 zstdWindow(std::span<const std::byte> frame) {
    constexpr size_t descriptorAt = 4;
    const auto byte = [frame](size_t at) {
        return at < frame.size() ? std::to_integer<quint64>(frame[at]) : quint64{0};
    };
    const quint64 descriptor = byte(descriptorAt);
    const bool isSingleSegment = (descriptor & 0x20) != 0;
    if (!isSingleSegment) {
        const quint64 base = quint64{1} << (10 + (byte(descriptorAt + 1) >> 3));
        return frame.size() > descriptorAt + 1 ? base + base / 8 * (byte(descriptorAt + 1) & 7) : 0;
    }
    // All of the content, whose size stands behind the dictionary's number.
    constexpr size_t dictionaryBytes[] = {0, 1, 2, 4}, sizeBytes[] = {1, 2, 4, 8};
    const size_t at = descriptorAt + 1 + dictionaryBytes[descriptor & 3], count = sizeBytes[descriptor >> 6];
    quint64 size = count == 2 ? 256 : 0;
    for (size_t i = 0; i < count; ++i)
        size += byte(at + i) << 8 * i;
    return at + count <= frame.size() ? size : 0;
}

class Zstd final : public Codec {
public:
    explicit Zstd(quint64 memoryBytes) : m_context(ZSTD_createDCtx()) {
        constexpr int minLog = 10, mostLog = 27; // 128 MiB, as much as zstd itself allows by default
        int windowLog = minLog;
        while (windowLog < mostLog && (quint64{2} << windowLog) <= memoryBytes)
            ++windowLog;
        if (m_context)
            ZSTD_DCtx_setParameter(m_context, ZSTD_d_windowLogMax, windowLog);
    }
    ~Zstd() override { ZSTD_freeDCtx(m_context); }

    Step step(std::span<const std::byte> in, bool, std::span<std::byte> out) override {
        if (!m_context)
            return {.problem = Problem::memory};
        if (m_window == 0)
            m_window = zstdWindow(in);
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out.data(), out.size(), 0};
        const size_t code = ZSTD_decompressStream(m_context, &output, &input);
        Step result{.used = input.pos, .made = output.pos, .isEnded = code == 0};
        if (ZSTD_isError(code)) {
            const ZSTD_ErrorCode error = ZSTD_getErrorCode(code);
            const bool isMemory =
                error == ZSTD_error_memory_allocation || error == ZSTD_error_frameParameter_windowTooLarge;
            result.problem = isMemory ? Problem::memory : Problem::damaged;
        }
        return result;
    }

    quint64 windowBytes() const override { return m_window; }

private:
    quint64 m_window = 0;
    ZSTD_DCtx *m_context;
};

class Lz4Frame final : public Codec {
public:
    Lz4Frame() {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&m_context, LZ4F_VERSION)))
            m_context = nullptr;
    }
    ~Lz4Frame() override { LZ4F_freeDecompressionContext(m_context); }

    Step step(std::span<const std::byte> in, bool, std::span<std::byte> out) override {
        if (!m_context)
            return {.problem = Problem::memory};
        size_t used = in.size(), made = out.size();
        const size_t code = LZ4F_decompress(m_context, out.data(), &made, in.data(), &used, nullptr);
        if (LZ4F_isError(code))
            return {.problem = Problem::damaged};
        return {.used = used, .made = made, .isEnded = code == 0};
    }

private:
    LZ4F_dctx *m_context = nullptr;
};

// Magic, then blocks of {u32 little-endian compressed size, data}; a block unpacks to 8 MiB, the last to
// less. There is no end mark: it ends with the input, or where no block can begin.
class Lz4Legacy final : public Codec {
    static constexpr size_t blockBytes = size_t{8} << 20;
    // As a little-endian number, which is how block sizes stand beside it.
    static constexpr quint32 magic = [] {
        quint32 value = 0;
        for (const char byte : compressionMagic(Compression::lz4Legacy))
            value = value >> 8 | quint32{static_cast<unsigned char>(byte)} << 24;
        return value;
    }();

    Step step(std::span<const std::byte> in, bool isLast, std::span<std::byte> out) override {
        Step result;
        while (true) {
            if (m_buffers.serve(out, result))
                return result;
            if (m_wanted == 0) {
                const Word word = nextWord(in, isLast, result.used);
                if (word == Word::size)
                    continue;
                result.isEnded = word == Word::end;
                if (word == Word::damaged)
                    result.problem = Problem::damaged;
                return result;
            }
            if (!m_buffers.collect(in, m_wanted, result))
                return result;
            if (!unpackBlock()) {
                result.problem = Problem::damaged;
                return result;
            }
        }
    }

    enum class Word { size, end, more, damaged };

    // Reads the four bytes before a block; they may come in pieces, and must not be taken when the member
    // ended.
    Word nextWord(std::span<const std::byte> in, bool isLast, size_t &used) {
        const size_t left = in.size() - used;
        if (m_isStarted && m_headCount == 0) {
            // Look before taking: what follows may belong to somebody else.
            if (left < 4)
                return isLast ? Word::end : Word::more;
            const quint32 value = load(in.subspan(used));
            const bool isMagic = value == magic;
            const bool isBlock = value != 0 && value <= LZ4_COMPRESSBOUND(blockBytes) && !m_isLastBlock;
            if (!isMagic && (!isBlock || (isLast && left == 4)))
                return Word::end;
        }
        while (m_headCount < 4 && used < in.size())
            m_head[m_headCount++] = in[used++];
        if (m_headCount < 4)
            return Word::more;
        m_headCount = 0;
        const quint32 value = load(std::span<const std::byte>(m_head, 4));
        if (value == magic) {
            m_isStarted = true;
            m_isLastBlock = false;
            return Word::size;
        }
        if (!m_isStarted || value == 0 || value > LZ4_COMPRESSBOUND(blockBytes))
            return Word::damaged;
        m_wanted = value;
        return Word::size;
    }

    bool unpackBlock() {
        auto &[packed, block, served] = m_buffers;
        block.resize(blockBytes);
        const int size = LZ4_decompress_safe(reinterpret_cast<const char *>(packed.data()),
                                             reinterpret_cast<char *>(block.data()),
                                             static_cast<int>(packed.size()), static_cast<int>(blockBytes));
        packed.clear();
        m_wanted = 0;
        served = 0;
        block.resize(size < 0 ? 0 : static_cast<size_t>(size));
        m_isLastBlock = block.size() < blockBytes;
        return size >= 0;
    }

    static quint32 load(std::span<const std::byte> bytes) {
        quint32 value = 0;
        for (unsigned i = 0; i < 4; ++i)
            value |= std::to_integer<quint32>(bytes[i]) << 8 * i;
        return value;
    }

    BlockBuffers m_buffers;
    size_t m_wanted = 0; // Compressed size of the block being collected, 0 between blocks.
    std::byte m_head[4] = {};
    unsigned m_headCount = 0;
    bool m_isStarted = false;
    bool m_isLastBlock = false;
};

} // namespace

std::unique_ptr<Codec> makeCodec(Compression compression, quint64 memoryBytes) {
    switch (compression) {
    case Compression::none:
        return std::make_unique<Copy>();
    case Compression::gzip:
        return makeGzip();
    case Compression::xz:
    case Compression::lzma:
        return std::make_unique<Lzma>(compression, memoryBytes);
    case Compression::zstd:
        return std::make_unique<Zstd>(memoryBytes);
    case Compression::lz4Legacy:
        return std::make_unique<Lz4Legacy>();
    case Compression::lz4Frame:
        return std::make_unique<Lz4Frame>();
    case Compression::bzip2:
        return std::make_unique<Bzip2>();
    case Compression::lzo:
        return makeLzop(memoryBytes);
    }
    return nullptr;
}

} // namespace nitroscope::formats
