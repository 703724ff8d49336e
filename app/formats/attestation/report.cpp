// SPDX-License-Identifier: GPL-2.0-or-later
//
// See report.hpp. Keys are written as nitro-cli writes its own.

#include "app/formats/attestation/report.hpp"

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/certificates/certificate.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

QString hexOf(const QByteArray &bytes) {
    return QString::fromLatin1(bytes.toHex());
}

QJsonValue hexOrNull(const std::optional<Part> &part) {
    return part ? QJsonValue(hexOf(part->bytes)) : QJsonValue(QJsonValue::Null);
}

QJsonValue textOrNull(const std::optional<QString> &text) {
    return text ? QJsonValue(*text) : QJsonValue(QJsonValue::Null);
}

void writeRange(JsonWriter &json, ByteRange range) {
    const bool isThere = !range.isEmpty();
    json.field(u"Offset", isThere ? QJsonValue(qint64(range.offset)) : QJsonValue(QJsonValue::Null));
    json.field(u"Length", isThere ? QJsonValue(qint64(range.length)) : QJsonValue(QJsonValue::Null));
}

// What both outputs say of the document's identity. A timestamp beyond what JSON numbers hold is null.
void writeIdentity(JsonWriter &json, const Document &document) {
    constexpr quint64 maxExact = quint64(1) << 53;
    const bool isTime = document.timestampMs && *document.timestampMs < maxExact;
    json.field(u"ModuleId", textOrNull(document.moduleId));
    json.field(u"Timestamp",
               isTime ? QJsonValue(qint64(*document.timestampMs)) : QJsonValue(QJsonValue::Null));
    json.field(u"Time", isTime ? QJsonValue(timeText(*document.timestampMs)) : QJsonValue(QJsonValue::Null));
    json.field(u"DebugMode", document.isDebugMode());
}

void writeCertificate(JsonWriter &json, const QString &place, const Part &part) {
    json.beginObject();
    json.field(u"Place", place);
    writeRange(json, part.content);
    if (const auto certificate = Certificate::parse(part.bytes)) {
        json.field(u"Subject", certificate->subject());
        json.field(u"Issuer", certificate->issuer());
        json.field(u"Serial", hexOf(certificate->serial()));
        json.field(u"NotBefore", secondsText(certificate->notBefore()));
        json.field(u"NotAfter", secondsText(certificate->notAfter()));
        json.field(u"Key", certificate->keyText());
        json.field(u"IsCa", certificate->isCa());
        json.field(u"Sha256", hexOf(certificate->sha256()));
    } else {
        json.field(u"Error", certificate.error().message);
    }
    json.field(u"Der", QString::fromLatin1(part.bytes.toBase64()));
    json.endObject();
}

const char *kindWord(Fault::Kind kind) {
    switch (kind) {
    case Fault::Kind::unreadable:
        return "unreadable";
    case Fault::Kind::invalid:
        return "invalid";
    case Fault::Kind::surprising:
        return "surprising";
    }
    return "";
}

void writeTree(QString &text, const Node &node, int depth) {
    const QString indent(2 * depth, u' ');
    text += indent + node.name;
    if (!node.value.isEmpty())
        text += u": "_s + node.value;
    text += u'\n';
    if (!node.note.isEmpty())
        for (const QString &line : node.note.split(u'\n'))
            text += indent + (node.severity == Severity::error ? u"  ! "_s : u"  ~ "_s) + line + u'\n';
    for (const Node &child : node.children)
        writeTree(text, child, depth + 1);
}

} // namespace

QByteArray documentJson(const Document &document, const Input &input) {
    JsonWriter json;
    json.beginObject();
    json.field(u"Encoding", encodingText(input.encoding));
    json.field(u"Wrapping",
               input.wrapping.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(input.wrapping));
    json.field(u"NsmResponse", input.wasNsmResponse);
    json.field(u"Size", qint64(document.bytes.size()));
    json.field(u"Readable", document.isReadable());
    json.field(u"Tagged", document.isTagged);
    json.field(u"Algorithm", document.algorithm ? QJsonValue(algorithmText(document.algorithm))
                                                : QJsonValue(QJsonValue::Null));
    json.field(u"PayloadMap", document.isPayloadIndefinite ? u"indefinite"_s : u"definite"_s);
    writeIdentity(json, document);
    json.field(u"Digest", textOrNull(document.digest));
    json.key(u"Pcrs");
    json.beginObject();
    for (const DocumentPcr &pcr : document.pcrs)
        json.field(QString::number(pcr.index), hexOf(pcr.value.bytes));
    json.endObject();
    json.field(u"PublicKey", hexOrNull(document.publicKey));
    json.field(u"UserData", hexOrNull(document.userData));
    json.field(u"Nonce", hexOrNull(document.nonce));
    json.field(u"Signature", hexOrNull(document.signature));
    json.key(u"Certificates");
    json.beginArray();
    for (size_t i = 0; i < document.cabundle.size(); ++i)
        writeCertificate(json, u"cabundle[%1]"_s.arg(i), document.cabundle[i]);
    if (document.certificate)
        writeCertificate(json, u"certificate"_s, *document.certificate);
    json.endArray();
    json.key(u"Faults");
    json.beginArray();
    for (const Fault &fault : document.faults) {
        json.beginObject();
        json.field(u"Kind", QString::fromLatin1(kindWord(fault.kind)));
        json.field(u"Message", fault.message);
        writeRange(json, fault.range);
        json.endObject();
    }
    json.endArray();
    json.endObject();
    return json.text();
}

QByteArray verificationJson(const Document &document, const Verification &verification) {
    JsonWriter json;
    json.beginObject();
    json.field(u"Verdict", verdictWord(verification.verdict));
    json.field(u"Valid", verification.isValid());
    writeIdentity(json, document);
    json.field(u"CheckedAt", verification.checkedAtSeconds
                                 ? QJsonValue(secondsText(*verification.checkedAtSeconds))
                                 : QJsonValue(QJsonValue::Null));
    json.field(u"Root", verification.rootName.isEmpty() ? QJsonValue(QJsonValue::Null)
                                                        : QJsonValue(verification.rootName));
    json.key(u"Checks");
    json.beginArray();
    for (const Check &check : verification.checks) {
        json.beginObject();
        json.field(u"Check", check.id);
        json.field(u"Subject", check.subject);
        json.field(u"Outcome", outcomeWord(check.outcome));
        json.field(u"Text", check.text);
        writeRange(json, check.range);
        json.endObject();
    }
    json.endArray();
    json.endObject();
    return json.text();
}

QString documentText(const Document &document) {
    QString text;
    writeTree(text, documentTree(document), 0);
    return text;
}

QString verificationText(const Document &document, const Verification &verification) {
    QString text;
    for (const Check &check : verification.checks)
        text += u"%1 %2 %3 %4\n"_s.arg(outcomeWord(check.outcome), -10)
                    .arg(check.id, -12)
                    .arg(check.subject, -12)
                    .arg(check.text);
    text += u"Verdict: "_s + verdictText(verification.verdict);
    if (document.moduleId && !document.moduleId->isEmpty())
        text += u". Document of "_s + printableText(document.moduleId->toUtf8());
    if (verification.checkedAtSeconds)
        text += u", checked as of "_s + secondsText(*verification.checkedAtSeconds);
    return text + u".\n"_s;
}

} // namespace nitroscope::formats::attestation
