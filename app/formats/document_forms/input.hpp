// SPDX-License-Identifier: GPL-2.0-or-later
//
// The forms in which attestation documents reach people: the bytes themselves, the NSM's response around them, and either of these as text: hex,
// base64, lists of numbers, escaped strings, alone, in JSON (also a KMS request's Recipient), in PEM's armour, in UTF-16, in a log line or another text. Which one it is follows
// from the content alone; docs/cli-json.md lists them.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/document_forms/text_forms.hpp"

#include <QByteArray>
#include <QString>

namespace nitroscope::formats::attestation {

struct Input {
    QByteArray document; // COSE_Sign1; offsets of everything count from its first byte.
    Encoding encoding = Encoding::raw;
    bool wasNsmResponse = false; // Unwrapped from {"Attestation": {"document": ...}}.
    QString wrapping; // "JSON, field Recipient.AttestationDocument", "PEM"; empty when there was none.
};

// A real document has 4 to 8 KiB and never more than the NSM's response of 12 KiB; text form may have twice
// as much and white space.
inline constexpr qsizetype maxDocumentBytes = 1024 * 1024;
inline constexpr qsizetype maxInputBytes = 4 * maxDocumentBytes;

// Recognises the form and gives the document. Errors: "empty", "too-large", "not-a-document" (neither CBOR nor text that decodes to CBOR; says what
// it is instead where that is known, with the offset of the first character that fits no encoding, when there is one).
app::Result<Input> readInput(const QByteArray &foreign);

} // namespace nitroscope::formats::attestation
