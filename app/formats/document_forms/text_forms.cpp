// SPDX-License-Identifier: GPL-2.0-or-later
//
// See text_forms.hpp.

#include "app/formats/document_forms/text_forms.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <QStringConverter>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

// Words around a list or a string: "let document: Vec<u8> = vec![".
constexpr qsizetype maxWords = 256;
constexpr qsizetype minNumbers = 8;

bool isHexDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isAlphanumeric(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// One number and what belongs to it ("132", "0x84", "-124", "132u8", "132_u8") at `at`, which moves behind it.
std::optional<char> numberAt(QByteArrayView text, qsizetype &at) {
    qsizetype i = at;
    const bool isNegative = i < text.size() && text[i] == '-';
    i += isNegative;
    const bool isHex = i + 1 < text.size() && text[i] == '0' && (text[i + 1] | 0x20) == 'x';
    i += isHex ? 2 : 0;
    const qsizetype start = i;
    constexpr qsizetype maxDigits = 4;
    while (i < text.size() && i - start < maxDigits && (isHex ? isHexDigit(text[i]) : isDigit(text[i])))
        ++i;
    bool isNumber = false;
    const int value = text.sliced(start, i - start).toByteArray().toInt(&isNumber, isHex ? 16 : 10);
    if (!isNumber || value > (isNegative ? 128 : 255))
        return std::nullopt;
    for (const char *suffix : {"_u8", "u8", "_i8", "i8"})
        if (text.sliced(i).startsWith(suffix)) {
            i += qsizetype(qstrlen(suffix));
            break;
        }
    at = i;
    return char(isNegative ? -value : value);
}

// Numbers from `at` on until something else comes, where it stops.
QByteArray numbersFrom(QByteArrayView text, qsizetype &at) {
    QByteArray bytes;
    const auto skip = [&] {
        while (at < text.size() && (isSpace(text[at]) || text[at] == ','))
            ++at;
    };
    for (skip(); at < text.size(); skip()) {
        const auto number = numberAt(text, at);
        if (!number || (at < text.size() && isAlphanumeric(text[at])))
            break;
        bytes += *number;
    }
    return bytes;
}

// One escape behind its backslash at `at`, which moves behind it; the rules of C, Go, Python and Rust do not contradict each other.
std::optional<char> escapeAt(QByteArrayView text, qsizetype &at) {
    if (at >= text.size())
        return std::nullopt;
    const char kind = text[at++];
    static constexpr std::pair<char, char> simple[] = {{'n', '\n'},  {'r', '\r'}, {'t', '\t'}, {'\\', '\\'},
                                                       {'\'', '\''}, {'"', '"'},  {'a', '\a'}, {'b', '\b'},
                                                       {'f', '\f'},  {'v', '\v'}};
    for (const auto &[name, value] : simple)
        if (kind == name)
            return value;
    const bool isHex = kind == 'x';
    const qsizetype start = isHex ? at : at - 1, most = isHex ? 2 : 3;
    at = start;
    while (at < text.size() && at - start < most &&
           (isHex ? isHexDigit(text[at]) : text[at] >= '0' && text[at] <= '7'))
        ++at;
    bool isNumber = false;
    const int value = text.sliced(start, at - start).toByteArray().toInt(&isNumber, isHex ? 16 : 8);
    if (!isNumber || value > 255)
        return std::nullopt;
    return char(value);
}

app::Error notADocument(const QString &message, std::optional<quint64> offset = std::nullopt) {
    return {u"not-a-document"_s, message, offset, {}};
}

bool isWrapping(char c) {
    return isSpace(c) || c == '"' || c == '\'';
}

} // namespace

QString encodingText(Encoding encoding) {
    switch (encoding) {
    case Encoding::raw:
        return u"raw bytes"_s;
    case Encoding::hex:
        return u"hex"_s;
    case Encoding::base64:
        return u"base64"_s;
    case Encoding::base64url:
        return u"base64url"_s;
    case Encoding::numbers:
        return u"numbers"_s;
    case Encoding::escapes:
        return u"escaped text"_s;
    }
    return {};
}

