// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single CBOR items (RFC 8949) as Qt values, for all visitors of a walk (walk.hpp).

#pragma once

#include "nsm-device/cbor/cbor_item.hpp"

#include <limits>
#include <QByteArray>
#include <QString>

namespace nitroscope::app {

// The value of a byte or text string, its chunks joined.
QByteArray cborString(const cbor::Item &item);
// Floats of any width (RFC 8949 appendix D for halves).
double cborFloat(const cbor::Item &item);
// Diagnostic notation (RFC 8949 §8) of anything but containers and tags. Of strings only the first `longest`
// bytes.
QString cborScalarText(const cbor::Item &item, qsizetype longest = std::numeric_limits<qsizetype>::max());

} // namespace nitroscope::app
