// SPDX-License-Identifier: GPL-2.0-or-later
//
// One certificate of a chain, with what is around it: its own fields (RFC 5280 §4), and what its place in the path asks of it (§6.1). Each fault
// is a line of the verdict.

#pragma once

#include "app/formats/attestation/verdict_builder.hpp"

namespace nitroscope::formats::attestation {

class LinkCheck {
public:
    LinkCheck(VerdictBuilder &out, QString subject, const Certificate &certificate, ByteRange range)
        : m_out(out), m_subject(std::move(subject)), m_certificate(certificate), m_range(range) {}

    void common(); // What holds for CAs and leaf alike.
    // `below`: CA certificates between this one and the leaf.
    void authority(size_t below);
    void leaf();
    void issuedBy(const Certificate *issuer, const QString &issuerName);
    void validity(std::optional<qint64> at);
    // Says that all was well, if it was.
    void conclude(const QString &role);

private:
    void checkNumbers();
    void checkKey();
    void fail(const char *id, const QString &text);
    void surprise(const QString &text);
    void skip(const QString &text);

    VerdictBuilder &m_out;
    QString m_subject;
    const Certificate &m_certificate;
    ByteRange m_range;
    bool m_hasFailed = false;
};

} // namespace nitroscope::formats::attestation