std::optional<QByteArray> bytesOfNumbers(QByteArrayView text) {
    const qsizetype words = std::min(text.size(), maxWords);
    for (qsizetype i = -1; i < words; ++i) {
        if (i >= 0 && text[i] != '[' && text[i] != '{' && text[i] != '(')
            continue;
        qsizetype at = i + 1;
        const QByteArray bytes = numbersFrom(text, at);
        if (bytes.size() < minNumbers)
            continue;
        const bool isClosed =
            i < 0 ? at == text.size()
                  : at < text.size() && (text[at] == ']' || text[at] == '}' || text[at] == ')');
        return isClosed && text.size() - at <= maxWords ? std::optional(bytes) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<QByteArray> bytesOfEscapes(QByteArrayView text) {
    const qsizetype words = std::min(text.size(), maxWords);
    qsizetype at = 0;
    while (at < words && text[at] != '\'' && text[at] != '"' && text[at] != '\\')
        ++at;
    if (at == words || (text[at] == '\\' && at > 0))
        return std::nullopt;
    const char quote = text[at] == '\\' ? '\0' : text[at++];
    QByteArray bytes;
    bool hasEscape = false;
    for (; at < text.size() && (quote == '\0' || text[at] != quote);) {
        if (text[at] == '\\') {
            ++at;
            const auto value = escapeAt(text, at);
            if (!value)
                return std::nullopt;
            hasEscape = true;
            bytes += *value;
        } else if (text[at] < ' ' || text[at] > '~') {
            return std::nullopt;
        } else {
            bytes += text[at++];
        }
    }
    const bool isClosed = quote == '\0' || (at < text.size() && text.size() - at <= maxWords);
    return isClosed && hasEscape ? std::optional(bytes) : std::nullopt;
}

std::optional<QByteArray> bytesOfHex(QByteArrayView text) {
    QByteArray digits;
    digits.reserve(text.size());
    const auto isAround = [](char c) {
        return isWrapping(c) || c == '[' || c == ']' || c == '<' || c == '>' || c == ',';
    };
    while (!text.isEmpty() && isAround(text.front()))
        text = text.sliced(1);
    while (!text.isEmpty() && isAround(text.back()))
        text.chop(1);
    for (const char *prefix : {"h'", "x'", "X'", "\\x"})
        if (text.startsWith(prefix)) {
            text = text.sliced(qsizetype(qstrlen(prefix)));
            break;
        }
    bool isStart = true; // of a group, where 0x may stand
    qsizetype groupAt =
        0; // its first digit: groups are of whole bytes, or "132, 68" would be hex, too; lines may end anywhere
    for (qsizetype i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' || c == '\n') {
            isStart = true;
        } else if (isSpace(c) || c == ':' || c == ',' || c == '-') {
            if ((digits.size() - groupAt) % 2 != 0)
                return std::nullopt;
            groupAt = digits.size();
            isStart = true;
        } else if (isStart && c == '0' && i + 1 < text.size() && (text[i + 1] | 0x20) == 'x') {
            ++i;
            isStart = false;
        } else if (isHexDigit(c)) {
            digits += c;
            isStart = false;
        } else {
            return std::nullopt;
        }
    }
    if (digits.isEmpty() || digits.size() % 2 != 0)
        return std::nullopt;
    return QByteArray::fromHex(digits);
}

app::Result<TextInput> bytesOfBase64(QByteArrayView text) {
    QByteArray characters;
    characters.reserve(text.size());
    qsizetype first = 0, last = text.size();
    while (first < last && isWrapping(text[first]))
        ++first;
    while (last > first && (isWrapping(text[last - 1]) || text[last - 1] == ','))
        --last;
    qsizetype padding = 0;
    bool isUrl = false, isPlain = false;
    for (qsizetype i = first; i < last; ++i) {
        const char c = text[i];
        if (isSpace(c))
            continue;
        isUrl = isUrl || c == '-' || c == '_';
        isPlain = isPlain || c == '+' || c == '/';
        padding = c == '=' ? padding + 1 : padding;
        const bool isOfIt = isAlphanumeric(c) || c == '-' || c == '_' || c == '+' || c == '/' || c == '=';
        if (!isOfIt || (isUrl && isPlain) || padding > 2 || (padding > 0 && c != '='))
            return tl::unexpected(
                notADocument(u"This is neither an attestation document nor hex or base64 of one: "
                             "unexpected byte %1."_s.arg(hexText(static_cast<quint8>(c), 2)),
                             quint64(i)));
        if (c != '=')
            characters += c;
    }
    if (characters.size() % 4 == 1)
        return tl::unexpected(notADocument(u"This would be base64, but its end is missing."_s));
    return TextInput{QByteArray::fromBase64(characters, isUrl ? QByteArray::Base64UrlEncoding
                                                              : QByteArray::Base64Encoding),
                     isUrl ? Encoding::base64url : Encoding::base64};
}

std::optional<QByteArray> insideOfArmour(QByteArrayView text) {
    constexpr QByteArrayView begin = "-----BEGIN ", dashes = "-----", end = "-----END ";
    const qsizetype start = text.indexOf(begin);
    const qsizetype label = start < 0 ? -1 : text.indexOf(dashes, start + begin.size());
    const qsizetype stop = label < 0 ? -1 : text.indexOf(end, label + dashes.size());
    if (stop < 0)
        return std::nullopt;
    QByteArray inside;
    for (const QByteArray &line :
         text.sliced(label + dashes.size(), stop - label - dashes.size()).toByteArray().split('\n'))
        if (!line.contains(':')) // "Version: 1"
            inside += line + '\n';
    return inside;
}

QByteArray asUtf8(const QByteArray &foreign) {
    if (foreign.startsWith("\xef\xbb\xbf"))
        return foreign.mid(3);
    constexpr qsizetype minBytes = 4;
    const bool isMarked = foreign.startsWith("\xff\xfe") || foreign.startsWith("\xfe\xff");
    const auto isHalfEmpty = [&](qsizetype empty) {
        qsizetype i = 0;
        for (const qsizetype size = std::min<qsizetype>(foreign.size() & ~qsizetype(1), 64); i < size; ++i)
            if ((foreign[i] == '\0') != (i % 2 == empty))
                return false;
        return i >= minBytes;
    };
    if (!isMarked && !isHalfEmpty(0) && !isHalfEmpty(1))
        return foreign;
    const auto encoding = isMarked         ? QStringConverter::Utf16
                          : isHalfEmpty(1) ? QStringConverter::Utf16LE
                                           : QStringConverter::Utf16BE;
    return QString(QStringDecoder(encoding).decode(foreign)).toUtf8();
}

} // namespace nitroscope::formats::attestation
