// SPDX-License-Identifier: GPL-2.0-or-later
//
// A certificate as nodes (RFC 5280 §4.1), each with its bytes.

#include "app/formats/certificates/certificate.hpp"
#include "app/formats/certificates/der.hpp"
#include "app/formats/tree/value_text.hpp"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint8 contextTag0 = 0xa0, contextTag3 = 0xa3;

// The elements of TBSCertificate by their names. Missing ones stay empty.
struct FieldRanges {
    ByteRange version, serial, issuer, validity, notBefore, notAfter, subject, key, extensions, algorithm,
        signature;
    std::vector<ByteRange> eachExtension;
};

FieldRanges findFields(std::span<const std::byte> der) {
    FieldRanges found;
    const auto outer = derElements(der, {0, der.size()});
    const auto parts = outer.empty() ? std::vector<DerElement>() : derElements(der, outer[0].content);
    if (parts.size() < 3)
        return found;
    found.algorithm = parts[1].range;
    found.signature = parts[2].range;
    auto fields = derElements(der, parts[0].content);
    if (!fields.empty() && fields[0].tag == contextTag0) {
        found.version = fields[0].range;
        fields.erase(fields.begin());
    }
    // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    if (fields.size() < 6)
        return found;
    found.serial = fields[0].range;
    found.issuer = fields[2].range;
    found.validity = fields[3].range;
    if (const auto dates = derElements(der, fields[3].content); dates.size() == 2) {
        found.notBefore = dates[0].range;
        found.notAfter = dates[1].range;
    }
    found.subject = fields[4].range;
    found.key = fields[5].range;
    for (size_t i = 6; i < fields.size(); ++i) {
        if (fields[i].tag != contextTag3)
            continue;
        found.extensions = fields[i].range;
        if (const auto list = derElements(der, fields[i].content); list.size() == 1)
            for (const DerElement &extension : derElements(der, list[0].content))
                found.eachExtension.push_back(extension.range);
    }
    return found;
}

QString extensionText(const Certificate &certificate, int nid) {
    switch (nid) {
    case NID_basic_constraints: {
        QString text = certificate.isCa() ? u"CA"_s : u"no CA"_s;
        if (const auto length = certificate.pathLength())
            text += u", path length %1"_s.arg(*length);
        return text;
    }
    case NID_key_usage:
        return certificate.keyUsages().join(u", "_s);
    case NID_subject_key_identifier:
        if (const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(certificate.get()))
            return QString::fromLatin1(
                QByteArray(reinterpret_cast<const char *>(ASN1_STRING_get0_data(id)), ASN1_STRING_length(id))
                    .toHex());
        break;
    case NID_authority_key_identifier:
        if (const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(certificate.get()))
            return QString::fromLatin1(
                QByteArray(reinterpret_cast<const char *>(ASN1_STRING_get0_data(id)), ASN1_STRING_length(id))
                    .toHex());
        break;
    default:
        break;
    }
    return {};
}

Node extensionsNode(const Certificate &certificate, const FieldRanges &fields, quint64 offset) {
    const int count = X509_get_ext_count(certificate.get());
    Node node{.name = u"extensions"_s,
              .value = QString::number(count),
              .range = {fields.extensions.offset + offset, fields.extensions.length}};
    for (int i = 0; i < count; ++i) {
        X509_EXTENSION *extension = X509_get_ext(certificate.get(), i);
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);
        char name[80];
        OBJ_obj2txt(name, sizeof name, object, 0);
        QString value = extensionText(certificate, OBJ_obj2nid(object));
        if (value.isEmpty()) {
            const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
            value = sizeText(static_cast<quint64>(ASN1_STRING_length(data)));
        }
        if (X509_EXTENSION_get_critical(extension))
            value += u" (critical)"_s;
        const size_t index = static_cast<size_t>(i);
        const ByteRange range =
            index < fields.eachExtension.size() ? fields.eachExtension[index] : ByteRange();
        node.add({.name = QString::fromLatin1(name),
                  .value = value,
                  .range = range.isEmpty() ? range : ByteRange{range.offset + offset, range.length}});
    }
    return node;
}

} // namespace

Node certificateNode(const QString &name, const QByteArray &der, ByteRange range) {
    Node node{.name = name, .value = sizeText(quint64(der.size())), .range = range};
    const auto certificate = Certificate::parse(der);
    if (!certificate) {
        node.addFinding(Severity::error, certificate.error().message);
        return node;
    }
    // In a string of chunks, offsets in the certificate are none in the document.
    const bool hasPlaces = range.length == quint64(der.size());
    const FieldRanges fields = hasPlaces ? findFields(toBytes(der)) : FieldRanges();
    const auto field = [&](const char *title, const QString &value, ByteRange at) {
        node.add({.name = QString::fromLatin1(title),
                  .value = value,
                  .range = at.isEmpty() ? at : ByteRange{at.offset + range.offset, at.length}});
    };
    node.value = certificate->subject();
    field("version", QString::number(certificate->version()), fields.version);
    field("serial number", QString::fromLatin1(certificate->serial().toHex()), fields.serial);
    field("issuer", certificate->issuer(), fields.issuer);
    field("not before", secondsText(certificate->notBefore()), fields.notBefore);
    field("not after", secondsText(certificate->notAfter()), fields.notAfter);
    field("subject", certificate->subject(), fields.subject);
    field("public key", certificate->keyText(), fields.key);
    if (X509_get_ext_count(certificate->get()) > 0)
        node.add(extensionsNode(*certificate, fields, range.offset));
    field("signature algorithm", certificate->signatureAlgorithm(), fields.algorithm);
    const ASN1_BIT_STRING *signature = nullptr;
    X509_get0_signature(&signature, nullptr, certificate->get());
    field("signature value", sizeText(static_cast<quint64>(ASN1_STRING_length(signature))), fields.signature);
    field("SHA-256", QString::fromLatin1(certificate->sha256().toHex()), {});
    return node;
}

} // namespace nitroscope::formats::attestation
