// SPDX-License-Identifier: GPL-2.0-or-later
//
// See scalar.hpp.

#include "app/core/cbor/scalar.hpp"

#include "nsm-device/cbor/cbor_string.hpp"

#include <bit>
#include <cmath>
#include <QLocale>

namespace nitroscope::app {

using cbor::Item;
using cbor::Type;
using namespace Qt::StringLiterals;

namespace {

double halfValue(quint64 bits) {
    const int exponent = int(bits >> 10 & 0x1f);
    const auto mantissa = double(bits & 0x3ff);
    double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
    if (exponent == 31)
        value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    return bits & 0x8000 ? -value : value;
}

QString quoted(const QString &text) {
    QString out = u"\""_s;
    for (const QChar c : text) {
        if (c == u'"' || c == u'\\')
            out += u'\\';
        if (c.unicode() < 0x20 || c.unicode() == 0x7f)
            out += u"\\u%1"_s.arg(c.unicode(), 4, 16, QLatin1Char('0'));
        else
            out += c;
    }
    return out + u'"';
}

QString simpleText(const Item &item) {
    if (item.isBool())
        return item.value == cbor::simpleTrue ? u"true"_s : u"false"_s;
    if (item.isNull())
        return u"null"_s;
    return item.value == cbor::simpleUndefined ? u"undefined"_s : u"simple(%1)"_s.arg(item.value);
}

QString floatText(double value) {
    if (std::isnan(value))
        return u"NaN"_s;
    if (std::isinf(value))
        return value < 0 ? u"-Infinity"_s : u"Infinity"_s;
    QString text = QString::number(value, 'g', QLocale::FloatingPointShortest);
    return text.contains(u'.') || text.contains(u'e') ? text : text + u".0"_s;
}

} // namespace

QByteArray cborString(const Item &item) {
    QByteArray value;
    cbor::forEachChunk(item, [&](cbor::Bytes chunk) {
        value.append(reinterpret_cast<const char *>(chunk.data()), qsizetype(chunk.size()));
    });
    return value;
}

double cborFloat(const Item &item) {
    switch (item.headSize) {
    case 3:
        return halfValue(item.value);
    case 5:
        return double(std::bit_cast<float>(quint32(item.value)));
    default:
        return std::bit_cast<double>(item.value);
    }
}

QString cborScalarText(const Item &item, qsizetype longest) {
    switch (item.type) {
    case Type::unsignedInt:
        return QString::number(item.value);
    case Type::negativeInt:
        return item.value == ~quint64{0} ? u"-18446744073709551616"_s
                                         : u'-' + QString::number(item.value + 1);
    case Type::bytes:
        return u"h'%1'"_s.arg(QString::fromLatin1(cborString(item).left(longest).toHex()));
    case Type::text:
        return quoted(QString::fromUtf8(cborString(item).left(longest)));
    case Type::floating:
        return floatText(cborFloat(item));
    default:
        return simpleText(item);
    }
}

} // namespace nitroscope::app
