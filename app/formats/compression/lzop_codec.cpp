// SPDX-License-Identifier: GPL-2.0-or-later
//
// LZO as kernels and ramdisks have it: in the container of the program lzop, of which the library knows
// nothing. What lzop 1.04 writes and Linux reads (lib/decompress_unlzo.c); all numbers are big-endian:
//
//   magic 89 4c 5a 4f 00 0d 0a 1a 0a, version u16, library's version u16, version needed u16, method u8,
//   [level u8], flags u32, mode u32, time u32, [time's upper half u32], length of the name u8, name,
//   checksum u32 of what is between magic and here; [...]: only from version 0x0940 on
//   blocks {unpacked size u32, packed size u32, checksums u32 as the flags say, data} until a size of 0
//
// A block whose two sizes are equal is not packed.

#include "app/formats/compression/codecs.hpp"

#include <algorithm>
#include <cstring>
#include <lzo/lzo1x.h>
#include <zlib.h>

namespace nitroscope::formats {

namespace {

using Problem = Codec::Step::Problem;

constexpr char magic[] = {'\x89', 'L', 'Z', 'O', 0, '\r', '\n', 0x1a, '\n'};
static_assert(std::string_view(magic, sizeof magic).starts_with(compressionMagic(Compression::lzo)));
constexpr quint32 firstWithLevel = 0x0940;
constexpr quint32 maxBlock = 64u << 20; // lzop's own limit
constexpr quint32 maxExtra = 1u << 20;

enum Flag : quint32 {
    unpackedAdler = 0x1,
    packedAdler = 0x2,
    extraField = 0x40,
    unpackedCrc = 0x100,
    packedCrc = 0x200,
    filter = 0x800,
    headerCrc = 0x1000,
};

class Lzop final : public Codec {
public:
    explicit Lzop(quint64 memoryBytes) : m_blockLimit(std::min<quint64>(maxBlock, memoryBytes)) {}

    Step step(std::span<const std::byte> in, bool, std::span<std::byte> out) override {
        Step result;
        for (;;) {
            if (m_buffers.serve(out, result))
                return result;
            if (m_stage == Stage::end) {
                result.isEnded = true;
                return result;
            }
            if (!m_buffers.collect(in, m_wanted, result))
                return result;
            result.problem = takePart();
            if (result.problem != Problem::none)
                return result;
            m_buffers.piece.clear();
        }
    }

private:
    enum class Stage { start, flags, times, name, extraSize, extra, size, packedSize, sums, data, end };

    void expect(Stage stage, size_t bytes) {
        m_stage = stage;
        m_wanted = bytes;
    }

    // The stage's bytes are all there.
    Problem takePart() {
        switch (m_stage) {
        case Stage::start:
            return takeStart();
        case Stage::flags:
            m_flags = word(m_buffers.piece.size() - 4);
            keepHeader(m_buffers.piece.size());
            expect(Stage::times, m_hasLevel ? 13 : 9);
            return m_flags & filter ? Problem::damaged : Problem::none; // nobody packs kernels with one
        case Stage::times:
            keepHeader(m_buffers.piece.size());
            expect(Stage::name, std::to_integer<size_t>(m_buffers.piece.back()) + 4);
            return Problem::none;
        case Stage::name:
            return takeName();
        case Stage::extraSize:
            expect(Stage::extra, size_t{word(0)} + 4);
            return word(0) > maxExtra ? Problem::damaged : Problem::none;
        case Stage::extra:
            expect(Stage::size, 4);
            return Problem::none;
        case Stage::size:
            m_unpacked = word(0);
            expect(m_unpacked == 0 ? Stage::end : Stage::packedSize, 4);
            return m_unpacked > m_blockLimit ? Problem::memory : Problem::none;
        case Stage::packedSize:
            return takePackedSize();
        case Stage::sums:
            m_sums = m_buffers.piece;
            expect(Stage::data, m_packed);
            return Problem::none;
        case Stage::data:
            expect(Stage::size, 4);
            return unpackBlock() && sumsAreRight() ? Problem::none : Problem::damaged;
        case Stage::end:
            break;
        }
        return Problem::none;
    }

