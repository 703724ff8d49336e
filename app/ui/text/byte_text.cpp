// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/text/byte_text.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString hexDump(const QByteArray &bytes, quint64 offset) {
    QString out;
    for (qsizetype start = 0; start < bytes.size(); start += 16) {
        const QByteArray row = bytes.mid(start, 16);
        QString characters;
        QString digits;
        for (qsizetype i = 0; i < 16; ++i) {
            if (i < row.size()) {
                const auto byte = static_cast<unsigned char>(row[i]);
                digits += u"%1 "_s.arg(byte, 2, 16, QLatin1Char('0'));
                characters += QLatin1Char(printable(byte));
            } else {
                digits += u"   "_s;
            }
            if (i == 7)
                digits += QLatin1Char(' ');
        }
        out += u"%1  %2 |%3|\n"_s.arg(offset + static_cast<quint64>(start), 8, 16, QLatin1Char('0'))
                   .arg(digits, characters);
    }
    return out;
}

// 12 bytes a line, each followed by a comma.
QString elements(const QByteArray &bytes) {
    QString out;
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        out += i % 12 == 0 ? u"\n    "_s : u" "_s;
        out += u"0x%1,"_s.arg(static_cast<unsigned char>(bytes[i]), 2, 16, QLatin1Char('0'));
    }
    return out;
}

QString cArray(const QByteArray &bytes) {
    return u"const unsigned char bytes[%1] = {%2\n};\n"_s.arg(bytes.size()).arg(elements(bytes));
}

QString rustArray(const QByteArray &bytes) {
    return u"const BYTES: [u8; %1] = [%2\n];\n"_s.arg(bytes.size()).arg(elements(bytes));
}

} // namespace

QString spellBytes(const QByteArray &bytes, ByteSpelling spelling, quint64 offset) {
    switch (spelling) {
    case ByteSpelling::hexDump:
        return hexDump(bytes, offset);
    case ByteSpelling::hexDigits:
        return QString::fromLatin1(bytes.toHex());
    case ByteSpelling::cArray:
        return cArray(bytes);
    case ByteSpelling::rustArray:
        return rustArray(bytes);
    case ByteSpelling::text:
        return QString::fromUtf8(bytes);
    }
    return {};
}

QString offsetText(quint64 offset) {
    return u"0x%1"_s.arg(offset, 8, 16, QLatin1Char('0'));
}

QString shortSizeText(quint64 bytes) {
    if (bytes < 1024)
        return bytes == 1 ? u"1 byte"_s : u"%1 bytes"_s.arg(bytes);
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double scaled = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; scaled >= 1024; ++unit)
        scaled /= 1024;
    return u"%1 %2"_s.arg(scaled, 0, 'f', 1).arg(QLatin1String(units[unit]));
}

QString sizeText(quint64 bytes) {
    if (bytes < 1024)
        return shortSizeText(bytes);
    return u"%1 bytes (%2)"_s.arg(bytes).arg(shortSizeText(bytes));
}

Result<QByteArray> bytesFromHex(const QString &text) {
    QString digits = text;
    digits.remove(u"0x"_s, Qt::CaseInsensitive);
    const auto isFiller = [](QChar c) { return c.isSpace() || u",:;-_"_s.contains(c); };
    digits.removeIf(isFiller);
    const auto isDigit = [](QChar c) { return c.unicode() < 0x80 && std::isxdigit(c.unicode()) != 0; };
    if (digits.isEmpty() || !std::all_of(digits.cbegin(), digits.cend(), isDigit))
        return failure(u"not-hex"_s, u"Type bytes as hex digits, for example 1f 8b 08."_s);
    if (digits.size() % 2 != 0)
        return failure(u"half-byte"_s, u"The last byte has only one hex digit."_s);
    return QByteArray::fromHex(digits.toLatin1());
}

Result<quint64> offsetFromText(const QString &text, quint64 current) {
    QString number = text.trimmed();
    const QChar sign = number.isEmpty() ? QChar() : number.at(0);
    const bool relative = sign == QLatin1Char('+') || sign == QLatin1Char('-');
    if (relative)
        number = number.mid(1).trimmed();
    int base = 10;
    if (number.startsWith(u"0x"_s, Qt::CaseInsensitive)) {
        number = number.mid(2);
        base = 16;
    } else if (number.endsWith(QLatin1Char('h'), Qt::CaseInsensitive)) {
        number.chop(1);
        base = 16;
    }
    bool ok = false;
    const quint64 value = number.toULongLong(&ok, base);
    if (!ok)
        return failure(u"not-an-offset"_s, u"Type an offset such as 0x1f8, 504 or +0x10."_s);
    if (!relative)
        return value;
    if (sign == QLatin1Char('-'))
        return value > current ? 0 : current - value;
    return current + value < current ? ~quint64{0} : current + value;
}

} // namespace nitroscope::app
