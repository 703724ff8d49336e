// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Encrypt and GenerateDataKey give, in the shape of real KMS's, as three published ones have it:
//
//   01 02 | 02 | 00 78 | 32: id of the key's material | 01 | 16: nonce | u32: n | n: EncryptedData (PKCS #7, AES-256-GCM)
//
// so that lengths agree, a blob pasted from AWS is recognised as such, and one of ours begins with AQICAH as well. The encryption context is
// authenticated, not stored.
#pragma once

#include <map>
#include <optional>
#include <QByteArray>
#include <QString>

namespace nitroscope::kms {

using EncryptionContext = std::map<QString, QString>;

QByteArray encryptBlob(const QByteArray &material, const QByteArray &materialId,
                       const EncryptionContext &context, const QByteArray &plaintext);

// The id of the key material in a blob of that shape; nothing for other bytes, such as an asymmetric ciphertext.
std::optional<QByteArray> materialIdOf(const QByteArray &blob);

// Nothing when key, context or bytes are not those that it was made with.
std::optional<QByteArray> decryptBlob(const QByteArray &material, const EncryptionContext &context,
                                      const QByteArray &blob);

} // namespace nitroscope::kms
