// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain of an attestation document: cabundle (root, regional, zonal, instance) and leaf, checked in the
// order given. RFC 5280 §6 in the small: a critical extension about policies or names is refused because it is not processed, and there is
// no revocation (AWS asks to switch CRLs off). The root is trusted by its fingerprint alone; its signature over itself would prove nothing
// and is not checked. All else that a CA must be it must be, too, whether it is in the bundle or left out.

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QDateTime>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int minSecurityBits = 112; // NIST SP 800-57 part 1: anything below is broken or will soon be

QString placeName(size_t index) {
    return u"cabundle[%1]"_s.arg(index);
}

// One certificate of the chain with what is around it.
class LinkCheck {
public:
    LinkCheck(VerdictBuilder &out, QString subject, const Certificate &certificate, ByteRange range)
        : m_out(out), m_subject(std::move(subject)), m_certificate(certificate), m_range(range) {}

    void common() {
        if (m_certificate.version() != 3)
            fail("certificate", u"It is an X.509 version %1 certificate; version 3 is required."_s.arg(
                                    m_certificate.version()));
        if (m_certificate.hasBrokenExtension())
            fail("certificate", u"One of its extensions is broken or appears twice."_s);
        for (const QString &name : m_certificate.unprocessedCriticalExtensions())
            fail(
                "certificate",
                u"It has the critical extension %1, which is unknown here: it may say that the certificate is not meant for this."_s
                    .arg(name));
        if (m_certificate.hasExtendedKeyUsage())
            surprise(
                u"It has an extended key usage, so it is meant for other purposes; Nitro certificates have none."_s);
        if (m_certificate.keyText() == u"unreadable")
            fail("certificate", u"Its public key cannot be read."_s);
        else if (m_certificate.securityBits() < minSecurityBits)
            fail("certificate", u"Its key is %1, which is too weak."_s.arg(m_certificate.keyText()));
        else if (!m_certificate.isP384())
            surprise(u"Its key is %1; Nitro certificates have EC P-384."_s.arg(m_certificate.keyText()));
        if (m_certificate.isWeaklySigned())
            fail("certificate",
                 u"It is signed with %1, which is too weak."_s.arg(m_certificate.signatureAlgorithm()));
    }

    // `below`: CA certificates between this one and the leaf.
    void authority(size_t below) {
        if (!m_certificate.hasBasicConstraints() || !m_certificate.isCa())
            fail("certificate", u"It is not a CA (basic constraints) but has issued the next one."_s);
        if (!m_certificate.maySignCertificates())
            fail("certificate", u"Its key usage does not allow it to sign certificates."_s);
        const auto length = m_certificate.pathLength();
        if (length && *length < qint64(below))
            fail("certificate",
                 u"Its path length is %1, but %2 CA certificates follow it."_s.arg(*length).arg(below));
    }

    void leaf() {
        if (m_certificate.isCa())
            fail("certificate", u"The leaf is a CA certificate."_s);
        if (m_certificate.pathLength())
            fail("certificate", u"The leaf has a path length."_s);
        if (!m_certificate.maySignData())
            fail("certificate", u"Its key usage does not allow digital signatures."_s);
        if (!m_certificate.hasBasicConstraints())
            surprise(u"It has no basic constraints; the hardware's leaf says CA=false."_s);
    }

    void issuedBy(const Certificate *issuer, const QString &issuerName) {
        if (!issuer)
            return skip(u"Its signature could not be checked, because %1 cannot be read."_s.arg(issuerName));
        if (!m_certificate.isIssuerNamed(*issuer))
            fail("order", u"Its issuer is \"%1\", but the certificate before it, %2, is \"%3\"."_s.arg(
                              m_certificate.issuer(), issuerName, issuer->subject()));
        else if (!m_certificate.keyIdentifierFits(*issuer))
            fail("order", u"Its authority key identifier is not the key of %1."_s.arg(issuerName));
        if (!m_certificate.isSignedBy(*issuer))
            fail("certificate", u"Its signature was not made with the key of %1."_s.arg(issuerName));
    }

