// SPDX-License-Identifier: GPL-2.0-or-later
//
// The forms in which attestation documents reach people: the bytes themselves, the NSM's response around
// them, and either of these as hex, base64 or base64url text, as logs, HTTP headers and JSON carry them.
// Which one it is follows from the content alone.

#pragma once

#include "app/core/result.hpp"

#include <QByteArray>

namespace nitroscope::formats::attestation {

enum class Encoding { raw, hex, base64, base64url };

// "raw bytes", "hex", "base64", "base64url".
QString encodingText(Encoding encoding);

struct Input {
    QByteArray document; // COSE_Sign1; offsets of everything count from its first byte.
    Encoding encoding = Encoding::raw;
    bool wasNsmResponse = false; // Unwrapped from {"Attestation": {"document": ...}}.
};

// A real document has 4 to 8 KiB and never more than the NSM's response of 12 KiB; text form may have twice
// as much and white space.
inline constexpr qsizetype maxDocumentBytes = 1024 * 1024;
inline constexpr qsizetype maxInputBytes = 4 * maxDocumentBytes;

// Recognises the form and gives the document. Text may be broken into lines, quoted, or prefixed with 0x.
// Errors: "empty", "too-large", "not-a-document" (neither CBOR nor text that decodes to CBOR; with the
// offset of the first character that fits no encoding, when there is one).
app::Result<Input> readInput(const QByteArray &foreign);

} // namespace nitroscope::formats::attestation
