// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/store/key_material.hpp"

#include "nsm-device/pki/openssl_ptr.hpp"

#include <algorithm>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using nsm::KeyPtr;

namespace {

constexpr int tagBytes = 16, symmetricBytes = 32;

constexpr KeySpec specs[] = {
    {"SYMMETRIC_DEFAULT", 0, nullptr}, {"RSA_2048", 2048, nullptr},         {"RSA_3072", 3072, nullptr},
    {"RSA_4096", 4096, nullptr},       {"ECC_NIST_P256", 0, "P-256"},       {"ECC_NIST_P384", 0, "P-384"},
    {"ECC_NIST_P521", 0, "P-521"},     {"ECC_SECG_P256K1", 0, "secp256k1"},
};

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, nsm::Release<EVP_CIPHER_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, nsm::Release<EVP_PKEY_CTX_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, nsm::Release<PKCS8_PRIV_KEY_INFO_free>>;

unsigned char *raw(QByteArray &bytes) {
    return reinterpret_cast<unsigned char *>(bytes.data());
}
const unsigned char *raw(const QByteArray &bytes) {
    return reinterpret_cast<const unsigned char *>(bytes.constData());
}

KeyPtr privateKeyOf(const QByteArray &der) {
    const unsigned char *at = raw(der);
    KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, long(der.size())));
    nsm::lastOpensslError();
    return key;
}

using RsaFunction = int (*)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);

std::optional<QByteArray> rsa(const QByteArray &privateKey, OaepHash hash, const QByteArray &input,
                              int (*begin)(EVP_PKEY_CTX *), RsaFunction compute) {
    const KeyPtr key = privateKeyOf(privateKey);
    const KeyContextPtr context(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
    const EVP_MD *digest = hash == OaepHash::sha1 ? EVP_sha1() : EVP_sha256();
    QByteArray output(key ? EVP_PKEY_get_size(key.get()) : 0, '\0');
    auto size = size_t(output.size());
    const bool isDone = context && begin(context.get()) > 0 &&
                        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) > 0 &&
                        EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) > 0 &&
                        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) > 0 &&
                        compute(context.get(), raw(output), &size, raw(input), size_t(input.size())) > 0;
    nsm::lastOpensslError();
    if (!isDone)
        return std::nullopt;
    output.truncate(qsizetype(size));
    return output;
}

} // namespace

std::span<const KeySpec> keySpecs() {
    return specs;
}

const KeySpec *keySpec(QStringView name) {
    for (const KeySpec &spec : specs)
        if (name == QLatin1StringView(spec.name))
            return &spec;
    return nullptr;
}

QByteArray randomBytes(qsizetype count) {
    QByteArray bytes(count, '\0');
    if (RAND_bytes(raw(bytes), int(count)) != 1)
        qFatal("There is no randomness.");
    return bytes;
}

app::Result<QByteArray> makeMaterial(const KeySpec &spec) {
    if (spec.isSymmetric())
        return randomBytes(symmetricBytes);
    const KeyPtr key(spec.curve ? EVP_EC_gen(spec.curve) : EVP_RSA_gen(unsigned(spec.rsaBits)));
    const Pkcs8Ptr info(key ? EVP_PKEY2PKCS8(key.get()) : nullptr);
    unsigned char *der = nullptr;
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : -1;
    if (size < 0)
        return app::failure(
            u"crypto"_s, u"OpenSSL made no key: %1."_s.arg(QString::fromStdString(nsm::lastOpensslError())));
    QByteArray bytes(reinterpret_cast<const char *>(der), size);
    OPENSSL_clear_free(der, size_t(size));
    return bytes;
}

QByteArray publicKeyOf(const QByteArray &privateKey) {
    const KeyPtr key = privateKeyOf(privateKey);
    unsigned char *der = nullptr;
    const int size = key ? i2d_PUBKEY(key.get(), &der) : 0;
    const QByteArray bytes(reinterpret_cast<const char *>(der), std::max(size, 0));
    OPENSSL_free(der);
    return bytes;
}

std::optional<QByteArray> rsaEncrypt(const QByteArray &privateKey, OaepHash hash,
                                     const QByteArray &plaintext) {
    return rsa(privateKey, hash, plaintext, EVP_PKEY_encrypt_init, EVP_PKEY_encrypt);
}

std::optional<QByteArray> rsaDecrypt(const QByteArray &privateKey, OaepHash hash,
                                     const QByteArray &ciphertext) {
    return rsa(privateKey, hash, ciphertext, EVP_PKEY_decrypt_init, EVP_PKEY_decrypt);
}

std::optional<QByteArray> sharedSecret(const QByteArray &privateKey, const QByteArray &peer) {
    const KeyPtr own = privateKeyOf(privateKey);
    const unsigned char *at = raw(peer);
    const KeyPtr other(d2i_PUBKEY(nullptr, &at, long(peer.size())));
    const KeyContextPtr context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
    size_t size = 0;
    QByteArray secret;
    bool isDone = context && other && at == raw(peer) + peer.size() &&
                  EVP_PKEY_derive_init(context.get()) > 0 &&
                  EVP_PKEY_derive_set_peer(context.get(), other.get()) > 0 &&
                  EVP_PKEY_derive(context.get(), nullptr, &size) > 0;
    if (isDone) {
        secret.resize(qsizetype(size));
        isDone = EVP_PKEY_derive(context.get(), raw(secret), &size) > 0;
    }
    nsm::lastOpensslError();
    return isDone ? std::optional(secret) : std::nullopt;
}

QByteArray gcmEncrypt(const QByteArray &key, const QByteArray &iv, const QByteArray &aad,
                      const QByteArray &plaintext) {
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    QByteArray output(plaintext.size() + tagBytes, '\0');
    int size = 0, rest = 0;
    const bool isDone =
        cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(iv)) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &size, raw(aad), int(aad.size())) == 1 &&
        EVP_EncryptUpdate(cipher.get(), raw(output), &size, raw(plaintext), int(plaintext.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), raw(output) + size, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tagBytes, output.data() + size) == 1;
    return isDone ? output : QByteArray();
}

std::optional<QByteArray> gcmDecrypt(const QByteArray &key, const QByteArray &iv, const QByteArray &aad,
                                     const QByteArray &ciphertext) {
    const qsizetype bytes = ciphertext.size() - tagBytes;
    if (bytes < 0)
        return std::nullopt;
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    QByteArray output(bytes, '\0'), tag = ciphertext.last(tagBytes);
    int size = 0, rest = 0;
    const bool isDone =
        cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(iv)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &size, raw(aad), int(aad.size())) == 1 &&
        EVP_DecryptUpdate(cipher.get(), raw(output), &size, raw(ciphertext), int(bytes)) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tagBytes, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), raw(output) + size, &rest) == 1;
    nsm::lastOpensslError();
    return isDone ? std::optional(output) : std::nullopt;
}

} // namespace nitroscope::kms
