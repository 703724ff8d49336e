// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/store/ciphertext_blob.hpp"

#include "app/kms/envelope/ber.hpp"
#include "app/kms/store/key_material.hpp"

#include <QMessageAuthenticationCode>
#include <QtEndian>

namespace nitroscope::kms {

namespace {

constexpr qsizetype idBytes = 32, nonceBytes = 16, ivBytes = 12;
const QByteArray start("\x01\x02\x02\x00\x78", 5);
constexpr qsizetype idAt = 5, nonceAt = idAt + idBytes + 1, lengthAt = nonceAt + nonceBytes,
                    contentAt = lengthAt + 4;

// Real ones hold eleven bytes beside the plaintext and the tag, whose meaning is not known; ours say whose they are.
const QByteArray inner("nitroscope1");

QByteArray keyFor(const QByteArray &material, const QByteArray &nonce) {
    return QMessageAuthenticationCode::hash("ciphertext blob" + nonce, material, QCryptographicHash::Sha256);
}

QByteArray withLength(const QByteArray &bytes) {
    QByteArray length(4, '\0');
    qToBigEndian(quint32(bytes.size()), length.data());
    return length + bytes;
}

// The head and the context, sorted by key.
QByteArray authenticated(const QByteArray &blob, const EncryptionContext &context) {
    QByteArray bytes = blob.first(lengthAt);
    for (const auto &[name, value] : context)
        bytes += withLength(name.toUtf8()) + withLength(value.toUtf8());
    return bytes;
}

QByteArray oid(const char *hex) {
    return QByteArray::fromHex(hex);
}

// PKCS #7 EncryptedData, version 0.
QByteArray encryptedData(const QByteArray &iv, const QByteArray &content) {
    const QByteArray tagLength = QByteArray::fromHex("020110"), version = QByteArray::fromHex("020100");
    const QByteArray algorithm =
        berElement(0x30, oid("060960864801650304012e") + berElement(0x30, berElement(0x04, iv) + tagLength));
    const QByteArray info =
        berElement(0x30, oid("06092a864886f70d010701") + algorithm + berElement(0x80, content));
    return berElement(0x30,
                      oid("06092a864886f70d010706") + berElement(0xa0, berElement(0x30, version + info)));
}

// IV and content of such data.
std::optional<std::pair<QByteArray, QByteArray>> partsOf(const QByteArray &data) {
    const auto root = readBer(data);
    // ContentInfo → [0] → EncryptedData → EncryptedContentInfo
    const BerElement *at = root ? &*root : nullptr;
    for (const size_t index : {size_t(1), size_t(0), size_t(1)})
        at = at && at->children.size() > index ? &at->children[index] : nullptr;
    if (!at || at->children.size() != 3 || at->children[1].children.size() != 2 ||
        at->children[1].children[1].children.empty())
        return std::nullopt;
    const auto bytesOf = [&](const BerElement &element) {
        return data.mid(qsizetype(element.content.offset), qsizetype(element.content.length));
    };
    return std::pair(bytesOf(at->children[1].children[1].children[0]), bytesOf(at->children[2]));
}

} // namespace

QByteArray encryptBlob(const QByteArray &material, const QByteArray &materialId,
                       const EncryptionContext &context, const QByteArray &plaintext) {
    const QByteArray nonce = randomBytes(nonceBytes), iv = randomBytes(ivBytes);
    const QByteArray head = start + materialId + '\x01' + nonce;
    const QByteArray content =
        gcmEncrypt(keyFor(material, nonce), iv, authenticated(head, context), inner + plaintext);
    return head + withLength(encryptedData(iv, content));
}

std::optional<QByteArray> materialIdOf(const QByteArray &blob) {
    const bool isShaped = blob.size() > contentAt && blob.startsWith("\x01\x02") &&
                          (blob[2] == '\x02' || blob[2] == '\x03') && blob[3] == '\0' && blob[4] == '\x78';
    return isShaped ? std::optional(blob.mid(idAt, idBytes)) : std::nullopt;
}

std::optional<QByteArray> decryptBlob(const QByteArray &material, const EncryptionContext &context,
                                      const QByteArray &blob) {
    if (!materialIdOf(blob) ||
        qFromBigEndian<quint32>(blob.constData() + lengthAt) != quint32(blob.size() - contentAt))
        return std::nullopt;
    const auto parts = partsOf(blob.sliced(contentAt));
    // What is not authenticated, such as the identifiers of algorithms, can only be what we write.
    if (!parts || parts->first.size() != ivBytes ||
        encryptedData(parts->first, parts->second) != blob.sliced(contentAt))
        return std::nullopt;
    const auto plaintext = gcmDecrypt(keyFor(material, blob.mid(nonceAt, nonceBytes)), parts->first,
                                      authenticated(blob, context), parts->second);
    if (!plaintext || !plaintext->startsWith(inner))
        return std::nullopt;
    return plaintext->sliced(inner.size());
}

} // namespace nitroscope::kms