    void validity(std::optional<qint64> at) {
        const qint64 from = m_certificate.notBefore(), to = m_certificate.notAfter();
        if (!at)
            return skip(u"Its validity could not be checked, because the time is unknown."_s);
        if (*at < from)
            fail("validity", u"Not yet valid at %1: it begins at %2, %3 later."_s.arg(
                                 secondsText(*at), secondsText(from), spanText(from - *at)));
        else if (*at > to)
            fail("validity", u"Expired at %1: it ended at %2, %3 before."_s.arg(
                                 secondsText(*at), secondsText(to), spanText(*at - to)));
    }

    // Says that all was well, if it was.
    void conclude(const QString &role) {
        if (m_hasFailed)
            return;
        QString text = u"%1 \"%2\", valid %3 to %4"_s.arg(role, m_certificate.commonName(),
                                                          secondsText(m_certificate.notBefore()),
                                                          secondsText(m_certificate.notAfter()));
        if (m_certificate.isCa())
            text += m_certificate.pathLength()
                        ? u", CA with path length %1"_s.arg(*m_certificate.pathLength())
                        : u", CA"_s;
        m_out.add("certificate", m_subject, Outcome::passed, text + u'.', m_range);
    }

    void fail(const char *id, const QString &text) {
        m_hasFailed = true;
        m_out.add(id, m_subject, Outcome::failed, text, m_range);
    }

private:
    void surprise(const QString &text) {
        m_out.add("certificate", m_subject, Outcome::surprising, text, m_range);
    }
    void skip(const QString &text) {
        m_hasFailed = true;
        m_out.add("certificate", m_subject, Outcome::skipped, text, m_range);
    }

