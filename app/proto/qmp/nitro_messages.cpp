// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/nitro_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
namespace {

tl::unexpected<app::Error> schemaError(const QString &message) {
    return app::failure(u"qmp-schema"_s, message);
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
        return schemaError(u"A boot stage has no name."_s);
    return app::BootStage{stage, static_cast<int>(integer(data, "index", -1)),
                          integer(data, "virtual-time-ns", 0), integer(data, "host-time-ns", 0),
                          text(data, "text")};
}

app::Result<app::BootFailure> readBootProblem(const QJsonObject &data) {
    app::BootFailure problem{text(data, "stage"),
                             wordOrNumber(data.value("reason"_L1)),
                             text(data, "e-code"),
                             text(data, "message"),
                             {},
                             {}};
    if (problem.message.isEmpty())
        return schemaError(u"A boot problem has no message."_s);
    if (const qint64 offset = integer(data, "offset", -1); offset >= 0)
        problem.offset = static_cast<quint64>(offset);
    if (data.contains("section"_L1))
        problem.section = static_cast<int>(integer(data, "section", -1));
    return problem;
}

} // namespace nitroscope::qmp
