// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the verifier says of a document: one line per check, and what follows from all of them.

#pragma once

#include "app/formats/tree/node.hpp"

#include <optional>
#include <QString>
#include <vector>

namespace nitroscope::formats::attestation {

enum class Outcome {
    passed,
    surprising, // Valid, but worth a look.
    failed,     // The document must not be believed.
    skipped,    // Could not be checked, because of something that failed before.
};

// One line of the verdict.
struct Check {
    // Stable: structure, algorithm, signature, root, certificate, order, validity, pcr, debug-mode, nonce,
    // user-data, age, consistency.
    QString id;
    QString subject; // What it is about: "COSE_Sign1", "cabundle[1]", "certificate", "PCR0".
    Outcome outcome = Outcome::passed;
    QString text;    // One sentence, with the reason.
    ByteRange range; // Bytes of the document it is about; may be empty.
};

enum class Verdict {
    valid,
    surprising, // Valid; at least one check is surprising.
    invalid,
    unreadable, // Not an attestation document.
};

struct Verification {
    Verdict verdict = Verdict::unreadable;
    std::vector<Check> checks;
    std::optional<qint64> checkedAtSeconds; // Time used for the certificates; none when it is unknown.
    QString rootName;                       // Of the root that matched; empty when none did.
    // Valid at all, surprises included.
    bool isValid() const { return verdict == Verdict::valid || verdict == Verdict::surprising; }
};

// "valid", "valid, but surprising", "invalid", "unreadable".
QString verdictText(Verdict verdict);
// Stable words for programs: "valid", "surprising", "invalid", "unreadable"; "passed", "surprising",
// "failed", "skipped".
QString verdictWord(Verdict verdict);
QString outcomeWord(Outcome outcome);

} // namespace nitroscope::formats::attestation
