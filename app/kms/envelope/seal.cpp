// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cryptography of envelopes, by OpenSSL.
#include "app/kms/envelope/envelope.hpp"
#include "nsm-device/pki/openssl_ptr.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <QCryptographicHash>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using nsm::KeyPtr;

namespace {

constexpr int keyBytes = 32, ivBytes = 16, blockBytes = 16; // AES-256-CBC
constexpr int minRsaBits = 2048, maxRsaBits = 8192;

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, nsm::Release<EVP_CIPHER_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, nsm::Release<EVP_PKEY_CTX_free>>;

unsigned char *raw(QByteArray &bytes) {
    return reinterpret_cast<unsigned char *>(bytes.data());
}
const unsigned char *raw(const QByteArray &bytes) {
    return reinterpret_cast<const unsigned char *>(bytes.constData());
}

tl::unexpected<app::Error> cryptoFailure() {
    return app::failure(u"crypto"_s,
                        u"OpenSSL failed: %1."_s.arg(QString::fromStdString(nsm::lastOpensslError())));
}

KeyPtr publicKey(const QByteArray &spki) {
    const unsigned char *at = raw(spki);
    KeyPtr key(d2i_PUBKEY(nullptr, &at, long(spki.size())));
    if (!key || at != raw(spki) + spki.size())
        return nullptr;
    return key;
}

int noPassword(char *, int, int, void *) {
    return -1;
}

KeyPtr privateKeyOf(const QByteArray &bytes) {
    const nsm::BioPtr pem(BIO_new_mem_buf(bytes.constData(), int(bytes.size())));
    if (KeyPtr key(PEM_read_bio_PrivateKey(pem.get(), nullptr, noPassword, nullptr)); key)
        return key;
    const unsigned char *at = raw(bytes);
    KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, long(bytes.size())));
    nsm::lastOpensslError(); // of the attempts
    return key;
}

QByteArray spkiOf(const EVP_PKEY *key) {
    unsigned char *der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    const QByteArray spki(reinterpret_cast<const char *>(der), std::max(size, 0));
    OPENSSL_free(der);
    return spki;
}

QByteArray sha256(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256);
}

bool setOaep(EVP_PKEY_CTX *context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

enum class Direction : int { decrypt = 0, encrypt = 1 };

// Empty on failure: even an empty text has a block of padding.
std::optional<QByteArray> aesCbc(Direction direction, const QByteArray &key, const QByteArray &iv,
                                 const QByteArray &input) {
    const CipherPtr cipher(EVP_CIPHER_CTX_new());
    QByteArray output(input.size() + blockBytes, '\0');
    int size = 0, rest = 0;
    const bool isDone =
        cipher &&
        EVP_CipherInit_ex(cipher.get(), EVP_aes_256_cbc(), nullptr, raw(key), raw(iv), int(direction)) == 1 &&
        EVP_CipherUpdate(cipher.get(), raw(output), &size, raw(input), int(input.size())) == 1 &&
        EVP_CipherFinal_ex(cipher.get(), raw(output) + size, &rest) == 1;
    if (!isDone)
        return std::nullopt;
    output.truncate(size + rest);
    return output;
}

} // namespace

std::optional<QString> recipientKeyProblem(const QByteArray &recipientKey) {
    if (recipientKey.isEmpty())
        return u"The document has no public key, so that nothing can be encrypted for the enclave; give one when asking for it."_s;
    if (recipientKey.trimmed().startsWith("-----BEGIN"))
        return u"The document's public key is PEM text; KMS wants the DER inside of it (SubjectPublicKeyInfo)."_s;
    const KeyPtr key = publicKey(recipientKey);
    if (!key) {
        const unsigned char *at = raw(recipientKey);
        const KeyPtr rsa(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, long(recipientKey.size())));
        nsm::lastOpensslError();
        return rsa ? u"The document's public key is a bare RSAPublicKey (PKCS #1); KMS wants a SubjectPublicKeyInfo."_s
                   : u"The document's public key is no SubjectPublicKeyInfo in DER."_s;
    }
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        return u"The document's public key is no RSA key; RSAES_OAEP_SHA_256 needs one."_s;
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < minRsaBits || bits > maxRsaBits)
        return u"The document's RSA key has %1 bits; KMS takes 2048 and more."_s.arg(bits);
    return std::nullopt;
}

