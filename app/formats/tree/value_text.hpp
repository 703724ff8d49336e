// SPDX-License-Identifier: GPL-2.0-or-later
//
// How numbers and bytes read in every tree: sizes with their unit in both forms, hex with a fixed width.

#pragma once

#include "app/core/output/visible_text.hpp"

#include <QByteArray>
#include <QLocale>
#include <QString>
#include <span>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

using namespace Qt::StringLiterals; // u"..."_s, for everything in this folder

// "0x0004"; `digits` is the least number of digits.
inline QString hexText(quint64 value, int digits = 1) {
    return u"0x"_s + QString::number(value, 16).rightJustified(digits, u'0');
}

// "5,638 bytes (5.51 KiB)"; the second form only from 1 KiB on. English on every computer, like all our
// texts.
inline QString sizeText(quint64 bytes) {
    const QLocale english(QLocale::English);
    QString exact = english.toString(bytes) + (bytes == 1 ? u" byte"_s : u" bytes"_s);
    if (bytes < 1024)
        return exact;
    double value = static_cast<double>(bytes);
    const char *unit = "bytes";
    for (const char *next : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
        if (value < 1024)
            break;
        value /= 1024;
        unit = next;
    }
    return exact +
           u" (%1 %2)"_s.arg(english.toString(value, 'f', value < 10 ? 2 : 1), QString::fromLatin1(unit));
}

// Foreign bytes as text in one line.
inline QString printableText(const QByteArray &utf8) {
    return app::visibleText(utf8);
}

inline QByteArray toByteArray(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

inline std::span<const std::byte> toBytes(const QByteArray &bytes) {
    return std::as_bytes(std::span(bytes.constData(), static_cast<size_t>(bytes.size())));
}

} // namespace nitroscope::formats
