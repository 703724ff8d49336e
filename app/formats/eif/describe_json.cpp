// SPDX-License-Identifier: GPL-2.0-or-later
//
// See describe_json.hpp. Field names and order are those of nitro-cli 1.5 (eif_reader, describe-eif).

#include "app/formats/eif/describe_json.hpp"

#include "app/formats/json/json_writer.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/certificate.hpp"

#include <map>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

void writeMeasurements(JsonWriter &json, const EifMeasurements &measurements) {
    json.key(u"Measurements");
    json.beginObject();
    json.field(u"HashAlgorithm", u"Sha384 { ... }"_s);
    const auto pcr = [&json](QStringView name, const QByteArray &value) {
        if (!value.isEmpty())
            json.field(name, QString::fromLatin1(value.toHex()));
    };
    pcr(u"PCR0", measurements.pcr0);
    pcr(u"PCR1", measurements.pcr1);
    pcr(u"PCR2", measurements.pcr2);
    pcr(u"PCR8", measurements.pcr8);
    json.endObject();
}

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

void writeMetadata(JsonWriter &json, const QJsonObject &metadata) {
    json.field(u"ImageName", metadata.value(u"ImageName"));
    json.field(u"ImageVersion", metadata.value(u"ImageVersion"));
    json.key(u"Metadata");
    json.beginObject();
    const QJsonObject build = metadata.value(u"BuildMetadata").toObject();
    for (const char16_t *name :
         {u"BuildTime", u"BuildTool", u"BuildToolVersion", u"OperatingSystem", u"KernelVersion"})
        if (const QJsonValue value = build.value(QStringView(name)); !value.isUndefined())
            json.field(QStringView(name), value);
    json.field(u"DockerInfo", metadata.value(u"DockerInfo"));
    const QJsonObject custom = metadata.value(u"CustomMetadata").toObject(); // null when there is none
    for (auto it = custom.begin(); it != custom.end(); ++it)
        json.field(it.key(), it.value());
    json.endObject();
}

QByteArray measurementsJson(const EifMeasurements &measurements) {
    JsonWriter json;
    json.beginObject();
    writeMeasurements(json, measurements);
    json.endObject();
    return json.text();
}

QByteArray describeEifJson(const EifDocument &document, const EifMeasurements &measurements) {
    JsonWriter json;
    json.beginObject();
    json.field(u"EifVersion", document.image().header.version);
    writeMeasurements(json, measurements);
    json.field(u"IsSigned", document.isSigned());
    if (const launch::Certificate *certificate = document.certificate())
        writeCertificate(json, *certificate);
    json.field(u"CheckCRC", measurements.isCrcGood());
    if (measurements.isSignatureGood)
        json.field(u"SignatureCheck", *measurements.isSignatureGood);
    if (const QJsonObject metadata = document.metadata(); !metadata.isEmpty())
        writeMetadata(json, metadata);
    json.endObject();
    return json.text();
}

} // namespace nitroscope::formats
