// SPDX-License-Identifier: GPL-2.0-or-later
//
// See describe_json.hpp. Field names and order are those of nitro-cli 1.5 (eif_reader, describe-eif).

#include "app/formats/eif/describe_json.hpp"

#include "app/formats/json/json_text.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/certificate.hpp"

#include <map>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

void writeCertificate(JsonWriter &json, const launch::Certificate &certificate) {
    json.key(u"SigningCertificate");
    json.beginObject();
    json.key(u"IssuerName");
    json.beginObject();
    // nitro-cli keeps them in a sorted map: of a key that the name has twice, the last value stays.
    std::map<std::string, std::string> fields;
    for (const auto &[name, value] : certificate.issuerFields())
        fields[name] = value;
    for (const auto &[name, value] : fields)
        json.field(QString::fromStdString(name), QString::fromStdString(value));
    json.endObject();
    json.field(u"Algorithm", QString::fromStdString(certificate.signatureAlgorithm()));
    json.field(u"NotBefore", QString::fromStdString(certificate.notBeforeText()));
    json.field(u"NotAfter", QString::fromStdString(certificate.notAfterText()));
    json.field(u"Signature", QString::fromLatin1(toByteArray(certificate.signature()).toHex(':').toUpper()));
    json.endObject();
}

} // namespace

void writeMetadata(JsonWriter &json, const EifDocument &document) {
    const JsonMembers metadata = jsonMembers(document.metadataJson());
    if (metadata.empty())
        return;
    const auto member = [](const JsonMembers &members, const char *name) {
        const auto found = members.find(name);
        return found == members.end() ? QByteArray("null") : found->second;
    };
    json.jsonField(u"ImageName", member(metadata, "ImageName"));
    json.jsonField(u"ImageVersion", member(metadata, "ImageVersion"));
    json.key(u"Metadata");
    json.beginObject();
    const JsonMembers build = jsonMembers(member(metadata, "BuildMetadata"));
    for (const char *name :
         {"BuildTime", "BuildTool", "BuildToolVersion", "OperatingSystem", "KernelVersion"})
        if (build.contains(name))
            json.jsonField(QString::fromLatin1(name), member(build, name));
    json.jsonField(u"DockerInfo", member(metadata, "DockerInfo"));
    // Its members stand among the others; null when there are none.
    for (const auto &[name, value] : jsonMembers(member(metadata, "CustomMetadata")))
        json.jsonField(QString::fromUtf8(name), value);
    json.endObject();
}

QJsonObject measurementsOf(const EifMeasurements &measurements) {
    QJsonObject json{{u"HashAlgorithm"_s, u"Sha384 { ... }"_s}}; // sorted by name, as nitro-cli's
    const auto add = [&json](const QString &name, const QByteArray &value) {
        if (!value.isEmpty())
            json.insert(name, QString::fromLatin1(value.toHex()));
    };
    add(u"PCR0"_s, measurements.pcr0);
    add(u"PCR1"_s, measurements.pcr1);
    add(u"PCR2"_s, measurements.pcr2);
    add(u"PCR8"_s, measurements.pcr8);
    return json;
}

QByteArray measurementsJson(const EifMeasurements &measurements) {
    JsonWriter json;
    json.beginObject();
    json.field(u"Measurements", measurementsOf(measurements));
    json.endObject();
    return json.text();
}

QByteArray describeEifJson(const EifDocument &document, const EifMeasurements &measurements) {
    JsonWriter json;
    json.beginObject();
    json.field(u"EifVersion", document.image().header.version);
    json.field(u"Measurements", measurementsOf(measurements));
    json.field(u"IsSigned", document.isSigned());
    if (const launch::Certificate *certificate = document.certificate())
        writeCertificate(json, *certificate);
    json.field(u"CheckCRC", measurements.isCrcGood());
    if (measurements.isSignatureGood)
        json.field(u"SignatureCheck", *measurements.isSignatureGood);
    writeMetadata(json, document);
    json.endObject();
    return json.text();
}

} // namespace nitroscope::formats
