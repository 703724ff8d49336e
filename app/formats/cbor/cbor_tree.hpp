// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any CBOR (RFC 8949) as a tree of nodes with byte ranges, and in the spellings that people paste elsewhere.
// Broken bytes give the tree of what could be read and a finding where they break.

#pragma once

#include "app/formats/tree/node.hpp"

#include <QByteArrayView>
#include <QJsonValue>

namespace nitroscope::formats {

inline constexpr int maxCborNodes = 20'000; // what follows in larger documents is summed up in one node

// Children of the result are the items at the top level, normally one. A map entry is one node named for
// its key, whose range holds key and value. Byte strings that are CBOR themselves (a COSE payload, a
// protected header) have their content as children. `baseOffset` is added to every range.
Node cborTree(QByteArrayView bytes, quint64 baseOffset = 0);

// Diagnostic notation (RFC 8949 §8), containers indented by two blanks. Bytes that are not CBOR end it with
// the reason between slashes, which is how the notation writes comments.
QString cborDiagnostic(QByteArrayView bytes);

// JSON by RFC 8949 §6.1: byte strings as base64url without padding, tags dropped, integers beyond 2^53 as
// text. Undefined when the bytes are not CBOR.
QJsonValue cborJson(QByteArrayView bytes);

} // namespace nitroscope::formats
