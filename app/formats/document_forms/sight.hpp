// SPDX-License-Identifier: GPL-2.0-or-later
//
// What bytes that are no attestation document are instead, for the sentence that says so.

#pragma once

#include <QByteArray>
#include <QString>

namespace nitroscope::formats::attestation {

inline constexpr quint64 coseSign1Tag = 18; // RFC 9052 §2

// "an EIF", "a certificate (X.509)"; empty for what is not known.
QString sightOf(const QByteArray &bytes);

} // namespace nitroscope::formats::attestation
