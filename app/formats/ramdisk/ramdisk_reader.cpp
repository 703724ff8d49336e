// SPDX-License-Identifier: GPL-2.0-or-later
//
// See ramdisk_reader.hpp. A header is 110 bytes: six of magic and thirteen numbers of eight hex digits;
// header plus name, and content, are each padded to four bytes. The name includes its zero byte.

#include "app/formats/ramdisk/ramdisk_reader.hpp"

#include "app/formats/ramdisk/cpio_magic.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cstring>

namespace nitroscope::formats {

namespace {

constexpr quint64 headerBytes = 110;
constexpr unsigned magicBytes = cpio::newc.size(), fieldDigits = 8, fieldCount = 13;
constexpr quint32 maxNameLength = 4096; // PATH_MAX; the kernel skips entries with longer names
constexpr char trailerName[] = "TRAILER!!!";

constexpr quint64 paddingOf(quint64 length) {
    return (4 - length % 4) % 4;
}

// -1 when it is no hex digit.
constexpr int hexDigit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

struct FieldValue {
    quint32 value = 0;
    bool isWhole = true; // All of it are hex digits.
};

// The kernel's simple_strtoul(): "0x" may come first, and the first letter that is no digit ends the number.
constexpr FieldValue readField(std::string_view digits) {
    FieldValue read;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        digits.remove_prefix(2);
        read.isWhole = false;
    }
    for (const char c : digits) {
        const int digit = hexDigit(c);
        if (digit < 0)
            return {read.value, false};
        read.value = read.value << 4 | static_cast<quint32>(digit);
    }
    return read;
}

} // namespace

// Unpacked bytes of one member with a buffer to look ahead. Of a plain one, skipped bytes are not read at
// all.
class RamdiskReader::Stream {
    static constexpr size_t bufferBytes = 64 * 1024;

public:
    Stream(const ByteRegion &region, const UnpackLimits &limits, std::unique_ptr<Decompressor> unpacker)
        : m_region(region), m_limits(limits), m_unpacker(std::move(unpacker)), m_buffer(bufferBytes) {}

    // Bytes before the reading position.
    quint64 position() const { return m_position; }
    bool isPlain() const { return !m_unpacker; }
    quint64 packedBytes() const { return m_unpacker ? m_unpacker->consumed() : m_position; }
    const Decompressor *unpacker() const { return m_unpacker.get(); }

    // At least `wanted` bytes (at most bufferBytes) if there are as many; fewer only at the end.
    app::Result<std::span<const std::byte>> peek(size_t wanted) {
        while (m_end - m_begin < wanted && !m_isAtEnd) {
            if (m_begin > 0) {
                std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
                m_end -= m_begin;
                m_begin = 0;
            }
            const auto count = fill(std::span(m_buffer).subspan(m_end));
            if (!count)
                return tl::unexpected(count.error());
            m_isAtEnd = *count == 0;
            m_end += *count;
        }
        return std::span<const std::byte>(m_buffer).subspan(m_begin, m_end - m_begin);
    }

    void take(size_t count) {
        m_begin += count;
        m_position += count;
    }

