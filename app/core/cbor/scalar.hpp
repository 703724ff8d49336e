// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single CBOR items (RFC 8949) as Qt values, for everything in the app that walks CBOR.

#pragma once

#include "nsm-device/cbor/cbor.hpp"

#include <limits>
#include <QByteArrayView>
#include <QString>

namespace nitroscope::app {

inline cbor::Bytes cborBytes(QByteArrayView bytes) {
    return {reinterpret_cast<const std::byte *>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

// What is wrong with bytes that are not CBOR; no sentence.
QString cborProblemText(cbor::Problem problem);
// The value of a byte or text string, its chunks joined.
QByteArray cborString(const cbor::Item &item);
// Floats of any width (RFC 8949 appendix D for halves).
double cborFloat(const cbor::Item &item);
// Diagnostic notation (RFC 8949 §8) of anything but containers and tags. Of strings only the first `longest`
// bytes.
QString cborScalarText(const cbor::Item &item, qsizetype longest = std::numeric_limits<qsizetype>::max());

} // namespace nitroscope::app
