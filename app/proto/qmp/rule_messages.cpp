// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/rule_messages.hpp"

#include <QJsonArray>

namespace nitroscope::qmp {
namespace {

QString text(const QJsonObject &object, const char *name) {
    return object.value(QLatin1String(name)).toString();
}

quint64 number(const QJsonObject &object, const char *name) {
    return static_cast<quint64>(std::max<qint64>(0, object.value(QLatin1String(name)).toInteger()));
}

void put(QJsonObject &object, const char *name, const QString &value) {
    if (!value.isEmpty())
        object.insert(QLatin1String(name), value);
}

template <class Number>
void put(QJsonObject &object, const char *name, const std::optional<Number> &value) {
    if (value)
        object.insert(QLatin1String(name), static_cast<qint64>(*value));
}

std::optional<int> pcrOf(const QJsonObject &object) {
    const QJsonValue value = object.value(QLatin1String("pcr"));
    return value.isDouble() ? std::optional(static_cast<int>(value.toInteger())) : std::nullopt;
}

BreakRule readRule(const QJsonObject &object, const BreakRule *) {
    return {text(object, "source"), text(object, "stage"), text(object, "request"),
            text(object, "error"),  pcrOf(object),         static_cast<quint32>(number(object, "id")),
            number(object, "hits")};
}

FaultRule readRule(const QJsonObject &object, const FaultRule *) {
    const QJsonValue delay = object.value(QLatin1String("milliseconds"));
    return {text(object, "action"),
            text(object, "request"),
            text(object, "error"),
            pcrOf(object),
            delay.isDouble() ? std::optional(number(object, "milliseconds")) : std::nullopt,
            number(object, "count"),
            static_cast<quint32>(number(object, "id")),
            number(object, "hits")};
}

template <class Rule>
app::Result<QVector<Rule>> readRules(const QJsonValue &reply) {
    constexpr qsizetype most = 4096;
    if (!reply.isArray() || reply.toArray().size() > most)
        return app::failure(QStringLiteral("qmp-schema"), QStringLiteral("The answer is no list of rules."));
    QVector<Rule> rules;
    for (const QJsonValue &item : reply.toArray()) {
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
