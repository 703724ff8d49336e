// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where things are in DER (ITU-T X.690): tags and lengths only, for tying a certificate's fields to their
// bytes and for saying where broken DER breaks. What the fields mean is OpenSSL's business.

#pragma once

#include "app/formats/tree/node.hpp"

#include <optional>
#include <span>
#include <vector>

namespace nitroscope::formats::attestation {

struct DerElement {
    quint8 tag = 0;  // The identifier byte.
    ByteRange range; // With identifier and length, counted from the start of the bytes given.
    ByteRange content;
};

// The elements of `within`, one after the other; stops at the first that is broken, whose offset goes to
// `brokenAt`.
std::vector<DerElement> derElements(std::span<const std::byte> bytes, ByteRange within,
                                    std::optional<quint64> *brokenAt = nullptr);

// Offset of the first element that does not fit its surroundings, or of what follows the outermost one;
// nothing when all lengths are right. Looks into SEQUENCE, SET and context tags only, at most 32 levels
// deep.
std::optional<quint64> derFault(std::span<const std::byte> bytes);

} // namespace nitroscope::formats::attestation
