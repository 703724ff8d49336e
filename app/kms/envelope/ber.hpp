// SPDX-License-Identifier: GPL-2.0-or-later
//
// BER (ITU-T X.690) as elements with their places, indefinite lengths included, which formats/certificates/der.hpp does not take. Foreign
// bytes: depth and number of elements are bounded.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/tree/node.hpp"

#include <QByteArray>
#include <vector>

namespace nitroscope::kms {

struct BerElement {
    quint8 tag = 0;
    bool isIndefinite = false;
    formats::ByteRange range, content; // `range` with identifier, length and end-of-contents
    std::vector<BerElement> children;  // of a constructed one

    bool isConstructed() const { return (tag & 0x20) != 0; }
};

// One element that fills `bytes`. Error "bad-ber" with the offset at which it makes no sense.
app::Result<BerElement> readBer(const QByteArray &bytes);

// Writing: the length in its shortest form, or an indefinite one.
QByteArray berElement(quint8 tag, const QByteArray &content);
QByteArray berIndefinite(quint8 tag, const QByteArray &content);

} // namespace nitroscope::kms
