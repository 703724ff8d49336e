// SPDX-License-Identifier: GPL-2.0-or-later
//
// See forgery.hpp.
#include "tests/support/documents/forgery.hpp"

#include <algorithm>
#include <QCryptographicHash>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

namespace {

// The PKI of all forgeries.
struct Pki {
    DocumentMaker maker;
    std::array<QByteArray, places> certificates{
        DocumentMaker::derOf(maker.root), DocumentMaker::derOf(maker.regional),
        DocumentMaker::derOf(maker.zonal), DocumentMaker::derOf(maker.instance),
        DocumentMaker::derOf(maker.leaf)};
    std::array<EVP_PKEY *, places> keys{maker.root.key.get(), maker.regional.key.get(), maker.zonal.key.get(),
                                        maker.instance.key.get(), maker.leaf.key.get()};

    static const Pki &instance() {
        static const Pki pki;
        return pki;
    }
};

// SubjectPublicKeyInfo.
QByteArray publicDer(EVP_PKEY *key) {
    unsigned char *out = nullptr;
    const int size = i2d_PUBKEY(key, &out);
    const QByteArray info(reinterpret_cast<const char *>(out), size);
    OPENSSL_free(out);
    return info;
}

} // namespace

Forgeries forgeriesOf(std::initializer_list<void (*)(Forgeries &)> adders) {
    Forgeries list;
    for (const auto add : adders)
        add(list);
    return list;
}

void addAtEachPlace(Forgeries &list, const QString &name, formats::attestation::Verdict verdict,
                    const ChangeAtPlace &fault, const ChangeAtPlace &twin, int first, int last) {
    for (int place = first; place <= last; ++place)
        list.append({u"%1: %2"_s.arg(QLatin1String(placeNames[place]), name), verdict,
                     [fault, place](ForgedDocument &document) { fault(document, place); },
                     [twin, place](ForgedDocument &document) { twin(document, place); }});
}

ForgedDocument::ForgedDocument() {
    const Pki &pki = Pki::instance();
    fields = pki.maker.fields;
    field("certificate").clear();
    field("cabundle").clear();
    m_keys = pki.keys;
}

CertificateParts &ForgedDocument::at(int place) {
    m_signed.clear();
    if (!m_signers.contains(place)) {
        m_signers[place] = {nullptr, EVP_sha384()};
        m_parts[size_t(place)] = CertificateParts::of(Pki::instance().certificates[size_t(place)]);
    }
    return m_parts[size_t(place)];
}

EVP_PKEY *ForgedDocument::key(int place) const {
    return m_keys[size_t(place)];
}

void ForgedDocument::setKey(int place, EVP_PKEY *key) {
    at(place).key = publicDer(key);
    m_keys[size_t(place)] = key;
    if (place < leaf)
        at(place + 1).removeExtension(oid::authorityKey);
}

void ForgedDocument::signWith(int place, EVP_PKEY *key, const EVP_MD *withDigest) {
    at(place);
    m_signers[place] = {key, withDigest};
}

void ForgedDocument::rename(int place, const QByteArray &subject) {
    at(place).subject = subject;
    if (place == root)
        at(place).issuer = subject;
    if (place < leaf)
        at(place + 1).issuer = subject;
}

QByteArray &ForgedDocument::field(const char *name) {
    return std::ranges::find(fields, QByteArray(name), &DocumentMaker::Field::name)->cbor;
}

void ForgedDocument::remove(const char *name) {
    fields.removeIf([name](const DocumentMaker::Field &entry) { return entry.name == name; });
}

QByteArray ForgedDocument::certificate(int place) const {
    const auto found = m_signers.find(place);
    if (found == m_signers.end())
        return Pki::instance().certificates[size_t(place)];
    // Once: the next signature would be another one, and the root would not be the pinned one.
    QByteArray &certificate = m_signed[place];
    if (certificate.isEmpty())
        certificate = m_parts[size_t(place)].signedBy(
            found->second.key ? found->second.key : m_keys[size_t(std::max(place - 1, 0))],
            found->second.digest);
    return certificate;
}

QByteArray ForgedDocument::document() const {
    QList<QByteArray> chain;
    for (int place = root; place <= leaf; ++place)
        chain.append(certificate(place));
    const QList<QByteArray> listed = bundle ? bundle(chain) : chain.first(leaf);
    QByteArray content = "\xbf";
    for (const DocumentMaker::Field &entry : fields) {
        QByteArray value = entry.cbor;
        if (value.isEmpty() && entry.name == "certificate")
            value = DocumentMaker::bytes(chain[leaf]);
        if (value.isEmpty() && entry.name == "cabundle") {
            value = cborHead(4, quint64(listed.size()));
            for (const QByteArray &certificate : listed)
                value += DocumentMaker::bytes(certificate);
        }
        content += cborText(entry.name) + value;
    }
    content += '\xff';
    if (map)
        content = map(content);
    const QByteArray message = toBeSigned
                                   ? toBeSigned(protectedHeader, content)
                                   : "\x84" + cborText("Signature1") + DocumentMaker::bytes(protectedHeader) +
                                         DocumentMaker::bytes({}) + DocumentMaker::bytes(content);
    QList<QByteArray> parts{
        DocumentMaker::bytes(protectedHeader), unprotectedHeader, DocumentMaker::bytes(content),
        DocumentMaker::bytes(rawSignature(signer ? signer : m_keys[leaf], digest, message))};
    if (elements)
        elements(parts);
    const QByteArray document = cborHead(4, quint64(parts.size())) + parts.join();
    return envelope ? envelope(document) : document;
}

formats::attestation::VerifyOptions ForgedDocument::options() const {
    formats::attestation::VerifyOptions options;
    const QByteArray anchor = certificate(root);
    options.roots = {{u"test root"_s, QCryptographicHash::hash(anchor, QCryptographicHash::Sha256), anchor}};
    options.time = formats::attestation::CheckTime::document;
    options.nowSeconds = DocumentMaker::issuedAt + 100;
    return options;
}

} // namespace nitroscope::test