    Problem takeStart() {
        if (std::memcmp(m_buffers.piece.data(), magic, sizeof magic) != 0)
            return Problem::damaged;
        const unsigned method = std::to_integer<unsigned>(m_buffers.piece[sizeof magic + 6]);
        m_hasLevel = (word(sizeof magic) >> 16) >= firstWithLevel;
        m_buffers.piece.erase(m_buffers.piece.begin(), m_buffers.piece.begin() + sizeof magic);
        keepHeader(m_buffers.piece.size());
        expect(Stage::flags, m_hasLevel ? 5 : 4);
        return method >= 1 && method <= 3 ? Problem::none : Problem::damaged; // the three kinds of LZO1X
    }

    Problem takeName() {
        keepHeader(m_buffers.piece.size() - 4);
        const auto *bytes = reinterpret_cast<const Bytef *>(m_header.data());
        const auto size = static_cast<uInt>(m_header.size());
        const uLong sum = m_flags & headerCrc ? crc32(0, bytes, size) : adler32(1, bytes, size);
        if (m_flags & extraField)
            expect(Stage::extraSize, 4);
        else
            expect(Stage::size, 4);
        return sum == word(m_buffers.piece.size() - 4) ? Problem::none : Problem::damaged;
    }

    Problem takePackedSize() {
        m_packed = word(0);
        const auto has = [this](Flag flag) { return m_flags & flag ? size_t{4} : size_t{0}; };
        size_t sums = has(unpackedAdler) + has(unpackedCrc);
        if (m_packed < m_unpacked)
            sums += has(packedAdler) + has(packedCrc);
        expect(Stage::sums, sums);
        return m_packed != 0 && m_packed <= m_unpacked ? Problem::none : Problem::damaged;
    }

    bool unpackBlock() {
        m_buffers.served = 0;
        m_buffers.block.resize(m_unpacked);
        if (m_packed == m_unpacked) {
            std::copy(m_buffers.piece.begin(), m_buffers.piece.end(), m_buffers.block.begin());
            return true;
        }
        lzo_uint size = m_buffers.block.size();
        const int code = lzo1x_decompress_safe(
            reinterpret_cast<const unsigned char *>(m_buffers.piece.data()), m_buffers.piece.size(),
            reinterpret_cast<unsigned char *>(m_buffers.block.data()), &size, nullptr);
        return code == LZO_E_OK && size == m_buffers.block.size();
    }

    // Those of the unpacked bytes, which cover the others.
    bool sumsAreRight() const {
        const auto *bytes = reinterpret_cast<const Bytef *>(m_buffers.block.data());
        const auto size = static_cast<uInt>(m_buffers.block.size());
        size_t at = 0;
        if (m_flags & unpackedAdler) {
            if (adler32(1, bytes, size) != word(m_sums, at))
                return false;
            at += 4;
        }
        return !(m_flags & unpackedCrc) || crc32(0, bytes, size) == word(m_sums, at);
    }

    void keepHeader(size_t count) {
        m_header.insert(m_header.end(), m_buffers.piece.begin(),
                        m_buffers.piece.begin() + static_cast<std::ptrdiff_t>(count));
    }
    quint32 word(size_t at) const { return word(m_buffers.piece, at); }
    static quint32 word(std::span<const std::byte> bytes, size_t at) {
        quint32 value = 0;
        for (size_t i = 0; i < 4; ++i)
            value = value << 8 | std::to_integer<quint32>(bytes[at + i]);
        return value;
    }

    quint64 m_blockLimit;
    Stage m_stage = Stage::start;
    size_t m_wanted = sizeof magic + 7;
    BlockBuffers m_buffers;          // The piece is that of the stage.
    std::vector<std::byte> m_header; // What its checksum covers.
    std::vector<std::byte> m_sums;
    quint32 m_flags = 0, m_unpacked = 0, m_packed = 0;
    bool m_hasLevel = false;
};

} // namespace

std::unique_ptr<Codec> makeLzop(quint64 memoryBytes) {
    if (lzo_init() != LZO_E_OK)
        return nullptr;
    return std::make_unique<Lzop>(memoryBytes);
}

} // namespace nitroscope::formats
