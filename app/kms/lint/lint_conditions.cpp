// SPDX-License-Identifier: GPL-2.0-or-later
//
// Condition keys, operators and the kinds of their values.
#include "app/core/output/visible_text.hpp"
#include "app/kms/lint/lint_rules.hpp"
#include "app/kms/policy/condition_match.hpp"

#include <algorithm>
#include <QDateTime>
#include <QHostAddress>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using app::visibleText;
using formats::LintReport;

namespace {

bool isBoolean(const QString &text) {
    return text.compare(u"true", Qt::CaseInsensitive) == 0 ||
           text.compare(u"false", Qt::CaseInsensitive) == 0;
}

// What the operator expects, when the value is not that; empty when it is.
QString expectedKind(ValueType type, const QString &value) {
    bool isNumber = false;
    value.toDouble(&isNumber);
    switch (type) {
    case ValueType::number:
        return isNumber ? QString() : u"a number"_s;
    case ValueType::date:
        return isNumber || QDateTime::fromString(value, Qt::ISODateWithMs).isValid()
                   ? QString()
                   : u"a time such as 2026-01-02T03:04:05Z"_s;
    case ValueType::boolean:
    case ValueType::presence:
        return isBoolean(value) ? QString() : u"\"true\" or \"false\""_s;
    case ValueType::address:
        return QHostAddress::parseSubnet(value).second >= 0 ? QString()
                                                            : u"an address range such as 203.0.113.0/24"_s;
    case ValueType::bytes:
        return QByteArray::fromBase64Encoding(value.toLatin1(), QByteArray::AbortOnBase64DecodingErrors)
                   ? QString()
                   : u"base64"_s;
    case ValueType::arn:
        return value == u"*" || value.count(u':') >= 5 || value.contains(u"${"_s) ? QString() : u"an ARN"_s;
    case ValueType::text:
        break;
    }
    return {};
}

void lintKey(const Statement &statement, const Condition &condition, LintReport &report) {
    const ConditionKey *key = conditionKey(condition.key);
    const QString where = whereOf(statement, condition.place);
    if (!key) {
        const QString near = nearestConditionKey(condition.key);
        report.error(
            "unknown-condition-key", where,
            u"There is no condition key %1. AWS takes it as absent from every call: this condition %2."_s.arg(
                visibleText(condition.key),
                passesWithoutKey(condition) ? u"always holds"_s : u"never holds"_s),
            near.isEmpty() ? u"Look the key up in AWS's list of condition keys."_s
                           : u"Did you mean %1?"_s.arg(near));
        return;
    }
    const bool isSet = condition.use.quantifier != Quantifier::none,
               isPresence = condition.use.op->type == ValueType::presence;
    if (key->isMultiValued && !isSet && !isPresence)
        report.warning(
            "set-operator-missing", where,
            u"%1 can have several values, which %2 alone is not for."_s.arg(condition.key,
                                                                            condition.operatorName),
            u"Write ForAnyValue:%1 or ForAllValues:%1; the latter also holds when there are none."_s.arg(
                condition.operatorName));
    if (!key->isMultiValued && condition.use.quantifier == Quantifier::forAllValues)
        report.warning(
            "set-operator-on-single-value", where,
            u"ForAllValues holds when the key is absent, and %1 has one value only."_s.arg(condition.key),
            u"Use %1 without ForAllValues."_s.arg(QLatin1StringView(condition.use.op->name)));
    const bool isText = key->type == ValueType::text || key->type == ValueType::arn;
    const ValueType used = condition.use.op->type;
    const bool isTextOperator = used == ValueType::text || used == ValueType::arn;
    if (!isPresence && key->type != used && !(isText && isTextOperator) && !isTextOperator)
        report.warning(
            "operator-of-another-type", where,
            u"%1 is for values of another kind than %2 has."_s.arg(condition.operatorName, condition.key),
            u"Use an operator for its kind."_s);
}

void lintValues(const Policy &policy, const Statement &statement, const Condition &condition,
                LintReport &report) {
    if (condition.values.empty())
        report.warning("no-values", whereOf(statement, condition.place),
                       u"%1 has no values to compare with."_s.arg(visibleText(condition.key)),
                       u"Give it at least one."_s);
    for (const PolicyText &value : condition.values) {
        const QString where = whereOf(statement, value.place);
        if (const QString kind = expectedKind(condition.use.op->type, value.text); !kind.isEmpty())
            report.error(
                "value-of-another-type", where,
                u"%1 expects %2, not %3."_s.arg(condition.operatorName, kind, visibleText(value.text)),
                u"Correct the value."_s);
        const bool isExact =
            condition.use.op->type == ValueType::text && condition.use.op->relation == Relation::equal;
        if (isExact &&
            (value.text.contains(u'*') || (value.text.contains(u'?') && !value.text.contains(u"${"_s))) &&
            !value.text.contains(u"${*}"_s))
            report.error("wildcard-with-StringEquals", where,
                         u"%1 takes * and ? as they are, so that %2 is looked for literally."_s.arg(
                             condition.operatorName, visibleText(value.text)),
                         u"Use StringLike, or write the value out."_s);
        if (value.text.contains(u"${"_s) && !policy.hasVariables())
            report.error("variables-without-version", where,
                         u"${…} means something from Version 2012-10-17 on only."_s,
                         u"Write \"Version\": \"2012-10-17\" at the policy's top."_s);
        if (value.text != value.text.trimmed())
            report.error("white-space", where,
                         u"The value has white space around it, which is compared as well."_s,
                         u"Remove it."_s);
    }
}

// Conditions that no call, or every call, of some actions passes.
void lintCarried(const Statement &statement, const Condition &condition, LintReport &report) {
    if (!conditionKey(condition.key))
        return;
    std::vector<const KmsAction *> without;
    const auto covered = coveredActions(statement);
    for (const KmsAction *action : covered)
        if (!carries(*action, condition.key))
            without.push_back(action);
    if (without.empty())
        return;
    const QString where = whereOf(statement, condition.place), list = listOf(without);
    const bool isAttestation = isAttestationName(condition.key);
    const bool passes = passesWithoutKey(condition);
    const QString advice =
        isAttestation
            ? u"Only Decrypt, DeriveSharedSecret, GenerateDataKey, GenerateDataKeyPair and GenerateRandom carry an "
              "attestation document; give the others a statement of their own."_s
            : u"Give these actions a statement of their own."_s;
    if (!isAllow(statement) && passes)
        report.error(
            "deny-of-calls-without-key", where,
            u"Calls of %1 never have %2, so that this denies them always."_s.arg(list, condition.key),
            advice);
    else if (isAllow(statement) && !passes && without.size() == covered.size())
        report.error(
            "key-not-carried-by-action", where,
            u"Calls of %1 never have %2, so that this statement allows nothing."_s.arg(list, condition.key),
            advice);
    else if (isAllow(statement) && !passes)
        report.warning("key-not-carried-by-action", where,
                       u"Calls of %1 never have %2, so that this statement does not allow them."_s.arg(
                           list, condition.key),
                       advice);
}

} // namespace

void lintConditions(const Policy &policy, LintReport &report) {
    for (const Statement &statement : policy.statements)
        for (const Condition &condition : statement.conditions) {
            lintKey(statement, condition, report);
            lintValues(policy, statement, condition, report);
            lintCarried(statement, condition, report);
            if (isAllow(statement) && attestationKey(condition.key) && passesWithoutKey(condition))
                report.error("allows-without-attestation", whereOf(statement, condition.place),
                             u"%1 on %2 also holds for calls without any attestation document."_s.arg(
                                 condition.operatorName, condition.key),
                             u"Use StringEqualsIgnoreCase with the value that the enclave has."_s);
        }
}

} // namespace nitroscope::kms
