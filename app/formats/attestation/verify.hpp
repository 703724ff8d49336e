// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verdict over an attestation document, line by line, as RFC 9052, RFC 5280 and AWS's
// attestation_process.md ask for it: structure, algorithm, signature, each certificate, root, PCRs, nonce,
// user data, age, and whether the parts fit each other. Trust comes only from a root that the caller pins:
// the one in the document's own cabundle proves nothing.
//
// All checks are made even when an early one fails, so that the user sees everything that is wrong at once.

#pragma once

#include "app/formats/attestation/document.hpp"
#include "app/formats/attestation/verdict.hpp"
#include "app/formats/certificates/roots.hpp"

#include <map>
#include <optional>
#include <QByteArray>
#include <vector>

namespace nitroscope::formats::attestation {

// When the certificates must be valid.
enum class CheckTime {
    now,
    document, // The document's own timestamp: what it was worth when it was made.
    at,       // A time of the caller's choice.
};

struct VerifyOptions {
    std::vector<TrustedRoot> roots = {awsRoot()};
    CheckTime time = CheckTime::now;
    qint64 atSeconds = 0;               // For CheckTime::at, seconds since 1970.
    std::optional<qint64> nowSeconds;   // The computer's clock by default.
    std::map<quint64, QByteArray> pcrs; // Expected values, 48 bytes each.
    std::optional<QByteArray> nonce, userData;
    // Seconds between the document's timestamp and the checked time; the clock's with CheckTime::document.
    std::optional<qint64> maxAgeSeconds;
};

// Takes about as long as five P-384 verifications (some milliseconds). Thread-safe.
Verification verify(const Document &document, const VerifyOptions &options = {});

} // namespace nitroscope::formats::attestation
