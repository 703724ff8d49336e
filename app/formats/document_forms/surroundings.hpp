// SPDX-License-Identifier: GPL-2.0-or-later
//
// Documents with something around them that is no encoding: log lines, YAML, "name=value", HTTP responses, dumps of xxd, hexdump
// and od. Each function looks at each character a bounded number of times.

#pragma once

#include <optional>
#include <QByteArray>

namespace nitroscope::formats::attestation {

// The longest stretch of base64 in a text, over lines that have nothing else; nothing when it is short. "%2B" counts as what
// it means in URLs.
std::optional<QByteArray> longestBase64(const QByteArray &text);

// The bytes of a dump with an offset before each line, and perhaps the characters behind it.
std::optional<QByteArray> bytesOfDump(const QByteArray &text);

// What follows the headers of an HTTP response.
std::optional<QByteArray> bodyOfHttp(const QByteArray &text);

} // namespace nitroscope::formats::attestation
