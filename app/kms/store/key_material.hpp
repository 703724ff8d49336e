// SPDX-License-Identifier: GPL-2.0-or-later
//
// The secrets of keys and what is computed with them, by OpenSSL.
#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QByteArray>
#include <QString>
#include <span>

namespace nitroscope::kms {

// What a KeySpec, DataKeyPairSpec or CustomerMasterKeySpec names.
struct KeySpec {
    const char *name;  // "SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256"
    int rsaBits;       // 0 for others
    const char *curve; // nullptr for others
    bool isSymmetric() const { return rsaBits == 0 && curve == nullptr; }
};
std::span<const KeySpec> keySpecs();
const KeySpec *keySpec(QStringView name); // nullptr for those that are not offered here

QByteArray randomBytes(qsizetype count);

// 32 bytes, or a private key as PKCS #8 in DER. Error: "crypto".
app::Result<QByteArray> makeMaterial(const KeySpec &spec);
// SubjectPublicKeyInfo in DER of such a private key; empty for none.
QByteArray publicKeyOf(const QByteArray &privateKey);

enum class OaepHash { sha1, sha256 };
std::optional<QByteArray> rsaEncrypt(const QByteArray &privateKey, OaepHash hash,
                                     const QByteArray &plaintext);
std::optional<QByteArray> rsaDecrypt(const QByteArray &privateKey, OaepHash hash,
                                     const QByteArray &ciphertext);
// ECDH with the peer's SubjectPublicKeyInfo: the x coordinate. Nothing when the peer's key is none of the same curve.
std::optional<QByteArray> sharedSecret(const QByteArray &privateKey, const QByteArray &peer);

// AES-256-GCM; the tag of 16 bytes stands behind the ciphertext.
QByteArray gcmEncrypt(const QByteArray &key, const QByteArray &iv, const QByteArray &aad,
                      const QByteArray &plaintext);
std::optional<QByteArray> gcmDecrypt(const QByteArray &key, const QByteArray &iv, const QByteArray &aad,
                                     const QByteArray &ciphertext);

} // namespace nitroscope::kms
