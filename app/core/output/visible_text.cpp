// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/visible_text.hpp"

#include <algorithm>
#include <array>
#include <QChar>
#include <string_view>
#include <type_traits>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// How much ASCII at the beginning stays as it is, which is nearly all of nearly every text. Of the characters below 0x20
// `isKept` decides.
template <class Units, class Keeper>
qsizetype plainLength(const Units &text, Keeper isKept) {
    const auto end = std::find_if(text.begin(), text.end(), [&](auto unit) {
        const auto point = static_cast<char32_t>(static_cast<std::make_unsigned_t<decltype(unit)>>(unit));
        return point >= 0x7f || (point < 0x20 && !isKept(point));
    });
    return end - text.begin();
}

// A terminal obeys it, or nobody sees it.
bool isHidden(char32_t point) {
    switch (QChar::category(point)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
        return true;
    default:
        return false;
    }
}

// The first code point of well-formed UTF-8 (Unicode, table 3-7); no bytes when it begins otherwise.
struct Point {
    char32_t value;
    qsizetype bytes;
};

Point firstPoint(QByteArrayView utf8) {
    const auto at = [&](qsizetype i) {
        return i < utf8.size() ? char32_t(static_cast<unsigned char>(utf8[i])) : 0;
    };
    const char32_t lead = at(0);
    const qsizetype bytes = lead < 0x80                    ? 1
                            : lead >= 0xc2 && lead <= 0xdf ? 2
                            : (lead & 0xf0) == 0xe0        ? 3
                            : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                           : 0;
    constexpr std::array<char32_t, 5> leadBits{0, 0x7f, 0x1f, 0x0f, 0x07};
    constexpr std::array<char32_t, 5> minValue{0, 0, 0x80, 0x800, 0x10000};
    char32_t value = lead & leadBits[static_cast<size_t>(bytes)];
    for (qsizetype i = 1; i < bytes; ++i) {
        if ((at(i) & 0xc0) != 0x80)
            return {0, 0};
        value = value << 6 | (at(i) & 0x3f);
    }
    const bool isGood = bytes > 0 && value >= minValue[static_cast<size_t>(bytes)] && value <= 0x10ffff &&
                        (value < 0xd800 || value > 0xdfff);
    return isGood ? Point{value, bytes} : Point{0, 0};
}

QByteArray hex(char32_t value, int digits) {
    return QByteArray::number(value, 16).rightJustified(digits, '0');
}

// What stands for a hidden character.
QByteArray spelling(char32_t point) {
    switch (point) {
    case U'\n':
        return "\\n";
    case U'\r':
        return "\\r";
    case U'\t':
        return "\\t";
    default:
        return point < 0x80      ? "\\x" + hex(point, 2)
               : point < 0x10000 ? "\\u" + hex(point, 4)
                                 : "\\U" + hex(point, 8);
    }
}

auto layoutKeeper(LineBreaks lineBreaks) {
    return [lineBreaks](char32_t point) {
        return lineBreaks == LineBreaks::kept && (point == U'\n' || point == U'\t');
    };
}

} // namespace

QByteArray visibleUtf8(QByteArrayView utf8, LineBreaks lineBreaks) {
    QByteArray text;
    text.reserve(utf8.size());
    while (!utf8.isEmpty()) {
        const qsizetype plain = plainLength(utf8, layoutKeeper(lineBreaks));
        text += utf8.first(plain);
        utf8 = utf8.sliced(plain);
        if (utf8.isEmpty())
            break;
        const Point point = firstPoint(utf8);
        const auto bytes = std::max<qsizetype>(point.bytes, 1);
        if (point.bytes == 0)
            text += "\\x" + hex(static_cast<unsigned char>(utf8.front()), 2);
        else if (isHidden(point.value))
            text += spelling(point.value);
        else
            text += utf8.first(bytes);
        utf8 = utf8.sliced(bytes);
    }
    return text;
}

QString visibleText(QByteArrayView utf8, LineBreaks lineBreaks) {
    return QString::fromUtf8(visibleUtf8(utf8, lineBreaks));
}

QString visibleText(QStringView text, LineBreaks lineBreaks) {
    QString result;
    result.reserve(text.size());
    while (!text.isEmpty()) {
        const std::u16string_view units(text.utf16(), static_cast<size_t>(text.size()));
        const qsizetype plain = plainLength(units, layoutKeeper(lineBreaks));
        result += text.first(plain);
        text = text.sliced(plain);
        if (text.isEmpty())
            break;
        const bool isPair = text.size() > 1 && text[0].isHighSurrogate() && text[1].isLowSurrogate();
        const char32_t point = isPair ? QChar::surrogateToUcs4(text[0], text[1]) : text[0].unicode();
        if (isHidden(point))
            result += QLatin1StringView(spelling(point));
        else
            result += text.first(isPair ? 2 : 1);
        text = text.sliced(isPair ? 2 : 1);
    }
    return result;
}

QByteArray visibleJson(QByteArrayView json) {
    QByteArray result;
    result.reserve(json.size());
    while (!json.isEmpty()) {
        // Control characters are structure: in strings these are escapes already.
        const qsizetype plain = plainLength(json, [](char32_t) { return true; });
        result += json.first(plain);
        json = json.sliced(plain);
        if (json.isEmpty())
            break;
        const Point point = firstPoint(json);
        const auto bytes = std::max<qsizetype>(point.bytes, 1);
        if (point.bytes == 0)
            result += "\\ufffd";
        else if (!isHidden(point.value))
            result += json.first(bytes);
        else {
            const auto units = QChar::fromUcs4(point.value);
            for (const QChar unit : QStringView(units))
                result += "\\u" + hex(unit.unicode(), 4);
        }
        json = json.sliced(bytes);
    }
    return result;
}

} // namespace nitroscope::app
