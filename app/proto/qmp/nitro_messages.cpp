// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/nitro_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

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

} // namespace

app::Result<app::BootStage> readBootStage(const QJsonObject &data) {
    const QString stage = text(data, "stage");
    if (stage.isEmpty())
        return schemaError(QStringLiteral("A boot stage has no name."));
    return app::BootStage{stage, static_cast<int>(integer(data, "index", -1)),
                          integer(data, "virtual-time-ns", 0), integer(data, "host-time-ns", 0),
                          text(data, "text")};
}

app::Result<app::BootFailure> readBootProblem(const QJsonObject &data) {
    app::BootFailure problem{text(data, "stage"),
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

} // namespace nitroscope::qmp
