// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/rule_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

#include <QJsonArray>

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
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
        return app::failure(u"qmp-schema"_s, u"The answer is not a list of rules."_s);
    QVector<Rule> rules;
    for (const QJsonValue item : reply.toArray()) {
        const Rule rule = readRule(item.toObject(), static_cast<const Rule *>(nullptr));
        if (rule.id == 0)
            return app::failure(u"qmp-schema"_s, u"A rule has no number."_s);
        rules.append(rule);
    }
    return rules;
}

} // namespace

QJsonObject toArguments(const BreakRule &rule) {
    QJsonObject object{{u"source"_s, rule.source}};
    put(object, "stage", rule.stage);
    put(object, "request", rule.request);
    put(object, "error", rule.error);
    put(object, "pcr", rule.pcr);
    return object;
}

QJsonObject toArguments(const FaultRule &rule) {
    QJsonObject object{{u"action"_s, rule.action}};
    put(object, "request", rule.request);
    put(object, "error", rule.error);
    put(object, "pcr", rule.pcr);
    put(object, "milliseconds", rule.milliseconds);
    if (rule.count > 0)
        object.insert("count"_L1, static_cast<qint64>(rule.count));
    return object;
}

app::Result<QVector<BreakRule>> readBreakRules(const QJsonValue &reply) {
    return readRules<BreakRule>(reply);
}

app::Result<QVector<FaultRule>> readFaultRules(const QJsonValue &reply) {
    return readRules<FaultRule>(reply);
}

app::Result<BreakHit> readBreakHit(const QJsonObject &data) {
    const BreakHit hit{
        static_cast<quint32>(number(data, "id")),     text(data, "source"),        text(data, "detail"),
        data.value("virtual-time-ns"_L1).toInteger(), number(data, "transaction"), number(data, "flow")};
    if (hit.id == 0)
        return app::failure(u"qmp-schema"_s, u"A break that was hit has no number."_s);
    return hit;
}

} // namespace nitroscope::qmp
