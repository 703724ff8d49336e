// SPDX-License-Identifier: GPL-2.0-or-later
//
// Collects the lines of a verdict; what the parts of the verifier share.

#pragma once

#include "app/formats/attestation/document.hpp"
#include "app/formats/attestation/verdict.hpp"
#include "app/formats/certificates/certificate.hpp"
#include "app/formats/certificates/roots.hpp"

#include <vector>

namespace nitroscope::formats::attestation {

class VerdictBuilder {
public:
    void add(const char *id, const QString &subject, Outcome outcome, const QString &text, ByteRange range) {
        m_checks.push_back({QString::fromLatin1(id), subject, outcome, text, range});
    }
    std::vector<Check> take() { return std::move(m_checks); }

private:
    std::vector<Check> m_checks;
};

// The chain as the document gives it; a certificate that cannot be read leaves its place empty.
struct Chain {
    std::vector<std::optional<Certificate>> cabundle;
    std::optional<Certificate> leaf;
};

// Reads the certificates; adds a failed line for each that cannot be read.
Chain readChain(const Document &document, VerdictBuilder &out);

// Root, order, signatures, constraints and dates. Returns the name of the pinned root that matched.
QString checkChain(const Document &document, const Chain &chain, const std::vector<TrustedRoot> &roots,
                   std::optional<qint64> atSeconds, VerdictBuilder &out);

// COSE algorithm and signature.
void checkSignature(const Document &document, const Chain &chain, VerdictBuilder &out);

// Whether serial, module id, PCR 4, names and times fit each other: surprises, never failures.
void checkConsistency(const Document &document, const Chain &chain, VerdictBuilder &out);

} // namespace nitroscope::formats::attestation
