// SPDX-License-Identifier: GPL-2.0-or-later
//
// gzip (RFC 1952) as Linux reads it (lib/decompress_inflate.c), because it is Linux that unpacks kernels and ramdisks:
//
//   1f 8b, method 8, flags u8, time u32, two bytes more; [name, to its zero byte: flag 3];
//   a deflate stream; CRC-32 u32, size u32
//
// Of the flags it knows the name's only: an extra field, a comment or a checksum of the header it takes for the stream's
// beginning. CRC-32 and size it passes over. The library does otherwise in both, so only its inflate() is used.

#include "app/formats/compression/codecs.hpp"

#include <zlib.h>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

using Problem = Codec::Step::Problem;

constexpr size_t headBytes = 10, flagsAt = 3, trailerBytes = 8;
constexpr quint8 deflateMethod = 8;
constexpr size_t maxPieceLength = size_t{1} << 30; // the library counts in 32 bits

enum Flag : quint8 { headerCrc = 0x02, extraField = 0x04, name = 0x08, comment = 0x10 };

class Gzip final : public Codec {
public:
    Gzip() { m_isOpen = inflateInit2(&m_stream, -MAX_WBITS) == Z_OK; } // a bare stream
    ~Gzip() override { inflateEnd(&m_stream); }

    Step step(std::span<const std::byte> in, bool, std::span<std::byte> out) override {
        Step result;
        if (!m_isOpen)
            result.problem = Problem::memory;
        while (result.problem == Problem::none && m_stage == Stage::head && m_part.size() < headBytes &&
               result.used < in.size())
            m_part.push_back(in[result.used++]);
        if (m_stage == Stage::head && m_part.size() == headBytes && result.problem == Problem::none)
            result.problem = takeHead();
        while (m_stage == Stage::name && result.used < in.size())
            if (in[result.used++] == std::byte{0})
                m_stage = Stage::stream;
        if (m_stage == Stage::stream && result.problem == Problem::none)
            inflatePart(in, out, result);
        while (m_stage == Stage::trailer && m_part.size() < trailerBytes && result.used < in.size())
            m_part.push_back(in[result.used++]);
        if (m_stage == Stage::trailer && m_part.size() == trailerBytes) {
            compareSums();
            result.isEnded = true;
        }
        return result;
    }

    QString remark() const override { return m_remark; }

private:
    enum class Stage { head, name, stream, trailer };

    Problem takeHead() {
        const auto flags = std::to_integer<quint8>(m_part[flagsAt]);
        if (std::to_integer<quint8>(m_part[flagsAt - 1]) != deflateMethod)
            return Problem::damaged;
        if (flags & (headerCrc | extraField | comment))
            m_remark =
                u"Its header has %1, which the kernel takes for packed data; pack with `gzip -n`."_s.arg(
                    flags & extraField ? u"an extra field"_s
                    : flags & comment  ? u"a comment"_s
                                       : u"a checksum of its own"_s);
        m_stage = flags & name ? Stage::name : Stage::stream;
        m_part.clear();
        return Problem::none;
    }

    void inflatePart(std::span<const std::byte> in, std::span<std::byte> out, Step &result) {
        in = in.subspan(result.used);
        in = in.first(std::min(in.size(), maxPieceLength));
        out = out.first(std::min(out.size(), maxPieceLength));
        m_stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(in.data()));
        m_stream.avail_in = static_cast<uInt>(in.size());
        m_stream.next_out = reinterpret_cast<Bytef *>(out.data());
        m_stream.avail_out = static_cast<uInt>(out.size());
        const int code = inflate(&m_stream, Z_NO_FLUSH);
        result.used += in.size() - m_stream.avail_in;
        result.made = out.size() - m_stream.avail_out;
        m_crc = crc32_z(m_crc, reinterpret_cast<const Bytef *>(out.data()), result.made);
        m_size += static_cast<quint32>(result.made);
        if (code == Z_STREAM_END)
            m_stage = Stage::trailer;
        else if (code == Z_MEM_ERROR)
            result.problem = Problem::memory;
        else if (code != Z_OK && code != Z_BUF_ERROR)
            result.problem = Problem::damaged;
    }

    void compareSums() {
        const auto word = [this](size_t at) {
            quint32 value = 0;
            for (size_t i = 4; i-- > 0;)
                value = value << 8 | std::to_integer<quint32>(m_part[at + i]);
            return value;
        };
        if (word(0) != m_crc || word(4) != m_size)
            m_remark =
                u"The gzip data's %1 is wrong, which the kernel does not look at; other programs call it "
                "damaged."_s.arg(word(0) != m_crc ? u"CRC-32"_s : u"size"_s);
    }

    z_stream m_stream{};
    bool m_isOpen;
    Stage m_stage = Stage::head;
    std::vector<std::byte> m_part; // Of head and trailer, as much as there was of it.
    uLong m_crc = 0;
    quint32 m_size = 0; // Modulo 2^32, as in the trailer.
    QString m_remark;
};

} // namespace

std::unique_ptr<Codec> makeGzip() {
    return std::make_unique<Gzip>();
}

} // namespace nitroscope::formats
