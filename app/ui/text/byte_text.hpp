// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes as text and back: the one place where the app spells bytes for people. Everything that copies, shows
// or searches bytes goes through here, so that all panels write them the same way.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QString>

namespace nitroscope::app {

enum class ByteSpelling { hexDump, hexDigits, cArray, rustArray, text };

// hexDigits: "1f8b08…"; cArray, rustArray: a definition, 12 bytes a line; text: UTF-8 with other bytes
// replaced; hexDump: offset, 16 bytes and characters a line, where `offset` is that of the first byte.
QString spellBytes(const QByteArray &bytes, ByteSpelling spelling, quint64 offset = 0);

// "0x0001a2b4": lower case, at least 8 digits.
QString offsetText(quint64 offset);
// "4096 bytes (4.0 KiB)"; the second form only from 1 KiB up.
QString sizeText(quint64 bytes);
// "4.0 KiB", "17 bytes".
QString shortSizeText(quint64 bytes);
// A printable ASCII character for the right-hand column of a dump, '.' for everything else.
constexpr char printable(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
}

// Hex digits in any grouping ("1f 8b08", "0x1f,0x8b") to bytes.
Result<QByteArray> bytesFromHex(const QString &text);
// "0x1f8", "1f8h" and "504" (decimal); "+16" and "-0x10" are relative to `current`.
Result<quint64> offsetFromText(const QString &text, quint64 current);

} // namespace nitroscope::app
