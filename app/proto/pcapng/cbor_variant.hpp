// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small CBOR values as Qt values, and any CBOR as text. For records of the capture stream: bounded in items
// and length, whatever the bytes say.
#pragma once

#include "app/core/result.hpp"

#include <QByteArrayView>
#include <QVariant>

namespace nitroscope::pcapng {

inline constexpr int maxCborItems = 4096;

// One item: QVariantMap (text keys only), QVariantList, quint64, qint64, double, bool, QString, QByteArray;
// null is an invalid QVariant; tags are dropped. The error's offset is relative to `bytes`.
app::Result<QVariant> decodeCbor(QByteArrayView bytes);

// CBOR diagnostic notation (RFC 8949 §8) in one line, cut with "…" at about `limit` characters. Bytes that
// are not CBOR end it with the reason in angle brackets.
QString cborText(QByteArrayView bytes, qsizetype limit);

} // namespace nitroscope::pcapng