app::Result<QByteArray> sealEnvelope(const QByteArray &plaintext, const QByteArray &recipientKey,
                                     const EnvelopeForm &form) {
    if (const auto problem = recipientKeyProblem(recipientKey))
        return app::failure(u"bad-recipient-key"_s, *problem);
    const KeyPtr key = publicKey(recipientKey);
    QByteArray contentKey(keyBytes, '\0');
    EnvelopeParts parts{.keyIdentifier = sha256(spkiOf(key.get())),
                        .encryptedKey = QByteArray(EVP_PKEY_get_size(key.get()), '\0'),
                        .iv = QByteArray(ivBytes, '\0'),
                        .encryptedContent = {}};
    const KeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
    auto size = size_t(parts.encryptedKey.size());
    const bool isDone =
        RAND_bytes(raw(contentKey), keyBytes) == 1 && RAND_bytes(raw(parts.iv), ivBytes) == 1 && context &&
        EVP_PKEY_encrypt_init(context.get()) > 0 && setOaep(context.get()) &&
        EVP_PKEY_encrypt(context.get(), raw(parts.encryptedKey), &size, raw(contentKey), keyBytes) > 0;
    const auto content = isDone ? aesCbc(Direction::encrypt, contentKey, parts.iv, plaintext) : std::nullopt;
    OPENSSL_cleanse(contentKey.data(), keyBytes);
    if (!content)
        return cryptoFailure();
    parts.encryptedContent = *content;
    return writeEnvelope(parts, form);
}

app::Result<QByteArray> openEnvelope(const EnvelopeParts &parts, const QByteArray &privateKey) {
    const KeyPtr key = privateKeyOf(privateKey);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        return app::failure(u"bad-key"_s, u"The key is no RSA private key, PEM without a password or DER."_s);
    const QByteArray identifier = sha256(spkiOf(key.get()));
    const QString wrongKey =
        identifier == parts.keyIdentifier
            ? u"The key is the one that is named, but does not decrypt it; the envelope is damaged."_s
            : u"The envelope is for the key %1, this one is %2."_s.arg(
                  QString::fromLatin1(parts.keyIdentifier.toHex()), QString::fromLatin1(identifier.toHex()));
    const KeyContextPtr context(EVP_PKEY_CTX_new(key.get(), nullptr));
    QByteArray contentKey(EVP_PKEY_get_size(key.get()), '\0');
    auto size = size_t(contentKey.size());
    const bool isOpen = context && EVP_PKEY_decrypt_init(context.get()) > 0 && setOaep(context.get()) &&
                        EVP_PKEY_decrypt(context.get(), raw(contentKey), &size, raw(parts.encryptedKey),
                                         size_t(parts.encryptedKey.size())) > 0;
    nsm::lastOpensslError();
    if (!isOpen)
        return app::failure(u"wrong-key"_s, wrongKey);
    if (size != keyBytes)
        return app::failure(u"bad-envelope"_s, u"The envelope's AES key has %1 bytes, not 32."_s.arg(size));
    const auto content = aesCbc(Direction::decrypt, contentKey, parts.iv, parts.encryptedContent);
    OPENSSL_cleanse(contentKey.data(), size_t(contentKey.size()));
    if (!content) {
        nsm::lastOpensslError();
        return app::failure(u"bad-envelope"_s, u"The content does not decrypt: it is damaged or cut."_s);
    }
    return *content;
}

} // namespace nitroscope::kms
