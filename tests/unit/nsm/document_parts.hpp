// SPDX-License-Identifier: GPL-2.0-or-later
//
// An attestation document taken apart with libcbor, strictly: anything that is not exactly as hardware makes
// it is refused, so that a flipped byte cannot hide in the wrapping.
#pragma once

#include <optional>
#include <QByteArray>
#include <QList>
#include <QMap>

namespace nitroscope::test {

struct DocumentParts {
    QByteArray protectedHeader, payload, signature; // signature: r ‖ s
    QList<QByteArray> keys;                         // of the payload, in their order
    bool indefinite = false;
    QByteArray moduleId, digest;
    quint64 timestamp = 0;
    QMap<int, QByteArray> pcrs;
    QByteArray certificate;
    QList<QByteArray> cabundle;
    std::optional<QByteArray> publicKey, userData, nonce;
};

// The document out of a good Attestation response.
std::optional<QByteArray> documentOf(const QByteArray &response);
std::optional<DocumentParts> takeApart(const QByteArray &document);

// ["Signature1", protected, h'', payload], what COSE_Sign1 signs.
QByteArray signedBytes(const DocumentParts &parts);
// r ‖ s as the DER that OpenSSL verifies.
QByteArray derSignature(const QByteArray &raw);

// Verifies signature and chain with OpenSSL's library, at the document's own time, trusting only `root`
// (DER).
bool verifies(const QByteArray &document, const QByteArray &root);

} // namespace nitroscope::test
