// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/nitro_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

#include <QJsonArray>

namespace nitroscope::qmp {
namespace {

tl::unexpected<app::Error> schemaError(const QString &message) {
    return app::failure(QStringLiteral("qmp-schema"), message);
}

qint64 integer(const QJsonObject &object, const char *name, qint64 fallback) {
    return object.value(QLatin1String(name)).toInteger(fallback);
}

// A word as it is, a number in decimal: enough to show it and to compare it.
QString wordOrNumber(const QJsonValue &value) {
    return value.isDouble() ? QString::number(value.toInteger()) : value.toString();
}

app::Result<NsmPcr> readPcr(const QJsonObject &object) {
    const qint64 index = integer(object, "index", -1);
    if (index < 0 || index >= pcrCount)
        return schemaError(QStringLiteral("A PCR has no index from 0 to 31."));
    const QByteArray hex = text(object, "value").toLatin1();
    const QByteArray value = QByteArray::fromHex(hex);
    // fromHex() skips what is not hexadecimal; the way back shows it.
    if (value.size() != pcrBytes || value.toHex() != hex.toLower())
        return schemaError(QStringLiteral("The value of PCR %1 is not 96 hexadecimal digits.").arg(index));
    return NsmPcr{static_cast<int>(index), value, object.value(QLatin1String("locked")).toBool()};
}

} // namespace

app::Result<QVector<NsmPcr>> readNsmPcrs(const QJsonValue &queryNsmReply) {
    const QJsonValue list = queryNsmReply.toObject().value(QLatin1String("pcrs"));
    if (!list.isArray())
        return schemaError(QStringLiteral("The answer to query-nsm has no list of PCRs."));
    QVector<NsmPcr> pcrs;
    for (const QJsonValue item : list.toArray()) {
        auto pcr = readPcr(item.toObject());
        if (!pcr)
            return tl::unexpected(pcr.error());
        pcrs.append(*std::move(pcr));
        if (pcrs.size() > pcrCount)
            return schemaError(QStringLiteral("The answer to query-nsm has more than 32 PCRs."));
    }
    return pcrs;
}

app::Result<BootStage> readBootStage(const QJsonObject &data) {
    const QString stage = text(data, "stage");
    if (stage.isEmpty())
        return schemaError(QStringLiteral("A boot stage has no name."));
    return BootStage{stage, static_cast<int>(integer(data, "index", -1)), integer(data, "virtual-time-ns", 0),
                     integer(data, "host-time-ns", 0), text(data, "text")};
}

app::Result<BootProblem> readBootProblem(const QJsonObject &data) {
    BootProblem problem{text(data, "stage"),
                        wordOrNumber(data.value(QLatin1String("reason"))),
                        text(data, "e-code"),
                        text(data, "message"),
                        {},
                        {}};
    if (problem.message.isEmpty())
        return schemaError(QStringLiteral("A boot problem has no message."));
    if (const qint64 offset = integer(data, "offset", -1); offset >= 0)
        problem.offset = static_cast<quint64>(offset);
    if (data.contains(QLatin1String("section")))
        problem.section = static_cast<int>(integer(data, "section", -1));
    return problem;
}

app::Result<PcrChange> readPcrChange(const QJsonObject &data) {
    auto pcr = readPcr(data);
    if (!pcr)
        return tl::unexpected(pcr.error());
    return PcrChange{*std::move(pcr), text(data, "cause")};
}

} // namespace nitroscope::qmp
