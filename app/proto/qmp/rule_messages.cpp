// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/rule_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

#include <QJsonArray>

namespace nitroscope::qmp {
namespace {

BreakRule readRule(const QJsonObject &object, const BreakRule *) {
    return {text(object, "source"), text(object, "stage"),     text(object, "request"),
            text(object, "error"),  maybe<int>(object, "pcr"), static_cast<quint32>(number(object, "id")),
            number(object, "hits")};
}

FaultRule readRule(const QJsonObject &object, const FaultRule *) {
    return {text(object, "action"),
            text(object, "request"),
            text(object, "error"),
            maybe<int>(object, "pcr"),
            maybe<quint64>(object, "milliseconds"),
            number(object, "count"),
            static_cast<quint32>(number(object, "id")),
            number(object, "hits")};
}

template <class Rule>
app::Result<QVector<Rule>> readRules(const QJsonValue &reply) {
    constexpr qsizetype most = 4096;
    if (!reply.isArray() || reply.toArray().size() > most)
        return app::failure(QStringLiteral("qmp-schema"),
                            QStringLiteral("The answer is not a list of rules."));
    QVector<Rule> rules;
    for (const QJsonValue item : reply.toArray()) {
        const Rule rule = readRule(item.toObject(), static_cast<const Rule *>(nullptr));
        if (rule.id == 0)
            return app::failure(QStringLiteral("qmp-schema"), QStringLiteral("A rule has no number."));
        rules.append(rule);
    }
    return rules;
}

} // namespace

QJsonObject toArguments(const BreakRule &rule) {
    QJsonObject object{{QStringLiteral("source"), rule.source}};
    put(object, "stage", rule.stage);
    put(object, "request", rule.request);
    put(object, "error", rule.error);
    put(object, "pcr", rule.pcr);
    return object;
}

QJsonObject toArguments(const FaultRule &rule) {
    QJsonObject object{{QStringLiteral("action"), rule.action}};
    put(object, "request", rule.request);
    put(object, "error", rule.error);
    put(object, "pcr", rule.pcr);
    put(object, "milliseconds", rule.milliseconds);
    if (rule.count > 0)
        object.insert(QLatin1String("count"), static_cast<qint64>(rule.count));
    return object;
}

app::Result<QVector<BreakRule>> readBreakRules(const QJsonValue &reply) {
    return readRules<BreakRule>(reply);
}

app::Result<QVector<FaultRule>> readFaultRules(const QJsonValue &reply) {
    return readRules<FaultRule>(reply);
}

app::Result<BreakHit> readBreakHit(const QJsonObject &data) {
    const BreakHit hit{static_cast<quint32>(number(data, "id")),
                       text(data, "source"),
                       text(data, "detail"),
                       data.value(QLatin1String("virtual-time-ns")).toInteger(),
                       number(data, "transaction"),
                       number(data, "flow")};
    if (hit.id == 0)
        return app::failure(QStringLiteral("qmp-schema"),
                            QStringLiteral("A break that was hit has no number."));
    return hit;
}

} // namespace nitroscope::qmp
