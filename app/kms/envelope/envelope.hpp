// SPDX-License-Identifier: GPL-2.0-or-later
//
// CiphertextForRecipient: what KMS answers to a call with an attestation document, CMS EnvelopedData (RFC 5652 §6) for the RSA key in the document,
// byte for byte as AWS writes it. RSAES-OAEP with SHA-256 around a key of AES-256-CBC; BER with indefinite lengths, because
// that is what enclaves' readers have come to expect: an envelope in DER, just as valid, cannot be read by kmstool.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/tree/node.hpp"

#include <optional>
#include <QByteArray>
#include <QStringList>

namespace nitroscope::kms {

// How the encrypted content is written.
struct EnvelopeForm {
    enum class Content {
        chunks,    // OCTET STRINGs of `chunkBytes`: what AWS writes
        primitive, // one, seen from AWS in 2022
    };
    Content content = Content::chunks;
    qsizetype chunkBytes = 1000;
    bool isDer = false; // a fault to try readers with: definite lengths everywhere
};

struct EnvelopeParts {
    QByteArray keyIdentifier; // SHA-256 over the recipient's SubjectPublicKeyInfo in DER
    QByteArray encryptedKey;  // as long as the RSA key
    QByteArray iv;            // 16 bytes
    QByteArray encryptedContent;
};

QByteArray writeEnvelope(const EnvelopeParts &parts, const EnvelopeForm &form = {});

// For an RSA key as SubjectPublicKeyInfo in DER. Errors: "bad-recipient-key" (says what it is instead), "crypto".
app::Result<QByteArray> sealEnvelope(const QByteArray &plaintext, const QByteArray &recipientKey,
                                     const EnvelopeForm &form = {});
// What is wrong with a recipient's key, in a sentence; nothing when it can be used.
std::optional<QString> recipientKeyProblem(const QByteArray &recipientKey);

struct EnvelopeReading {
    formats::Node tree;                 // each part with its bytes
    std::optional<EnvelopeParts> parts; // when it is an envelope
    EnvelopeForm form;
    QStringList surprises;           // what AWS does not write, and who cannot read it
    std::optional<app::Error> fault; // "bad-envelope", with the offset
};

inline constexpr qsizetype maxEnvelopeBytes = 1024 * 1024;

EnvelopeReading readEnvelope(const QByteArray &bytes);

// The envelope's bytes out of what people have: themselves, base64, or the answer's JSON with a member CiphertextForRecipient.
app::Result<QByteArray> envelopeBytes(const QByteArray &foreign);

// With an RSA private key, PEM without a password or DER. Errors: "bad-key", "wrong-key" (says for which key it is), "bad-envelope".
app::Result<QByteArray> openEnvelope(const EnvelopeParts &parts, const QByteArray &privateKey);

} // namespace nitroscope::kms
