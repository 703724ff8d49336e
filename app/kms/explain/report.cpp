// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/explain/report.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/kms/explain/advice.hpp"

#include <QJsonArray>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using app::visibleText;

namespace {

using Element = StatementResult::Element;

QString effectText(Statement::Effect effect) {
    return effect == Statement::Effect::allow ? u"Allow"_s : u"Deny"_s;
}

QString elementWord(Element element) {
    switch (element) {
    case Element::none:
        break;
    case Element::principal:
        return u"principal"_s;
    case Element::action:
        return u"action"_s;
    case Element::resource:
        return u"resource"_s;
    case Element::condition:
        return u"condition"_s;
    }
    return {};
}

QString reasonText(const StatementResult &result) {
    switch (result.differing) {
    case Element::none:
        return result.principal == PrincipalMatch::account &&
                       result.statement->effect == Statement::Effect::allow
                   ? u"applies: leaves it to the account's identity policies"_s
                   : u"applies"_s;
    case Element::principal:
        return u"does not apply: another principal"_s;
    case Element::action:
        return u"does not apply: another action"_s;
    case Element::resource:
        return u"does not apply: another resource"_s;
    case Element::condition:
        return u"does not apply: a condition does not hold"_s;
    }
    return {};
}

QStringList wantedOf(const Condition &condition) {
    QStringList wanted;
    for (const PolicyText &value : condition.values)
        wanted << value.text;
    return wanted;
}

QString conditionText(const ConditionResult &result, const Request &request) {
    const Condition &condition = *result.condition;
    QString text = u"      %1 %2 %3 (line %4)\n"_s
                       .arg(result.holds ? u"✓"_s : u"✗"_s, visibleText(condition.operatorName),
                            visibleText(condition.key))
                       .arg(condition.place.line);
    text += u"          wanted  %1\n"_s.arg(visibleText(wantedOf(condition).join(u", "_s)));
    if (!result.found)
        return text + u"          absent  %1\n"_s.arg(absenceReason(condition.key, request));
    text += u"          found   %1  (%2)\n"_s.arg(visibleText(result.found->values.join(u", "_s)),
                                                  result.found->origin);
    const QString difference = differenceText(result);
    return difference.isEmpty() ? text : text + u"          %1\n"_s.arg(difference);
}

void writeCondition(formats::JsonWriter &json, const ConditionResult &result, const Request &request) {
    const Condition &condition = *result.condition;
    json.beginObject();
    json.field(u"Operator", condition.operatorName);
    json.field(u"Key", condition.key);
    json.field(u"Line", condition.place.line);
    json.field(u"Column", condition.place.column);
    json.field(u"Holds", result.holds);
    json.field(u"Wanted", QJsonArray::fromStringList(wantedOf(condition)));
    json.field(u"Found",
               result.found ? QJsonValue(QJsonArray::fromStringList(result.found->values)) : QJsonValue());
    json.field(u"Origin", result.found ? QJsonValue(result.found->origin) : QJsonValue());
    const QString reason = result.found ? differenceText(result) : absenceReason(condition.key, request);
    if (!reason.isEmpty())
        json.field(u"Reason", reason);
    json.endObject();
}

void writeStatement(formats::JsonWriter &json, const StatementResult &result, const Request &request) {
    const Statement &statement = *result.statement;
    json.beginObject();
    json.field(u"Policy", result.policy->name);
    json.field(u"Statement", statement.number);
    json.field(u"Sid", statement.sid);
    json.field(u"Line", statement.place.line);
    json.field(u"Effect", effectText(statement.effect));
    json.field(u"Applies", result.applies());
    json.field(u"Differs", result.applies() ? QJsonValue() : QJsonValue(elementWord(result.differing)));
    json.key(u"Conditions");
    json.beginArray();
    for (const ConditionResult &condition : result.conditions)
        writeCondition(json, condition, request);
    json.endArray();
    json.endObject();
}

QString titleAt(const Decision &decision, int index) {
    const StatementResult &result = decision.statements[size_t(index)];
    return u"%1 of %2"_s.arg(result.statement->title(), visibleText(result.policy->name));
}

} // namespace

QString verdictWord(Decision::Verdict verdict) {
    switch (verdict) {
    case Decision::Verdict::allowed:
        return u"allowed"_s;
    case Decision::Verdict::explicitDeny:
        return u"explicit-deny"_s;
    case Decision::Verdict::implicitDeny:
        break;
    }
    return u"implicit-deny"_s;
}

QString verdictSentence(const Decision &decision) {
    QStringList deciders;
    for (const int index : {decision.decidingKeyStatement, decision.decidingIdentityStatement})
        if (index >= 0)
            deciders << titleAt(decision, index);
    switch (decision.verdict) {
    case Decision::Verdict::allowed:
        return u"Allowed by %1."_s.arg(deciders.join(u" together with "_s));
    case Decision::Verdict::explicitDeny:
        return u"Denied by %1."_s.arg(deciders.join(u" and "_s));
    case Decision::Verdict::implicitDeny:
        break;
    }
    return decision.waitsForIdentity ? u"Denied: no identity policy of the caller allows it."_s
                                     : u"Denied: no statement that allows it applies."_s;
}

QString decisionText(const Decision &decision, const Request &request) {
    QString text = verdictSentence(decision) + u'\n';
    const NamedPolicy *policy = nullptr;
    for (const StatementResult &result : decision.statements) {
        if (result.policy != policy)
            text += u"  %1\n"_s.arg(visibleText(result.policy->name));
        policy = result.policy;
        text += u"    %1, line %2: %3, %4\n"_s.arg(result.statement->title())
                    .arg(result.statement->place.line)
                    .arg(effectText(result.statement->effect), reasonText(result));
        for (const ConditionResult &condition : result.conditions)
            text += conditionText(condition, request);
    }
    if (!decision.isAllowed())
        text += u"AWS would say: %1\n"_s.arg(visibleText(accessDeniedMessage(decision, request)));
    for (const QString &sentence : adviceFor(decision, request))
        text += u"→ %1\n"_s.arg(visibleText(sentence));
    return text + u"Not looked at: %1.\n"_s.arg(notModelled().join(u", "_s));
}

void writeDecision(formats::JsonWriter &json, const Decision &decision, const Request &request) {
    json.field(u"Verdict", verdictWord(decision.verdict));
    json.field(u"Sentence", verdictSentence(decision));
    json.field(u"Principal", request.caller.arn);
    json.field(u"Action", request.action);
    json.field(u"Resource", request.resource);
    json.key(u"Statements");
    json.beginArray();
    for (const StatementResult &result : decision.statements)
        writeStatement(json, result, request);
    json.endArray();
    json.field(u"AwsMessage",
               decision.isAllowed() ? QJsonValue() : QJsonValue(accessDeniedMessage(decision, request)));
    json.field(u"Advice", QJsonArray::fromStringList(adviceFor(decision, request)));
    json.field(u"NotModelled", QJsonArray::fromStringList(notModelled()));
}

} // namespace nitroscope::kms
