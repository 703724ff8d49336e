// SPDX-License-Identifier: GPL-2.0-or-later
//
// See elf_libraries.hpp.

#include "app/formats/elf/elf_libraries.hpp"

#include "app/formats/elf/elf_fields.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace nitroscope::formats {

namespace {

constexpr quint64 headerBytes = 64, programHeaderBytes = 56, dynamicBytes = 16;
constexpr quint64 maxProgramHeaders = 256, maxDynamic = 4096, maxStrings = quint64{4} << 20;
constexpr qsizetype maxNeeded = 1000;
constexpr quint64 needed = 1, stringTable = 5, stringBytes = 10; // DT_NEEDED, DT_STRTAB, DT_STRSZ
constexpr quint64 loaded = 1, dynamic = 2;                       // PT_LOAD, PT_DYNAMIC

struct Segment {
    quint64 offset, address, size;
};

} // namespace

QList<QByteArray> neededLibraries(const ReadElf &read) {
    const QByteArray header = read(0, headerBytes);
    const ElfBytes file(header);
    if (!header.startsWith(elf::magic) || !file.is64Bit() || file.isBigEndian())
        return {};
    const quint64 count = std::min(file.load(elf::programCount), maxProgramHeaders);
    const QByteArray table = read(file.load(elf::programTable), count * programHeaderBytes);
    const ElfBytes headers(table, file);
    std::vector<Segment> segments;
    std::optional<Segment> dynamics;
    for (quint64 i = 0; i < count; ++i) {
        const quint64 start = i * programHeaderBytes;
        const Segment segment = {headers.load(elf::programOffset, start),
                                 headers.load(elf::programAddress, start),
                                 headers.load(elf::fileSize, start)};
        const quint64 kind = headers.load(elf::programType, start);
        if (kind == loaded)
            segments.push_back(segment);
        else if (kind == dynamic)
            dynamics = segment;
    }
    if (!dynamics)
        return {};
    const QByteArray list = read(dynamics->offset, std::min(dynamics->size, maxDynamic * dynamicBytes));
    const ElfBytes entries(list, file);
    QList<quint64> names;
    quint64 stringsAt = 0, stringsSize = 0;
    for (quint64 i = 0; entries.has(i, dynamicBytes); i += dynamicBytes) {
        const quint64 tag = entries.load(elf::dynamicTag, i), value = entries.load(elf::dynamicValue, i);
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
