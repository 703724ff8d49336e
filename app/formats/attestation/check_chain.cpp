// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain of an attestation document: cabundle (root, regional, zonal, instance) and leaf, checked in the
// order given. RFC 5280 §6 in the small: a critical extension about policies or names is refused because it is not processed, and there is
// no revocation (AWS asks to switch CRLs off). The root is trusted by its fingerprint alone; its signature over itself would prove nothing
// and is not checked. All else that a CA must be it must be, too, whether it is in the bundle or left out.

#include "app/formats/attestation/link_check.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

QString placeName(size_t index) {
    return u"cabundle[%1]"_s.arg(index);
}

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
    if (const auto own = localRoot(); own && own->sha256 == sha256)
        return u" It is the root of this computer's own enclaves: ask with --root local."_s;
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

// RFC 5280 §6.1: a certificate must not appear twice in a path. Two that share a key make one of them meaningless.
void checkReuse(const Document &document, const Chain &chain, VerdictBuilder &out) {
    std::vector<const Certificate *> all;
    for (const auto &certificate : chain.cabundle)
        all.push_back(certificate ? &*certificate : nullptr);
    all.push_back(chain.leaf ? &*chain.leaf : nullptr);
    for (size_t i = 1; i < all.size(); ++i) {
        const bool isLeaf = i == chain.cabundle.size();
        for (size_t above = 0; above < i && all[i]; ++above) {
            if (!all[above] || !all[i]->hasKeyOf(*all[above]))
                continue;
            const bool isSame = X509_cmp(all[i]->get(), all[above]->get()) == 0;
            out.add("order", isLeaf ? u"certificate"_s : placeName(i),
                    isSame ? Outcome::failed : Outcome::surprising,
                    (isSame ? u"It is the same certificate as %1."_s : u"It is for the same key as %1."_s)
                        .arg(placeName(above)),
                    isLeaf ? document.certificate->content : document.cabundle[i].content);
        }
    }
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

    checkReuse(document, chain, out);
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
