// SPDX-License-Identifier: GPL-2.0-or-later
//
// See decompress.hpp. Reads the source in pieces, never ahead of the region's end.

#include "app/formats/compression/decompress.hpp"

#include "app/formats/compression/codecs.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <new>

namespace nitroscope::formats {

namespace {

constexpr size_t inputBytes = 128 * 1024;

} // namespace

Decompressor::Decompressor(std::unique_ptr<Codec> codec, Compression compression, const ByteRegion &region,
                           const UnpackLimits &limits)
    : m_codec(std::move(codec)), m_compression(compression), m_region(region), m_limits(limits) {}

Decompressor::~Decompressor() = default;

quint64 Decompressor::windowBytes() const {
    return m_codec->windowBytes();
}

QString Decompressor::remark() const {
    return m_codec->remark();
}

app::Result<std::unique_ptr<Decompressor>>
Decompressor::open(Compression compression, const ByteRegion &region, const UnpackLimits &limits) {
    auto codec = makeCodec(compression, limits.memoryBytes);
    if (!codec)
        return app::failure(u"unsupported"_s, u"%1 data cannot be unpacked by this program."_s.arg(
                                                  compressionName(compression)));
    return std::make_unique<Decompressor>(std::move(codec), compression, region, limits);
}

tl::unexpected<app::Error> Decompressor::fail(const char *code, const QString &message) {
    m_error = app::Error{QString::fromLatin1(code), message, m_region.offset + m_consumed, {}};
    return tl::unexpected(*m_error);
}

app::Result<void> Decompressor::refill() {
    if (m_limits.stop.stop_requested())
        return fail("cancelled", u"Unpacking was cancelled."_s);
    // What the codec has left stays in front: the lz4 legacy frame looks ahead.
    std::vector<std::byte> rest(m_input.begin(), m_input.end());
    const auto fresh = static_cast<size_t>(std::min<quint64>(inputBytes, m_region.size - m_read));
    m_buffer.resize(rest.size() + fresh);
    std::copy(rest.begin(), rest.end(), m_buffer.begin());
    if (!m_region.source->read(m_region.offset + m_read, std::span(m_buffer).subspan(rest.size())))
        return fail("file-changed", u"The file could not be read: it was changed or its disk failed."_s);
    m_read += fresh;
    m_input = m_buffer;
    if (m_limits.progress)
        m_limits.progress(m_read, m_region.size);
    return {};
}

app::Result<size_t> Decompressor::read(std::span<std::byte> out) {
    if (m_error)
        return tl::unexpected(*m_error);
    bool needsInput = m_input.empty();
    while (!m_isEnded && !out.empty()) {
        if (needsInput && m_read < m_region.size)
            if (auto done = refill(); !done)
                return tl::unexpected(done.error());
        const bool isLast = m_read == m_region.size;
        const Codec::Step step = m_codec->step(m_input, isLast, out);
        m_input = m_input.subspan(step.used);
        m_consumed += step.used;
        m_produced += step.made;
        m_isEnded = step.isEnded;
        if (step.problem == Codec::Step::Problem::memory)
            return fail("limit", u"The %1 data needs more than %2 of memory to unpack."_s.arg(
                                     compressionName(m_compression), sizeText(m_limits.memoryBytes)));
        if (step.problem == Codec::Step::Problem::damaged)
            return fail("damaged",
                        u"The %1 data is damaged. %2"_s.arg(compressionName(m_compression), m_codec->remark())
                            .trimmed());
        if (m_produced > m_limits.outputBytes)
            return fail("limit",
                        u"The %1 data unpacks to more than the limit of %2; raise the limit if you trust "
                        "the file."_s.arg(compressionName(m_compression), sizeText(m_limits.outputBytes)));
        if (step.made > 0)
            return step.made;
        if (!m_isEnded && step.used == 0 && isLast)
            return fail("truncated",
                        u"The %1 data ends in the middle."_s.arg(compressionName(m_compression)));
        needsInput = m_input.empty() || step.used == 0;
    }
    return size_t{0};
}

app::Result<QByteArray> readAll(Decompressor &stream) {
    constexpr qsizetype minBytes = 256 * 1024;
    QByteArray bytes;
    qsizetype used = 0;
    try {
        while (true) {
            if (bytes.size() - used < minBytes / 2)
                bytes.resize(std::max(minBytes, bytes.size() * 2));
            const auto count = stream.read(std::as_writable_bytes(
                std::span(bytes.data() + used, static_cast<size_t>(bytes.size() - used))));
            if (!count)
                return tl::unexpected(count.error());
            if (*count == 0)
                break;
            used += static_cast<qsizetype>(*count);
        }
    } catch (const std::bad_alloc &) {
        return app::failure(u"memory"_s, u"There is not enough memory to unpack it: %1 were unpacked."_s.arg(
                                             sizeText(stream.produced())));
    }
    bytes.resize(used);
    return bytes;
}

app::Result<QByteArray> decompressAll(Compression compression, const ByteRegion &region,
                                      const UnpackLimits &limits) {
    auto stream = Decompressor::open(compression, region, limits);
    if (!stream)
        return tl::unexpected(stream.error());
    return readAll(**stream);
}

} // namespace nitroscope::formats
