// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature section as nodes: certificate, COSE_Sign1, what is signed, and what is wrong with it. See
// eif_tree.hpp.

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

ByteRange toRange(launch::FileRange range) {
    return {range.offset, range.length};
}

Node certificateNode(const launch::SignatureEntry &entry, const launch::Certificate *certificate) {
    Node node = {.name = u"signing_certificate"_s,
                 .value = u"unreadable"_s,
                 .range = toRange(entry.certificate.range)};
    if (!certificate)
        return node;
    const auto field = [&node](const char *name, const std::string &value) {
        node.add({.name = QString::fromLatin1(name), .value = QString::fromStdString(value)});
    };
    node.value = QString::fromStdString(certificate->subject());
    field("subject", certificate->subject());
    field("issuer", certificate->issuer());
    field("serial number", certificate->serialHex());
    field("not before", certificate->notBeforeText());
    field("not after", certificate->notAfterText());
    field("public key", certificate->keyText());
    field("signature algorithm", certificate->signatureAlgorithm());
    return node;
}

Node payloadNode(const launch::SignatureEntry &entry) {
    Node node = {.name = u"payload"_s,
                 .value = sizeText(entry.sign1->payload.size()),
                 .range = toRange(entry.sign1->payloadRange)};
    if (const auto &signedRegister = entry.signedRegister) {
        node.value = u"PCR%1"_s.arg(*signedRegister->index);
        node.add({.name = u"register_index"_s, .value = QString::number(*signedRegister->index)});
        node.add({.name = u"register_value"_s,
                  .value = QString::fromLatin1(toByteArray(signedRegister->value).toHex())});
    }
    return node;
}

Node coseNode(const launch::SignatureEntry &entry) {
    Node node = {.name = u"signature"_s, .value = u"unreadable"_s, .range = toRange(entry.cose.range)};
    if (!entry.sign1)
        return node;
    const launch::CoseSign1 &sign1 = *entry.sign1;
    const QString algorithm = QString::fromStdString(launch::coseAlgorithmText(sign1.algorithm));
    node.value = u"COSE_Sign1, "_s + algorithm + (sign1.isTagged ? u", tag 18"_s : u""_s);
    node.add({.name = u"protected header"_s, .value = algorithm, .range = toRange(sign1.protectedRange)});
    node.add(payloadNode(entry));
    node.add({.name = u"signature value"_s,
              .value = QString::fromLatin1(toByteArray(sign1.signature).toHex()),
              .range = toRange(sign1.signatureRange)});
    return node;
}

} // namespace

void addSignatureTree(Node &data, const launch::SignatureCheck &check) {
    const auto &entries = check.section.entries;
    data.value = u"%1 %2"_s.arg(entries.size()).arg(entries.size() == 1 ? u"signature"_s : u"signatures"_s);
    for (size_t i = 0; i < entries.size(); ++i) {
        const bool isFirst = i == 0;
        Node node = {.name = u"[%1]"_s.arg(i), .value = {}, .range = toRange(entries[i].range)};
        node.add(certificateNode(entries[i], isFirst && check.certificate ? &*check.certificate : nullptr));
        node.add(coseNode(entries[i]));
        if (!isFirst)
            node.addFinding(Severity::note, u"Enclaves use only the first signature."_s);
        data.add(std::move(node));
    }
    for (const launch::SignatureFinding &finding : check.findings) {
        Node *node = nodeAt(data, finding.range.offset);
        (node ? *node : data).addFinding(Severity::error, QString::fromStdString(finding.sentence));
    }
}

} // namespace nitroscope::formats
