// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/visible_text.hpp"

#include <algorithm>
#include <array>
#include <QChar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

bool isPlain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f;
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

QString hex(char32_t value, int digits) {
    return QString::number(value, 16).rightJustified(digits, u'0');
}

void append(QString &text, char32_t point, LineBreaks lineBreaks) {
    const bool isLayout = point == U'\n' || point == U'\t';
    if ((isLayout && lineBreaks == LineBreaks::kept) || !isHidden(point))
        text += QChar::fromUcs4(point);
    else if (point == U'\n')
        text += "\\n"_L1;
    else if (point == U'\r')
        text += "\\r"_L1;
    else if (point == U'\t')
        text += "\\t"_L1;
    else if (point < 0x80)
        text += "\\x"_L1 + hex(point, 2);
    else if (point < 0x10000)
        text += "\\u"_L1 + hex(point, 4);
    else
        text += "\\U"_L1 + hex(point, 8);
}

} // namespace

QString visibleText(QByteArrayView utf8, LineBreaks lineBreaks) {
    if (std::all_of(utf8.begin(), utf8.end(),
                    [](char byte) { return isPlain(static_cast<unsigned char>(byte)); }))
        return QString::fromLatin1(utf8);
    QString text;
    text.reserve(utf8.size());
    while (!utf8.isEmpty()) {
        const Point point = firstPoint(utf8);
        if (point.bytes == 0)
            text += "\\x"_L1 + hex(static_cast<unsigned char>(utf8.front()), 2);
        else
            append(text, point.value, lineBreaks);
        utf8 = utf8.sliced(std::max<qsizetype>(point.bytes, 1));
    }
    return text;
}

QString visibleText(QStringView text, LineBreaks lineBreaks) {
    QString result;
    result.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        char32_t point = text[i].unicode();
        if (text[i].isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            point = QChar::surrogateToUcs4(text[i], text[i + 1]);
            ++i;
        }
        append(result, point, lineBreaks);
    }
    return result;
}

QByteArray visibleJson(QByteArrayView json) {
    QByteArray result;
    result.reserve(json.size());
    while (!json.isEmpty()) {
        const Point point = firstPoint(json);
        const auto bytes = std::max<qsizetype>(point.bytes, 1);
        const bool isStructure = point.value < 0x20; // in strings these are escapes already
        if (point.bytes == 0)
            result += "\\ufffd";
        else if (isStructure || !isHidden(point.value))
            result += json.first(bytes);
        else {
            const auto units = QChar::fromUcs4(point.value);
            for (const QChar unit : QStringView(units))
                result += "\\u" + hex(unit.unicode(), 4).toLatin1();
        }
        json = json.sliced(bytes);
    }
    return result;
}

} // namespace nitroscope::app
