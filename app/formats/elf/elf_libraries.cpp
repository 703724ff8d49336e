// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_libraries.hpp.

#include "app/formats/elf/elf_libraries.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <QtEndian>
#include <vector>

namespace nitroscope::formats {

namespace {

constexpr quint64 headerBytes = 64, programHeaderBytes = 56, dynamicBytes = 16;
constexpr quint64 maxProgramHeaders = 256, maxDynamic = 4096, maxStrings = quint64{4} << 20;
constexpr qsizetype maxNeeded = 1000;
constexpr quint64 needed = 1, stringTable = 5, stringBytes = 10; // DT_NEEDED, DT_STRTAB, DT_STRSZ
constexpr quint32 loaded = 1, dynamic = 2;                       // PT_LOAD, PT_DYNAMIC

// Copied first: g++ 12 takes the empty array that a QByteArray may share for all that is ever read here.
template <class T>
T at(const QByteArray &bytes, quint64 offset) {
    std::array<uchar, sizeof(T)> copy{};
    if (offset + sizeof(T) <= static_cast<quint64>(bytes.size()))
        std::copy_n(bytes.cbegin() + static_cast<qsizetype>(offset), sizeof(T), copy.begin());
    return qFromLittleEndian<T>(copy.data());
}

struct Segment {
    quint64 offset, address, size;
};

} // namespace

QList<QByteArray> neededLibraries(const ReadElf &read) {
    constexpr auto magic = "\x7f"
                           "ELF\2\1";
    const QByteArray header = read(0, headerBytes);
    if (!header.startsWith(magic))
        return {};
    const quint64 count = std::min<quint64>(at<quint16>(header, 56), maxProgramHeaders);
    const QByteArray headers = read(at<quint64>(header, 32), count * programHeaderBytes);
    std::vector<Segment> segments;
    std::optional<Segment> table;
    for (quint64 i = 0; i < count; ++i) {
        const quint64 start = i * programHeaderBytes;
        const Segment segment = {at<quint64>(headers, start + 8), at<quint64>(headers, start + 16),
                                 at<quint64>(headers, start + 32)};
        const auto kind = at<quint32>(headers, start);
        if (kind == loaded)
            segments.push_back(segment);
        else if (kind == dynamic)
            table = segment;
    }
    if (!table)
        return {};
    const QByteArray entries = read(table->offset, std::min(table->size, maxDynamic * dynamicBytes));
    QList<quint64> names;
    quint64 stringsAt = 0, stringsSize = 0;
    for (quint64 i = 0; i + dynamicBytes <= static_cast<quint64>(entries.size()); i += dynamicBytes) {
        const auto tag = at<quint64>(entries, i), value = at<quint64>(entries, i + 8);
        if (tag == 0)
            break;
        if (tag == needed && names.size() < maxNeeded)
            names << value;
        else if (tag == stringTable)
            stringsAt = value;
        else if (tag == stringBytes)
            stringsSize = std::min(value, maxStrings);
    }
    const auto segment = std::ranges::find_if(
        segments, [&](const Segment &s) { return stringsAt >= s.address && stringsAt - s.address < s.size; });
    if (names.isEmpty() || segment == segments.end())
        return {};
    const QByteArray strings = read(segment->offset + (stringsAt - segment->address), stringsSize);
    QList<QByteArray> libraries;
    for (const quint64 name : names)
        if (name < static_cast<quint64>(strings.size()))
            if (const auto start = strings.constData() + name; *start != '\0')
                libraries << QByteArray(start, static_cast<qsizetype>(qstrnlen(
                                                   start, static_cast<size_t>(strings.size()) - name)));
    return libraries;
}

} // namespace nitroscope::formats