    // False when the stream ends before.
    app::Result<bool> skip(quint64 count) {
        const quint64 buffered = std::min<quint64>(count, m_end - m_begin);
        take(static_cast<size_t>(buffered));
        count -= buffered;
        if (count > 0 && isPlain()) {
            const quint64 left = m_region.size - m_source;
            const quint64 jump = std::min(count, left);
            m_source += jump;
            m_position += jump;
            return jump == count;
        }
        while (count > 0) {
            const auto bytes = peek(1);
            if (!bytes)
                return tl::unexpected(bytes.error());
            if (bytes->empty())
                return false;
            const quint64 part = std::min<quint64>(count, bytes->size());
            take(static_cast<size_t>(part));
            count -= part;
        }
        return true;
    }

private:
    app::Result<size_t> fill(std::span<std::byte> out) {
        if (m_unpacker)
            return m_unpacker->read(out);
        if (m_limits.stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Reading the ramdisk was cancelled."_s);
        const auto count = static_cast<size_t>(std::min<quint64>(out.size(), m_region.size - m_source));
        if (count > 0 && !m_region.source->read(m_region.offset + m_source, out.first(count)))
            return tl::unexpected(
                app::Error{u"file-changed"_s,
                           u"The file could not be read: it was changed or its disk failed."_s,
                           m_region.offset + m_source,
                           {}});
        m_source += count;
        if (m_limits.progress)
            m_limits.progress(m_source, m_region.size);
        return count;
    }

    ByteRegion m_region;
    UnpackLimits m_limits;
    std::unique_ptr<Decompressor> m_unpacker; // Null for a plain member.
    std::vector<std::byte> m_buffer;
    size_t m_begin = 0, m_end = 0;
    quint64 m_position = 0;
    quint64 m_source = 0; // Bytes of a plain member that were read or jumped over.
    bool m_isAtEnd = false;
};

RamdiskReader::RamdiskReader(const ByteRegion &section, RamdiskLimits limits)
    : m_section(section), m_limits(std::move(limits)) {}

RamdiskReader::~RamdiskReader() = default;

tl::unexpected<app::Error> RamdiskReader::fail(const char *code, const QString &message) const {
    app::Error error{QString::fromLatin1(code), message, m_section.offset + m_position, {}};
    // Inside of a compressed member there is no byte of the file to point at; its start has to do.
    if (m_stream && m_stream->isPlain())
        *error.offset += m_stream->position();
    return tl::unexpected(error);
}

// False at the section's end.
app::Result<bool> RamdiskReader::openMember() {
    std::vector<std::byte> piece(4096);
    while (m_position < m_section.size) { // zero bytes between members
        if (m_limits.unpack.stop.stop_requested())
            return fail("cancelled", u"Reading the ramdisk was cancelled."_s);
        const auto count = static_cast<size_t>(std::min<quint64>(piece.size(), m_section.size - m_position));
        const auto bytes = std::span(piece).first(count);
        if (!m_section.source->read(m_section.offset + m_position, bytes))
            return fail("file-changed", u"The file could not be read: it was changed or its disk failed."_s);
        const auto found = std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
        m_position += static_cast<quint64>(found - bytes.begin());
        if (found != bytes.end())
            break;
        piece.resize(64 * 1024); // a long gap: larger steps
    }
    if (m_position >= m_section.size)
        return false;
    std::byte head[8] = {};
    const auto start = std::span(head).first(std::min<size_t>(8, m_section.size - m_position));
    if (!m_section.source->read(m_section.offset + m_position, start))
        return fail("file-changed", u"The file could not be read: it was changed or its disk failed."_s);
    const Compression compression = detectCompression(start);
    if (compression == Compression::none && head[0] != std::byte{'0'})
        return fail("damaged", u"Neither a cpio archive nor compressed data the kernel knows begins here."_s);
    if (compression == Compression::none && paddingOf(m_position) != 0)
        return fail("damaged",
                    u"A cpio archive begins where the kernel expects none: its offset is not a multiple of "
                    "four. The kernel stops here."_s);

    UnpackLimits limits = m_limits.unpack;
    limits.outputBytes -= std::min(limits.outputBytes, m_unpackedBefore);
    const ByteRegion region = m_section.from(m_position);
    std::unique_ptr<Decompressor> unpacker;
    if (compression != Compression::none) {
        auto opened = Decompressor::open(compression, region, limits);
        if (!opened)
            return tl::unexpected(opened.error());
        unpacker = std::move(*opened);
    }
    m_stream = std::make_unique<Stream>(region, limits, std::move(unpacker));
    m_members.push_back({.compression = compression, .offset = region.offset});
    return true;
}

void RamdiskReader::closeMember() {
    m_members.back().packedBytes = m_stream->packedBytes();
    m_members.back().unpackedBytes = m_stream->position();
    if (const Decompressor *unpacker = m_stream->unpacker()) {
        m_members.back().windowBytes = unpacker->windowBytes();
        m_members.back().remark = unpacker->remark();
    }
    if (!m_stream->isPlain())
        m_unpackedBefore += m_stream->position();
    m_position += m_stream->packedBytes();
    m_stream.reset();
}

// To the next archive or entry of this member; false at its end.
app::Result<bool> RamdiskReader::skipZeros() {
    while (true) {
        const auto bytes = m_stream->peek(1);
        if (!bytes)
            return tl::unexpected(bytes.error());
        if (bytes->empty())
            return false;
        const auto found = std::ranges::find_if(*bytes, [](std::byte b) { return b != std::byte{0}; });
        const bool isAll = found == bytes->end();
        const bool isArchive = !isAll && *found == std::byte{'0'};
        m_stream->take(static_cast<size_t>(found - bytes->begin()));
        // The kernel counts from the start of the ramdisk, or of what a compressed member unpacks to.
        const quint64 offset = m_stream->position() + (m_stream->isPlain() ? m_position : 0);
        if (!isAll && paddingOf(offset) != 0)
            return fail("damaged",
                        u"The padding is broken: the next entry begins at an offset that is not a multiple "
                        "of four. The kernel stops here."_s);
        if (isArchive)
            return true;
        if (!isAll && m_stream->isPlain())
            return false; // perhaps a compressed member; openMember() decides
        if (!isAll)
            return fail("damaged",
                        u"No cpio header where the next entry should begin; the kernel stops here."_s);
    }
}

app::Result<void> RamdiskReader::readHeader() {
    const quint64 at = m_stream->position();
    const auto bytes = m_stream->peek(headerBytes + maxNameLength);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const char *text = reinterpret_cast<const char *>(bytes->data());
    if (bytes->size() < headerBytes)
        return fail("truncated", u"The archive ends inside of an entry's header."_s);
    const QByteArray magic(text, magicBytes);
    if (magic == cpio::oldPortable)
        return fail(
            "damaged",
            u"This archive has the old portable format; the kernel only takes newc (cpio -H newc)."_s);
    if (magic != cpio::newc && magic != cpio::newcWithChecksums)
        return fail("damaged", u"No cpio header where the next entry should begin; the kernel stops here."_s);
    quint32 field[fieldCount];
    bool isWhole = true;
    for (unsigned i = 0; i < fieldCount; ++i) {
        const FieldValue read = readField({text + magicBytes + i * fieldDigits, fieldDigits});
        field[i] = read.value;
        isWhole = isWhole && read.isWhole;
    }
    const quint32 nameBytes = field[11];
    m_isPassedOver = nameBytes == 0 || nameBytes > maxNameLength;
    if (!m_isPassedOver && bytes->size() < headerBytes + nameBytes)
        return fail("truncated", u"The archive ends inside of an entry's name."_s);
    if (!m_isPassedOver && text[headerBytes + nameBytes - 1] != '\0')
        return fail("damaged",
                    u"An entry's name does not end with a zero byte: the kernel says 'malformed archive' "
                    "and unpacks nothing of what follows."_s);
    const auto note = [this](const QString &message) {
        if (!m_oddEntry)
            m_oddEntry = fail("odd", message).value();
    };
    if (m_isPassedOver)
        note(u"An entry's name has %1 bytes; the kernel takes 1 to %2 and leaves this entry out."_s
                 .arg(nameBytes)
                 .arg(maxNameLength));
    if (!isWhole)
        note(
            u"A number in an entry's header is not eight hex digits: the kernel reads it up to the first other "
            "letter, other programs refuse the archive."_s);
    m_entry = {.path = {},
               .inode = field[0],
               .mode = field[1],
               .owner = field[2],
               .group = field[3],
               .links = field[4],
               .modified = field[5],
               .size = field[6],
               .deviceMajor = field[7],
               .deviceMinor = field[8],
               .specialMajor = field[9],
               .specialMinor = field[10],
               .checksum = field[12],
               .member = static_cast<quint32>(m_members.size() - 1),
               .archive = m_archive,
               .headerOffset = at};
    if (!m_isPassedOver)
        m_entry.path =
            QByteArray(text + headerBytes, static_cast<qsizetype>(strnlen(text + headerBytes, nameBytes)));
    const quint64 nameEnd = headerBytes + nameBytes;
    // At the very end, padding may be missing.
    if (const auto skipped = m_stream->skip(nameEnd + paddingOf(nameEnd)); !skipped)
        return tl::unexpected(skipped.error());
    m_entry.dataOffset = m_stream->position();
    m_dataLeft = m_entry.size;
    m_paddingLeft = paddingOf(m_entry.size);
    m_hasChecksum = !m_isPassedOver && magic == cpio::newcWithChecksums;
    m_sum = 0;
    return {};
}

// What is left of the entry before, and its checksum, for which all of it must be read.
app::Result<void> RamdiskReader::endContent() {
    std::vector<std::byte> piece(m_hasChecksum && m_dataLeft > 0 ? 64 * 1024 : 0);
    while (m_hasChecksum && m_dataLeft > 0)
        if (const auto count = read(piece); !count)
            return tl::unexpected(count.error());
    const auto skipped = m_stream->skip(m_dataLeft);
    if (!skipped)
        return tl::unexpected(skipped.error());
    if (!*skipped)
        return fail("truncated",
                    u"The archive ends inside of the content of '%1'."_s.arg(printableText(m_entry.path)));
    m_dataLeft = 0;
    if (std::exchange(m_hasChecksum, false) && m_entry.isRegular() && m_sum != m_entry.checksum)
        return fail("damaged",
                    u"The checksum of '%1' is wrong: the kernel says 'bad data checksum' and unpacks nothing "
                    "of what follows."_s.arg(printableText(m_entry.path)));
    return {};
}

app::Result<bool> RamdiskReader::next() {
    while (true) {
        if (!m_stream) {
            const auto opened = openMember();
            if (!opened)
                return tl::unexpected(opened.error());
            if (!*opened)
                return false;
        }
        if (auto ended = endContent(); !ended)
            return tl::unexpected(ended.error());
        if (const auto padding = m_stream->skip(std::exchange(m_paddingLeft, 0)); !padding)
            return tl::unexpected(padding.error());
        const auto more = skipZeros();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more) {
            closeMember();
            continue;
        }
        if (auto header = readHeader(); !header)
            return tl::unexpected(header.error());
        if (m_entry.path == trailerName) {
            ++m_archive;
            continue;
        }
        if (++m_entries > m_limits.entries)
            return fail("limit",
                        u"The ramdisk has more than %1 entries; raise the limit if you trust the file."_s.arg(
                            m_limits.entries));
        if (m_isPassedOver)
            continue;
        ++m_members.back().entries;
        m_members.back().packedBytes = m_stream->packedBytes();
        m_members.back().unpackedBytes = m_stream->position();
        return true;
    }
}

app::Result<size_t> RamdiskReader::read(std::span<std::byte> out) {
    if (!m_stream || m_dataLeft == 0 || out.empty())
        return size_t{0};
    const auto bytes = m_stream->peek(1);
    if (!bytes)
        return tl::unexpected(bytes.error());
    const auto count = static_cast<size_t>(std::min<quint64>({m_dataLeft, out.size(), bytes->size()}));
    if (count == 0)
        return fail("truncated",
                    u"The archive ends inside of the content of '%1'."_s.arg(printableText(m_entry.path)));
    std::memcpy(out.data(), bytes->data(), count);
    if (m_hasChecksum)
        for (const std::byte byte : out.first(count))
            m_sum += static_cast<quint32>(byte);
    m_stream->take(count);
    m_dataLeft -= count;
    return count;
}

} // namespace nitroscope::formats
