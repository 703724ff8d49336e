// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes as people and programs write them into text: hex, base64, lists of numbers, and strings with escapes. Each function takes the whole text,
// looks at each character a bounded number of times, and gives nothing when the text is of another form.

#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QByteArray>
#include <QString>

namespace nitroscope::formats::attestation {

enum class Encoding { raw, hex, base64, base64url, numbers, escapes };

// "raw bytes", "hex", "base64", "base64url", "numbers", "escaped text".
QString encodingText(Encoding encoding);

// "[132, 68]", "vec![132u8, 68]", "[132 68]", "[]byte{0x84, 0x44}", "bytes([132, 68])", "132, 68": at least eight numbers from -128 (Java) to 255,
// with a few words at most around them.
std::optional<QByteArray> bytesOfNumbers(QByteArrayView text);

// b'\x84D\xa1', bytearray(b"\x84"), "\x84\x44", \x84\x44, as Python, Rust, Go and C write them; it must have an escape.
std::optional<QByteArray> bytesOfEscapes(QByteArrayView text);

// "84 44", "84:44", "0x84, 0x44", "h'8444'", "\x8444".
std::optional<QByteArray> bytesOfHex(QByteArrayView text);

struct TextInput {
    QByteArray bytes;
    Encoding encoding = Encoding::base64;
};
// Base64 or base64url, with or without padding, in lines, quoted. Error "not-a-document", with the offset of the first character that does not fit.
app::Result<TextInput> bytesOfBase64(QByteArrayView text);

// What is between "-----BEGIN …-----" and "-----END", without headers ("Version: 1"); nothing when there is no such armour.
std::optional<QByteArray> insideOfArmour(QByteArrayView text);

// UTF-8 of a text in UTF-16 (known by its mark, or because every other byte is zero), or in UTF-8 with a mark; other bytes as they are.
QByteArray asUtf8(const QByteArray &foreign);

} // namespace nitroscope::formats::attestation