    // "2 h 5 min": the two largest units.
    static QString spanText(qint64 seconds) {
        constexpr std::pair<qint64, const char *> units[] = {
            {86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
        QStringList parts;
        for (const auto &[unit, name] : units) {
            if (seconds >= unit && parts.size() < 2) {
                parts << u"%1 %2"_s.arg(seconds / unit).arg(QLatin1String(name));
                seconds %= unit;
            }
        }
        return parts.join(u' ');
    }

    VerdictBuilder &m_out;
    QString m_subject;
    const Certificate &m_certificate;
    ByteRange m_range;
    bool m_hasFailed = false;
};

const TrustedRoot *findRoot(const std::vector<TrustedRoot> &roots, const QByteArray &sha256) {
    for (const TrustedRoot &root : roots)
        if (root.sha256 == sha256)
            return &root;
    return nullptr;
}

QString namesOf(const std::vector<TrustedRoot> &roots) {
    QStringList names;
    for (const TrustedRoot &root : roots)
        names << root.name;
    return names.join(u", "_s);
}

// A root that was not pinned but is known: the user probably asked for the wrong one.
QString hintFor(const QByteArray &sha256) {
    if (sha256 == awsRoot().sha256)
        return u" It is AWS's commercial root: ask with --root aws."_s;
    if (sha256 == awsGovRoot().sha256)
        return u" It is AWS's GovCloud root: ask with --root aws-gov."_s;
    return {};
}

struct Anchor {
    QString name;
    std::optional<Certificate>
        outside;          // a pinned root that the cabundle does not contain but that has issued it
    bool isFirst = false; // the cabundle's first certificate is the pinned root
};

Anchor checkRoot(const Document &document, const Chain &chain, const std::vector<TrustedRoot> &roots,
                 VerdictBuilder &out) {
    Anchor anchor;
    const QString subject = placeName(0);
    if (chain.cabundle.empty() || !chain.cabundle[0]) {
        out.add("root", subject, Outcome::failed, u"There is no root to compare with the pinned one."_s,
                document.cabundleRange);
        return anchor;
    }
    const Certificate &first = *chain.cabundle[0];
    const ByteRange range = document.cabundle[0].content;
    const QByteArray sha256 = first.sha256();
    if (const TrustedRoot *root = findRoot(roots, sha256)) {
        anchor.name = root->name;
        anchor.isFirst = true;
        out.add("root", subject, Outcome::passed,
                u"It is %1, SHA-256 %2."_s.arg(root->name, QString::fromLatin1(sha256.toHex())), range);
        return anchor;
    }
    for (const TrustedRoot &root : roots) {
        if (root.der.isEmpty())
            continue;
        auto certificate = Certificate::parse(root.der);
        if (!certificate || !first.isIssuerNamed(*certificate) || !first.isSignedBy(*certificate))
            continue;
        anchor.name = root.name;
        anchor.outside.emplace(std::move(*certificate));
        out.add("root", subject, Outcome::surprising,
                u"The cabundle does not begin with the pinned root but with a certificate that it has "
                "issued (%1)."_s.arg(root.name),
                range);
        return anchor;
    }
    out.add("root", subject, Outcome::failed,
            u"The document's root \"%1\" (SHA-256 %2) is not the one that is pinned (%3).%4"_s.arg(
                first.subject(), QString::fromLatin1(sha256.toHex()), namesOf(roots), hintFor(sha256)),
            range);
    return anchor;
}

// The most frequent mistake of people who write their own: leaf's issuer first.
bool isReversed(const Chain &chain) {
    const auto &bundle = chain.cabundle;
    for (size_t i = 0; i + 1 < bundle.size(); ++i)
        if (!bundle[i] || !bundle[i + 1] || !bundle[i]->isIssuerNamed(*bundle[i + 1]))
            return false;
    return bundle.size() > 1 && chain.leaf && bundle[0] && chain.leaf->isIssuerNamed(*bundle[0]);
}

} // namespace

QString secondsText(qint64 secondsSinceEpoch) {
    return QDateTime::fromSecsSinceEpoch(secondsSinceEpoch, Qt::UTC).toString(Qt::ISODate);
}

Chain readChain(const Document &document, VerdictBuilder &out) {
    Chain chain;
    const auto read = [&out](const QString &subject, const Part &part) -> std::optional<Certificate> {
        auto certificate = Certificate::parse(part.bytes);
        if (certificate)
            return std::move(*certificate);
        const quint64 at = part.isInChunks ? 0 : certificate.error().offset.value_or(0);
        out.add(
            "certificate", subject, Outcome::failed,
            u"%1 (byte %2 of the document)"_s.arg(certificate.error().message).arg(part.content.offset + at),
            part.content);
        return std::nullopt;
    };
    for (size_t i = 0; i < document.cabundle.size(); ++i)
        chain.cabundle.push_back(read(placeName(i), document.cabundle[i]));
    if (document.certificate)
        chain.leaf = read(u"certificate"_s, *document.certificate);
    return chain;
}

QString checkChain(const Document &document, const Chain &chain, const std::vector<TrustedRoot> &roots,
                   std::optional<qint64> atSeconds, VerdictBuilder &out) {
    // Each certificate costs a signature verification; the hardware's bundles have four.
    constexpr size_t maxBundle = 16;
    if (chain.cabundle.size() > maxBundle) {
        out.add("order", u"cabundle"_s, Outcome::failed,
                u"It has %1 certificates; the hardware's have 4."_s.arg(chain.cabundle.size()),
                document.cabundleRange);
        return {};
    }
    const Anchor anchor = checkRoot(document, chain, roots, out);
    if (isReversed(chain))
        out.add("order", u"cabundle"_s, Outcome::failed,
                u"It is in reverse order: the root must come first."_s, document.cabundleRange);

    const Certificate *issuer = anchor.outside ? &*anchor.outside : nullptr;
    QString issuerName = u"the pinned root"_s;
    const size_t count = chain.cabundle.size();
    if (anchor.outside) {
        LinkCheck check(out, issuerName, *anchor.outside, document.cabundleRange);
        check.common();
        check.authority(count);
        check.validity(atSeconds);
        check.conclude(u"Root"_s);
    }
    for (size_t i = 0; i < count; ++i) {
        const QString name = placeName(i);
        if (const auto &certificate = chain.cabundle[i]) {
            LinkCheck check(out, name, *certificate, document.cabundle[i].content);
            check.common();
            check.authority(count - 1 - i);
            if (i > 0 || issuer)
                check.issuedBy(issuer, issuerName);
            check.validity(atSeconds);
            check.conclude(i == 0 && !anchor.outside ? u"Root"_s : u"Issued by %1:"_s.arg(issuerName));
        }
        issuer = chain.cabundle[i] ? &*chain.cabundle[i] : nullptr;
        issuerName = name;
    }
    if (chain.leaf) {
        LinkCheck check(out, u"certificate"_s, *chain.leaf, document.certificate->content);
        check.common();
        check.leaf();
        check.issuedBy(issuer, count ? issuerName : u"cabundle"_s);
        check.validity(atSeconds);
        check.conclude(u"Issued by %1: leaf"_s.arg(issuerName));
    }
    return anchor.name;
}

} // namespace nitroscope::formats::attestation
