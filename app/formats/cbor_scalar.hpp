// SPDX-License-Identifier: GPL-2.0-or-later
//
// Single CBOR items as Qt values, for everything in this folder that walks CBOR.

#pragma once

#include "nsm-device/core/cbor.hpp"

#include <QByteArrayView>
#include <QString>

namespace nitroscope::formats {

inline cbor::Bytes cborBytes(QByteArrayView bytes) {
    return {reinterpret_cast<const std::byte *>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

/// The value of a byte or text string, its chunks joined.
QByteArray cborString(const cbor::Item &item);
/// Floats of any width (RFC 8949 appendix D for halves).
double cborFloat(const cbor::Item &item);
/// Diagnostic notation of anything but containers and tags.
QString cborScalarText(const cbor::Item &item);

} // namespace nitroscope::formats
