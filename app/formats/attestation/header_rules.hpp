// SPDX-License-Identifier: GPL-2.0-or-later
//
// What RFC 9052 §3 and RFC 8949 §4.1 ask of a COSE_Sign1 beside its signature: labels of headers, and how CBOR is written.

#pragma once

#include "app/formats/attestation/document.hpp"

namespace nitroscope::formats::attestation {

inline constexpr qint64 algorithmLabel = 1, criticalLabel = 2; // RFC 9052, table 3

// Of both maps of header parameters; `signedMap` may be nullptr when it cannot be read. Ranges are those given.
std::vector<Fault> headerFaults(const CborValue *signedMap, ByteRange signedRange,
                                const CborValue &unsignedMap);

// The first item that could be written shorter or that has no definite length. Both are legal, and the hardware writes neither but for the
// payload's map, the root of its tree.
enum class RootMap { isDefinite, mayBeIndefinite };
const CborValue *longForm(const CborValue &value, RootMap root);

} // namespace nitroscope::formats::attestation
