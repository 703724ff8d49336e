// SPDX-License-Identifier: GPL-2.0-or-later
//
// The verdict over an attestation document, line by line, as RFC 9052, RFC 5280 and AWS's
// attestation_process.md ask for it: structure, algorithm, signature, each certificate, root, PCRs, nonce,
// user data, age, and whether the parts fit each other. Trust comes only from a root that the caller pins:
// the one in the document's own cabundle proves nothing.
//
// All checks are made even when an early one fails, so that the user sees everything that is wrong at once.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/attestation/document.hpp"

#include <map>
#include <optional>
#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::formats::attestation {

struct TrustedRoot {
    QString name;      ///< "AWS Nitro Enclaves root G1"
    QByteArray sha256; ///< Of the DER, 32 bytes.
    QByteArray der;    ///< Empty when only the fingerprint is known.
};

/// What people can name: the roots of AWS's partitions, and the one this user's own enclaves sign under.
TrustedRoot awsRoot();
TrustedRoot awsGovRoot();
/// Error "no-local-root": the user has none yet, or it cannot be read.
app::Result<TrustedRoot> localRoot();
/// "aws", "aws-gov", "local", or a file with certificates as PEM or one as DER. Errors: "no-local-root",
/// "root-unreadable".
app::Result<std::vector<TrustedRoot>> trustedRoots(const QString &nameOrPath);

/// When the certificates must be valid.
enum class CheckTime {
    now,
    document, ///< The document's own timestamp: what it was worth when it was made.
    at,       ///< A time of the caller's choice.
};

struct VerifyOptions {
    std::vector<TrustedRoot> roots = {awsRoot()};
    CheckTime time = CheckTime::now;
    qint64 atSeconds = 0;               ///< For CheckTime::at, seconds since 1970.
    std::optional<qint64> nowSeconds;   ///< The computer's clock by default.
    std::map<quint64, QByteArray> pcrs; ///< Expected values, 48 bytes each.
    std::optional<QByteArray> nonce, userData;
    /// Seconds between the document's timestamp and the checked time; the clock's with CheckTime::document.
    std::optional<qint64> maxAgeSeconds;
};

enum class Outcome {
    passed,
    surprising, ///< Valid, but worth a look.
    failed,     ///< The document must not be believed.
    skipped,    ///< Could not be checked, because of something that failed before.
};

/// One line of the verdict.
struct Check {
    /// Stable: structure, algorithm, signature, root, certificate, order, validity, pcr, debug-mode, nonce,
    /// user-data, age, consistency.
    QString id;
    QString subject; ///< What it is about: "COSE_Sign1", "cabundle[1]", "certificate", "PCR0".
    Outcome outcome = Outcome::passed;
    QString text;    ///< One sentence, with the reason.
    ByteRange range; ///< Bytes of the document it is about; may be empty.
};

enum class Verdict {
    valid,
    surprising, ///< Valid; at least one check is surprising.
    invalid,
    unreadable, ///< Not an attestation document.
};

struct Verification {
    Verdict verdict = Verdict::unreadable;
    std::vector<Check> checks;
    std::optional<qint64> checkedAtSeconds; ///< Time used for the certificates; none when it is unknown.
    QString rootName;                       ///< Of the root that matched; empty when none did.
    /// Valid at all, surprises included.
    bool isValid() const { return verdict == Verdict::valid || verdict == Verdict::surprising; }
};

/// Takes about as long as five P-384 verifications (some milliseconds). Thread-safe.
Verification verify(const Document &document, const VerifyOptions &options = {});

/// "valid", "valid, but surprising", "invalid", "unreadable".
QString verdictText(Verdict verdict);
/// Stable words for programs: "valid", "surprising", "invalid", "unreadable"; "passed", "surprising",
/// "failed", "skipped".
QString verdictWord(Verdict verdict);
QString outcomeWord(Outcome outcome);

} // namespace nitroscope::formats::attestation
