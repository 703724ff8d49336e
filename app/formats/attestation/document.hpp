// SPDX-License-Identifier: GPL-2.0-or-later
//
// An AWS Nitro attestation document taken apart: COSE_Sign1 (RFC 9052 §4.2), untagged or with tag 18, around
// a CBOR map whose keys AWS lists in attestation_process.md. Real documents differ from that text (null for
// absent values, a map of indefinite length since 2025, longer user data): what they really do is accepted,
// with a note where the text is stricter.
//
// decode() takes any bytes and never fails: what could be understood is in the fields, what is wrong in
// `faults`, each with its bytes. Whether the document is to be believed is verify.hpp's business.

#pragma once

#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/tree/node.hpp"

#include <optional>
#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::formats::attestation {

// A byte string of the document. `range` covers the CBOR item with its head, `content` only the bytes; both
// are of the document (where a string comes in chunks, `content` is the whole item).
struct Part {
    QByteArray bytes;
    ByteRange range, content;
    bool isInChunks = false;
};

struct DocumentPcr {
    quint64 index = 0;
    Part value;
};

// Something wrong or unusual in the document's structure.
struct Fault {
    enum class Kind {
        unreadable, // Not a COSE_Sign1 with a readable payload map: nothing to verify.
        invalid,    // A verifier must refuse it.
        surprising, // Legal, but not what the hardware writes, or beyond AWS's written limits.
    };
    Kind kind = Kind::invalid;
    QString message; // A sentence.
    ByteRange range;
};

struct Document {
    QByteArray bytes; // All of it.

    // COSE_Sign1
    bool isTagged = false;
    bool isNitroTpm = false; // An instance's, not an enclave's: nitrotpm_pcrs in place of pcrs.
    std::optional<Part> protectedHeader, payload, signature;
    std::optional<qint64> algorithm; // Header parameter 1: -7 ES256, -35 ES384, -36 ES512.

    // The payload. Absent: missing, null, or not of the right type (which is a fault).
    bool isPayloadIndefinite = false; // Map head bf (hardware since 2025) rather than a9.
    std::optional<QString> moduleId, digest;
    std::optional<quint64> timestampMs; // Since 1970.
    std::vector<DocumentPcr> pcrs;      // In the document's order.
    std::optional<Part> certificate;    // DER of the leaf.
    std::vector<Part> cabundle;         // DER, the root first.
    std::optional<Part> publicKey, userData, nonce;
    ByteRange moduleIdRange, digestRange, timestampRange, pcrsRange, cabundleRange;

    std::vector<Fault> faults;
    CborTree cose, payloadTree; // Everything, for showing. Offsets of payloadTree are of the document.

    bool isReadable() const;
    const DocumentPcr *pcr(quint64 index) const; // nullptr when it is not in the document.
    // PCR 0 to 2 are there and zero: the enclave ran in debug mode.
    bool isDebugMode() const;
};

Document decode(const QByteArray &bytes);

// "ES384"; "algorithm -8" for others, "none" when absent.
QString algorithmText(std::optional<qint64> algorithm);
// "2026-01-02T03:04:05.678Z"; the number itself when it is no time QDateTime knows.
QString timeText(quint64 msSinceEpoch);

// Everything in the document for a tree view: COSE_Sign1, payload, PCRs, the certificates' fields, with byte
// ranges of the document; the faults are findings of the nodes they concern.
Node documentTree(const Document &document);

} // namespace nitroscope::formats::attestation
