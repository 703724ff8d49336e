// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operations that use keys.
#include "app/kms/service/call.hpp"

namespace nitroscope::kms::operations {

using namespace Qt::Literals::StringLiterals;
using Need = CallMembers::Need;

namespace {

constexpr qsizetype maxPlaintext = 4096, maxCiphertext = 6144;
const QString symmetric = u"SYMMETRIC_DEFAULT"_s, sha1 = u"RSAES_OAEP_SHA_1"_s,
              sha256 = u"RSAES_OAEP_SHA_256"_s;
const QString encryptDecrypt = u"ENCRYPT_DECRYPT"_s;

QString base64(const QByteArray &bytes) {
    return QString::fromLatin1(bytes.toBase64());
}

QString algorithmOf(Call &call) {
    const QString algorithm =
        call.members.word(u"EncryptionAlgorithm"_s, Need::optional, {symmetric, sha1, sha256})
            .value_or(symmetric);
    call.setValue(u"kms:EncryptionAlgorithm", algorithm);
    return algorithm;
}

// The key by that name, checked for its state and its use.
CallResult<KmsKey *> usableKey(Call &call, const QString &name, const QString &usage) {
    const auto key = call.keyNamed(name);
    if (!key)
        return key;
    if (const auto usable = call.requireUsable(**key); !usable)
        return tl::unexpected(usable.error());
    if (const auto fits = call.requireUsage(**key, usage); !fits)
        return tl::unexpected(fits.error());
    return key;
}

// KeyId, which most operations must have. Wrong members are told before a key is looked for.
CallResult<KmsKey *> requiredKey(Call &call, const QString &usage) {
    const auto name = call.members.text(u"KeyId"_s, Need::required);
    if (const auto error = call.members.error())
        return tl::unexpected(*error);
    return usableKey(call, *name, usage);
}

CallResult<void> requireAlgorithm(const Call &call, const KmsKey &key, const QString &algorithm) {
    if (key.isSymmetric() == (algorithm == symmetric))
        return {};
    return callError(u"InvalidKeyUsageException"_s,
                     u"Algorithm %1 and key spec %2 are incompatible for key %3."_s.arg(
                         algorithm, key.spec, call.store.keyArn(key.id)));
}

OaepHash hashOf(const QString &algorithm) {
    return algorithm == sha1 ? OaepHash::sha1 : OaepHash::sha256;
}

QString contextText(const EncryptionContext &context) {
    QStringList pairs;
    for (const auto &[name, value] : context)
        pairs << name + u'=' + value;
    return pairs.isEmpty() ? u"none"_s : pairs.join(u", "_s);
}

CallResult<KmsKey *> keyOfCiphertext(Call &call, const QByteArray &ciphertext) {
    const auto materialId = materialIdOf(ciphertext);
    if (!materialId)
        return callError(
            u"InvalidCiphertextException"_s, {},
            u"The ciphertext is asymmetric (it has no KMS head) or damaged. For an asymmetric one, pass KeyId and EncryptionAlgorithm."_s);
    const KmsKey *key = call.store.keyOfMaterial(*materialId);
    if (!key)
        return callError(
            u"AccessDeniedException"_s,
            u"The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."_s,
            u"It was made by real AWS KMS or by another key store; it cannot be decrypted here. Encrypt the secret anew with a key of this store."_s);
    call.isKeyImplied = true;
    return usableKey(call, key->id, encryptDecrypt);
}

// Secret and ciphertext of a data key; both members of the answer.
CallResult<QJsonObject> dataKey(Call &call, bool withPlaintext) {
    const auto spec = call.members.word(u"KeySpec"_s, Need::optional, {u"AES_256"_s, u"AES_128"_s});
    const auto count = call.members.number(u"NumberOfBytes"_s, Need::optional, 1, 1024);
    call.context = call.members.context(u"EncryptionContext"_s);
    if (withPlaintext)
        call.readRecipient();
    call.setValue(u"kms:EncryptionAlgorithm", symmetric);
    const auto key = requiredKey(call, encryptDecrypt);
    if (!key)
        return tl::unexpected(key.error());
    if (spec.has_value() == count.has_value())
        return callError(u"ValidationException"_s,
                         spec ? u"Please specify either number of bytes or key spec, not both."_s
                              : u"Please specify either number of bytes or key spec."_s);
    if (!(*key)->isSymmetric())
        return callError(u"InvalidKeyUsageException"_s,
                         u"%1 key usage is %2 which is not valid for %3."_s.arg(call.keyArn, (*key)->usage,
                                                                                call.operation));
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    const QByteArray secret = randomBytes(count.value_or(spec == u"AES_128"_s ? 16 : 32));
    QJsonObject answer{{u"KeyId"_s, call.keyArn},
                       {u"CiphertextBlob"_s,
                        base64(encryptBlob((*key)->material, (*key)->materialId, call.context, secret))}};
    if (withPlaintext)
        if (const auto added = call.addSecret(answer, u"Plaintext"_s, secret); !added)
            return tl::unexpected(added.error());
    if (!call.hasRecipient())
        answer.insert(u"KeyMaterialId"_s, QString::fromLatin1((*key)->materialId.toHex()));
    return answer;
}

} // namespace

CallResult<QJsonObject> decrypt(Call &call) {
    const auto ciphertext = call.members.blob(u"CiphertextBlob"_s, Need::required, maxCiphertext);
    const auto name = call.members.text(u"KeyId"_s, Need::optional);
    const QString algorithm = algorithmOf(call);
    call.context = call.members.context(u"EncryptionContext"_s);
    call.readRecipient();
    if (const auto error = call.members.error())
        return tl::unexpected(*error);
    const auto key = name ? usableKey(call, *name, encryptDecrypt) : keyOfCiphertext(call, *ciphertext);
    if (!key)
        return tl::unexpected(key.error());
    if (const auto fits = requireAlgorithm(call, **key, algorithm); !fits)
        return tl::unexpected(fits.error());
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    const auto materialId = materialIdOf(*ciphertext);
    if (algorithm == symmetric && materialId && *materialId != (*key)->materialId)
        return callError(
            u"IncorrectKeyException"_s,
            u"The key ID in the request does not identify a CMK that can perform this operation."_s,
            u"The ciphertext was made with another key."_s);
    const auto plaintext = algorithm == symmetric
                               ? decryptBlob((*key)->material, call.context, *ciphertext)
                               : rsaDecrypt((*key)->material, hashOf(algorithm), *ciphertext);
    if (!plaintext)
        return callError(
            u"InvalidCiphertextException"_s, {},
            u"The ciphertext is damaged, or it was made with another encryption context than the call's (%1)."_s
                .arg(contextText(call.context)));
    QJsonObject answer{{u"KeyId"_s, call.keyArn}, {u"EncryptionAlgorithm"_s, algorithm}};
    if (const auto added = call.addSecret(answer, u"Plaintext"_s, *plaintext); !added)
        return tl::unexpected(added.error());
    if (!call.hasRecipient() && (*key)->isSymmetric())
        answer.insert(u"KeyMaterialId"_s, QString::fromLatin1((*key)->materialId.toHex()));
    return answer;
}

CallResult<QJsonObject> encrypt(Call &call) {
    const auto plaintext = call.members.blob(u"Plaintext"_s, Need::required, maxPlaintext);
    const QString algorithm = algorithmOf(call);
    call.context = call.members.context(u"EncryptionContext"_s);
    const auto key = requiredKey(call, encryptDecrypt);
    if (!key)
        return tl::unexpected(key.error());
    if (const auto fits = requireAlgorithm(call, **key, algorithm); !fits)
        return tl::unexpected(fits.error());
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    const auto ciphertext =
        algorithm == symmetric
            ? std::optional(encryptBlob((*key)->material, (*key)->materialId, call.context, *plaintext))
            : rsaEncrypt((*key)->material, hashOf(algorithm), *plaintext);
    if (!ciphertext)
        return callError(u"ValidationException"_s,
                         u"Plaintext is too long for the key spec %1."_s.arg((*key)->spec));
    return QJsonObject{{u"KeyId"_s, call.keyArn},
                       {u"CiphertextBlob"_s, base64(*ciphertext)},
                       {u"EncryptionAlgorithm"_s, algorithm}};
}

CallResult<QJsonObject> generateDataKey(Call &call) {
    return dataKey(call, true);
}

CallResult<QJsonObject> generateDataKeyWithoutPlaintext(Call &call) {
    return dataKey(call, false);
}

CallResult<QJsonObject> generateDataKeyPair(Call &call) {
    const QStringList specs{u"RSA_2048"_s,
                            u"RSA_3072"_s,
                            u"RSA_4096"_s,
                            u"ECC_NIST_P256"_s,
                            u"ECC_NIST_P384"_s,
                            u"ECC_NIST_P521"_s,
                            u"ECC_SECG_P256K1"_s,
                            u"ECC_NIST_EDWARDS25519"_s,
                            u"SM2"_s};
    const auto spec = call.members.word(u"KeyPairSpec"_s, Need::required, specs);
    call.context = call.members.context(u"EncryptionContext"_s);
    call.readRecipient();
    call.setValue(u"kms:EncryptionAlgorithm", symmetric);
    call.setValue(u"kms:DataKeyPairSpec", spec.value_or(QString()));
    const auto key = requiredKey(call, encryptDecrypt);
    if (!key)
        return tl::unexpected(key.error());
    if (!(*key)->isSymmetric())
        return callError(u"InvalidKeyUsageException"_s,
                         u"%1 key usage is %2 which is not valid for %3."_s.arg(call.keyArn, (*key)->usage,
                                                                                call.operation));
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    const KeySpec *kind = keySpec(*spec);
    if (!kind)
        return callError(u"UnsupportedOperationException"_s,
                         u"KeyPairSpec %1 is not offered here."_s.arg(*spec));
    const auto pair = makeMaterial(*kind);
    if (!pair)
        return callError(u"KMSInternalException"_s, pair.error().message);
    QJsonObject answer{{u"KeyId"_s, call.keyArn},
                       {u"KeyPairSpec"_s, *spec},
                       {u"PublicKey"_s, base64(publicKeyOf(*pair))},
                       {u"PrivateKeyCiphertextBlob"_s,
                        base64(encryptBlob((*key)->material, (*key)->materialId, call.context, *pair))}};
    if (const auto added = call.addSecret(answer, u"PrivateKeyPlaintext"_s, *pair); !added)
        return tl::unexpected(added.error());
    if (!call.hasRecipient())
        answer.insert(u"KeyMaterialId"_s, QString::fromLatin1((*key)->materialId.toHex()));
    return answer;
}

CallResult<QJsonObject> generateRandom(Call &call) {
    const auto count = call.members.number(u"NumberOfBytes"_s, Need::optional, 1, 1024);
    call.readRecipient();
    if (const auto allowed = call.authorize(nullptr); !allowed)
        return tl::unexpected(allowed.error());
    if (!count)
        return callError(u"ValidationException"_s, u"NumberOfBytes is required."_s);
    QJsonObject answer;
    if (const auto added = call.addSecret(answer, u"Plaintext"_s, randomBytes(*count)); !added)
        return tl::unexpected(added.error());
    return answer;
}

CallResult<QJsonObject> deriveSharedSecret(Call &call) {
    constexpr qsizetype maxPublicKey = 8192;
    const auto algorithm = call.members.word(u"KeyAgreementAlgorithm"_s, Need::required, {u"ECDH"_s});
    const auto peer = call.members.blob(u"PublicKey"_s, Need::required, maxPublicKey);
    call.readRecipient();
    call.setValue(u"kms:KeyAgreementAlgorithm", algorithm.value_or(QString()));
    const auto key = requiredKey(call, u"KEY_AGREEMENT"_s);
    if (!key)
        return tl::unexpected(key.error());
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    const auto secret = sharedSecret((*key)->material, *peer);
    if (!secret)
        return callError(
            u"ValidationException"_s, u"PublicKey is not valid."_s,
            u"It must be a SubjectPublicKeyInfo in DER on the key's own curve, %1."_s.arg((*key)->spec));
    QJsonObject answer{
        {u"KeyId"_s, call.keyArn}, {u"KeyAgreementAlgorithm"_s, u"ECDH"_s}, {u"KeyOrigin"_s, u"AWS_KMS"_s}};
    if (const auto added = call.addSecret(answer, u"SharedSecret"_s, *secret); !added)
        return tl::unexpected(added.error());
    return answer;
}

} // namespace nitroscope::kms::operations
