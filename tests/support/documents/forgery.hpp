// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents with one fault each, made by rule: every field of every certificate, the chain's order, COSE's headers and signature,
// every field of the payload, and how CBOR and DER are written. Beside each stands a twin that is like it but for the fault and must verify.
//
// All of them are signed with keys that are made once, so that a forgery costs a few signatures.
#pragma once

#include "app/formats/attestation/verify.hpp"
#include "tests/support/documents/certificate_parts.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <array>
#include <functional>
#include <initializer_list>
#include <map>

namespace nitroscope::test {

enum Place { root, regional, zonal, instance, leaf, places };
inline constexpr const char *placeNames[places] = {"root", "regional", "zonal", "instance", "leaf"};

// A document of which a fault may change any part; it is put together and signed at the end.
class ForgedDocument {
public:
    ForgedDocument();

    CertificateParts &at(int place); // and sign this certificate anew
    // A new key at a place, known to its certificate and to the one below.
    void setKey(int place, EVP_PKEY *key);
    EVP_PKEY *key(int place) const;
    // Another signer or digest for a certificate than the one above it and SHA-384.
    void signWith(int place, EVP_PKEY *key, const EVP_MD *withDigest = EVP_sha384());
    // A name at a place, as the issuer of the certificate below, too.
    void rename(int place, const QByteArray &subject);

    QByteArray &field(const char *name); // the CBOR of its value
    void remove(const char *name);

    QByteArray certificate(int place) const; // signed
    QByteArray document() const;
    formats::attestation::VerifyOptions options() const;

    QList<DocumentMaker::Field>
        fields; // of the payload; the chain's two are filled in at the end, unless a fault has
    // The bundle's certificates in order, made of the five; by default the first four.
    std::function<QList<QByteArray>(const QList<QByteArray> &chain)> bundle;
    // The COSE_Sign1.
    QByteArray protectedHeader = QByteArray::fromHex("a1013822"),
               unprotectedHeader = QByteArray::fromHex("a0");
    EVP_PKEY *signer = nullptr; // the leaf's key by default
    const EVP_MD *digest = EVP_sha384();
    // The Sig_structure; what is left out here is the right one.
    std::function<QByteArray(const QByteArray &header, const QByteArray &payload)> toBeSigned;
    // Of the four elements, heads and all; the last is the signature.
    std::function<void(QList<QByteArray> &elements)> elements;
    std::function<QByteArray(const QByteArray &document)> envelope;
    // Changes the payload's map after its fields have been put together, before it is signed.
    std::function<QByteArray(const QByteArray &map)> map;

private:
    std::array<CertificateParts, places> m_parts;
    std::array<EVP_PKEY *, places> m_keys{};
    struct Signer {
        EVP_PKEY *key;
        const EVP_MD *digest;
    };
    std::map<int, Signer> m_signers; // of those that are signed anew
    mutable std::map<int, QByteArray> m_signed;
};

struct Forgery {
    QString name;
    formats::attestation::Verdict verdict; // what it must get: invalid, surprising, unreadable
    std::function<void(ForgedDocument &)> fault, twin;
};

using Forgeries = QList<Forgery>;
// What the functions add, in their order.
Forgeries forgeriesOf(std::initializer_list<void (*)(Forgeries &)> adders);

// The twin of what is only added.
inline void good(ForgedDocument &) {}

// A fault that each certificate can have, from the one at `first` to the one at `last`.
using ChangeAtPlace = std::function<void(ForgedDocument &, int place)>;
void addAtEachPlace(Forgeries &list, const QString &name, formats::attestation::Verdict verdict,
                    const ChangeAtPlace &fault, const ChangeAtPlace &twin, int first = root, int last = leaf);

inline QByteArray hex(const char *digits) {
    return QByteArray::fromHex(digits);
}

Forgeries forgedCertificates(); // fields, and how DER is written
Forgeries forgedExtensions();
Forgeries forgedChains();
Forgeries forgedHeaders(); // COSE's, and its signature
Forgeries forgedPayloads();

} // namespace nitroscope::test
