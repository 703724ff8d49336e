// SPDX-License-Identifier: GPL-2.0-or-later
//
// The object identifiers of an envelope (RFC 5652, RFC 8017, NIST's algorithms), and the two algorithm identifiers as AWS writes them.
#pragma once

#include <QByteArray>

namespace nitroscope::kms::oids {

inline const QByteArray envelopedData = QByteArray::fromHex("06092a864886f70d010703");
inline const QByteArray data = QByteArray::fromHex("06092a864886f70d010701");
inline const QByteArray rsaesOaep = QByteArray::fromHex("06092a864886f70d010107");
inline const QByteArray mgf1 = QByteArray::fromHex("06092a864886f70d010108");
inline const QByteArray sha256 = QByteArray::fromHex("0609608648016503040201");
inline const QByteArray aes256Cbc = QByteArray::fromHex("060960864801650304012a");

} // namespace nitroscope::kms::oids
