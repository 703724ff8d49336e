// SPDX-License-Identifier: GPL-2.0-or-later
//
// See surroundings.hpp.

#include "app/formats/document_forms/surroundings.hpp"

#include <algorithm>
#include <QList>

namespace nitroscope::formats::attestation {

namespace {

constexpr qsizetype minBase64 = 64;

bool isBase64(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

// "%2F" where there is one; else the bytes as they are.
QByteArray withoutPercents(const QByteArray &text) {
    for (const char *escape : {"%2B", "%2b", "%2F", "%2f", "%3D", "%3d"})
        if (text.contains(escape))
            return QByteArray::fromPercentEncoding(text);
    return text;
}

// From `at` on, behind which it moves, with its padding.
QByteArrayView base64From(QByteArrayView line, qsizetype &at) {
    constexpr qsizetype maxPadding = 2;
    const qsizetype start = at;
    while (at < line.size() && isBase64(line[at]))
        ++at;
    for (qsizetype i = 0; i < maxPadding && at < line.size() && line[at] == '='; ++i)
        ++at;
    return line.sliced(start, at - start);
}

// The bytes of one line of a dump: two digits each (hexdump, od), or four (xxd), up to two blanks or what is no hex.
std::optional<QByteArray> lineOfDump(const QByteArray &line, qsizetype offsetEnd) {
    constexpr qsizetype maxBytes = 256;
    QByteArray digits;
    qsizetype blanks = 0, group = 0;
    for (qsizetype i = offsetEnd; i < line.size(); ++i) {
        const char c = line[i];
        if (c == ' ' || c == '\t') {
            if (group % 2 != 0)
                return std::nullopt;
            // hexdump -C has two blanks before the first and the ninth byte, too.
            blanks = c == '\t' ? 2 : blanks + 1;
            group = 0;
            continue;
        }
        const bool isHex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        const bool isColumn = blanks < 2 || digits.isEmpty() || digits.size() == 16;
        if (!isHex || !isColumn)
            break; // the characters
        digits += c;
        ++group;
        blanks = 0;
    }
    if (digits.isEmpty() || digits.size() % 2 != 0 || digits.size() / 2 > maxBytes)
        return std::nullopt;
    return QByteArray::fromHex(digits);
}

} // namespace

std::optional<QByteArray> longestBase64(const QByteArray &text) {
    QByteArray best, open; // `open` ran to the end of the line before
    const auto take = [&](const QByteArray &stretch) {
        if (stretch.size() > best.size())
            best = stretch;
    };
    for (const QByteArray &untrimmed : withoutPercents(text).split('\n')) {
        const QByteArray line = untrimmed.trimmed();
        for (qsizetype at = 0; at < line.size();) {
            const qsizetype start = at;
            const QByteArrayView stretch = base64From(line, at);
            if (stretch.isEmpty()) {
                ++at;
                continue;
            }
            const bool isWholeLine = start == 0 && at == line.size();
            const QByteArray joined = (isWholeLine ? open : QByteArray()) + stretch.toByteArray();
            take(joined);
            open = at == line.size() ? joined : QByteArray();
        }
        if (line.isEmpty() || (!isBase64(line.back()) && line.back() != '='))
            open.clear();
    }
    return best.size() < minBase64 ? std::nullopt : std::optional(best);
}

std::optional<QByteArray> bytesOfDump(const QByteArray &text) {
    constexpr qsizetype minOffset = 4, maxOffset = 16;
    QByteArray bytes;
    for (const QByteArray &line : text.split('\n')) {
        if (line.trimmed().isEmpty())
            continue;
        const auto isHex = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        };
        const qsizetype offset = std::ranges::find_if_not(line, isHex) - line.begin();
        if (offset < minOffset || offset > maxOffset)
            return std::nullopt;
        if (line.sliced(offset).trimmed().isEmpty())
            continue; // the size, at the end
        const bool hasColon = line[offset] == ':';
        if (!hasColon && line[offset] != ' ')
            return std::nullopt;
        const auto part = lineOfDump(line, offset + (hasColon ? 1 : 0));
        if (!part)
            return std::nullopt;
        bytes += *part;
    }
    return bytes.isEmpty() ? std::nullopt : std::optional(bytes);
}

std::optional<QByteArray> bodyOfHttp(const QByteArray &text) {
    if (!text.startsWith("HTTP/"))
        return std::nullopt;
    for (const QByteArrayView end : {QByteArrayView("\r\n\r\n"), QByteArrayView("\n\n")})
        if (const qsizetype at = text.indexOf(end); at >= 0)
            return text.sliced(at + end.size());
    return std::nullopt;
}

} // namespace nitroscope::formats::attestation
