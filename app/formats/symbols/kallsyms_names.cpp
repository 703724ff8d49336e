// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/kallsyms_names.hpp"

#include <algorithm>
#include <cstring>
#include <QtEndian>

namespace nitroscope::symbols {
namespace {

constexpr quint32 symbolsPerMarker = 256;
constexpr quint32 maxSymbols = 4'000'000;
constexpr quint64 widestTokenTable = 16 * 1024;
constexpr quint64 indexBytes = 512;
// A marker's distance to the next: 256 names of 1 to 1024 tokens and their lengths.
constexpr quint64 minDelta = 2 * symbolsPerMarker, mostDelta = 0x40000;
// Halves of 64-bit markers look like two 32-bit ones; no kernel has as few symbols as three stand for.
constexpr quint32 minMarkers = 3;
// The sequence of names by name (3 bytes each) may stand between markers and tokens.
constexpr quint64 farthestMarkers = 3 * quint64(maxSymbols);

quint64 valueAt(QByteArrayView bytes, quint64 offset, int width) {
    const char *at = bytes.data() + offset;
    return width == 8 ? qFromLittleEndian<quint64>(at) : qFromLittleEndian<quint32>(at);
}

// Texts one after the other from `table`; `index` must name the start of each of them.
bool describes(QByteArrayView bytes, quint64 table, quint64 index) {
    quint64 at = table;
    for (int i = 0; i < 256; ++i) {
        if (valueAt(bytes, index + 2 * quint64(i), 4) % 65536 != at - table)
            return false;
        const void *zero = std::memchr(bytes.data() + at, 0, index - at);
        if (!zero)
            return false;
        at = quint64(static_cast<const char *>(zero) - bytes.data()) + 1;
    }
    return index - at < 64; // only padding may follow
}

// As many ascending markers as stand at `start`; 0 when these are none.
quint32 markersAt(QByteArrayView bytes, quint64 start, quint64 end, int width) {
    if (valueAt(bytes, start, width) != 0)
        return 0;
    quint64 last = 0;
    quint32 count = 1;
    for (quint64 at = start + quint64(width); at + quint64(width) <= end; at += quint64(width), ++count) {
        const quint64 value = valueAt(bytes, at, width);
        if (value < last + minDelta || value > last + mostDelta)
            break;
        last = value;
    }
    return count;
}

// Walks `count` names from `start`; true when every 256th begins where its marker says. `end` receives the
// place after the last.
bool agrees(QByteArrayView bytes, quint64 start, quint32 count, const NamesTable &table, SearchBudget &budget,
            quint64 *end) {
    quint64 at = start;
    for (quint32 i = 0; i < count; ++i) {
        if (budget.names == 0)
            return false;
        --budget.names;
        if (i % symbolsPerMarker == 0 &&
            at - start != valueAt(bytes,
                                  table.markers + quint64(i / symbolsPerMarker) * quint64(table.markerBytes),
                                  table.markerBytes))
            return false;
        const auto entry = nameAt(bytes, at);
        if (!entry || entry->end > table.markers)
            return false;
        at = entry->end;
    }
    *end = at;
    return true;
}

// The count stands before the names, 4 or 8 bytes wide, in a place of 4 or 8 bytes.
bool findCount(QByteArrayView bytes, quint64 names, quint32 markers, NamesTable &table,
               SearchBudget &budget) {
    for (const quint64 back : {8, 4}) {
        if (names < back)
            continue;
        const auto count = qFromLittleEndian<quint32>(bytes.data() + names - back);
        if (count == 0 || count > maxSymbols || (count + symbolsPerMarker - 1) / symbolsPerMarker > markers)
            continue;
        // What looked like further markers may have been the next table.
        quint64 end = 0;
        if (!agrees(bytes, names, count, table, budget, &end) || table.markers - end >= 16)
            continue;
        table.names = names;
        table.countAt = names - back;
        table.count = count;
        return true;
    }
    return false;
}

std::optional<NamesTable> namesBefore(QByteArrayView bytes, quint64 markersStart, quint32 markers, int width,
                                      SearchBudget &budget) {
    NamesTable table;
    table.markers = markersStart;
    table.markerBytes = width;
    // Names behind the last marker are at least one and at most 256. A run of markers that goes on too far is
    // cut from its end, one by one.
    for (quint32 used = markers; used >= 2 && used + 2 > markers; --used) {
        const quint64 last = valueAt(bytes, markersStart + quint64(used - 1) * quint64(width), width);
        const quint64 first = valueAt(bytes, markersStart + quint64(width), width);
        if (last + 2 > markersStart)
            continue;
        const quint64 highest = (markersStart - last - 2) & ~quint64(3);
        for (quint64 names = highest; names >= 8 && highest - names <= mostDelta; names -= 4) {
            quint64 end = 0;
            // One stretch first: it turns down nearly every wrong place.
            if (names + first < markersStart && agrees(bytes, names, symbolsPerMarker, table, budget, &end) &&
                end == names + first && findCount(bytes, names, used, table, budget))
                return table;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<NameEntry> nameAt(QByteArrayView bytes, quint64 offset) {
    const quint64 size = quint64(bytes.size());
    if (offset >= size)
        return std::nullopt;
    quint64 length = static_cast<unsigned char>(bytes[qsizetype(offset)]);
    quint64 start = offset + 1;
    if (length & 0x80) {
        if (start >= size)
            return std::nullopt;
        length = (length & 0x7f) | quint64(static_cast<unsigned char>(bytes[qsizetype(start)])) << 7;
        ++start;
    }
    if (length == 0 || length > size - start)
        return std::nullopt;
    return NameEntry{start, start + length};
}

std::optional<TokenTable> findTokens(QByteArrayView bytes, quint64 from) {
    // Digits occur in names, so their tokens are themselves.
    static constexpr std::array<char, 20> digits{'0', 0, '1', 0, '2', 0, '3', 0, '4', 0,
                                                 '5', 0, '6', 0, '7', 0, '8', 0, '9', 0};
    const quint64 size = quint64(bytes.size());
    while (from < size) {
        const void *found = memmem(bytes.data() + from, size - from, digits.data(), digits.size());
        if (!found)
            return std::nullopt;
        const quint64 at = quint64(static_cast<const char *>(found) - bytes.data());
        from = at + 1;
        // 208 texts from the digit zero to the end; then, after padding, the index.
        quint64 end = at;
        int texts = 0x30;
        for (; texts < 256 && end < size; ++texts) {
            const void *zero = std::memchr(bytes.data() + end, 0, std::min(size - end, widestTokenTable));
            if (!zero)
                break;
            end = quint64(static_cast<const char *>(zero) - bytes.data()) + 1;
        }
        if (texts < 256 || end - at > widestTokenTable)
            continue;
        // Two more bytes are read than the last entry has.
        for (quint64 index = (end + 1) & ~quint64(1); index < end + 64 && index + indexBytes + 2 <= size;
             index += 2) {
            const quint64 zeroDigit = valueAt(bytes, index + 2 * 0x30, 4) % 65536;
            if (zeroDigit <= at && describes(bytes, at - zeroDigit, index))
                return TokenTable{at - zeroDigit, index, at};
        }
    }
    return std::nullopt;
}

std::array<QByteArrayView, 256> tokensOf(QByteArrayView bytes, const TokenTable &tokens) {
    std::array<QByteArrayView, 256> texts;
    for (size_t i = 0; i < texts.size(); ++i) {
        const char *text = bytes.data() + tokens.table + valueAt(bytes, tokens.index + 2 * i, 4) % 65536;
        texts[i] = QByteArrayView(text, qsizetype(std::strlen(text)));
    }
    return texts;
}

std::optional<NamesTable> findNames(QByteArrayView bytes, const TokenTable &tokens, SearchBudget &budget) {
    constexpr quint64 alignment = 4;
    const quint64 end = tokens.table & ~(alignment - 1);
    const quint64 lowest = end > farthestMarkers ? end - farthestMarkers : 0;
    for (quint64 at = end; at >= lowest + 8 && at >= 8 && budget.names > 0;) {
        at -= alignment;
        for (const int width : {4, 8}) {
            if (at + 2 * quint64(width) > end || (width == 8 && at % 8 != 0))
                continue;
            const quint32 markers = markersAt(bytes, at, end, width);
            if (markers < minMarkers)
                continue;
            if (const auto found = namesBefore(bytes, at, markers, width, budget))
                return found;
        }
    }
    return std::nullopt;
}

} // namespace nitroscope::symbols
