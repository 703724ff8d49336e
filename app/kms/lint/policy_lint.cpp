// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/lint/policy_lint.hpp"

#include "app/kms/lint/lint_rules.hpp"
#include "app/kms/policy/pattern.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

QString whereOf(const Statement &statement, TextPlace place) {
    return u"%1: %2"_s.arg(placeText(place), statement.title());
}

bool covers(const Statement &statement, const KmsAction &action) {
    const QString name = u"kms:"_s + QLatin1StringView(action.name);
    const bool isNamed =
        std::any_of(statement.actions.begin(), statement.actions.end(), [&](const PolicyText &each) {
            return matchesWildcards(each.text, name, Qt::CaseInsensitive);
        });
    return statement.actionForm != Statement::Form::absent &&
           isNamed == (statement.actionForm == Statement::Form::plain);
}

std::vector<const KmsAction *> coveredActions(const Statement &statement) {
    std::vector<const KmsAction *> covered;
    for (const KmsAction &action : kmsActions())
        if (covers(statement, action))
            covered.push_back(&action);
    return covered;
}

QString listOf(const std::vector<const KmsAction *> &actions) {
    constexpr size_t maxNamed = 4;
    QStringList names;
    for (size_t i = 0; i < std::min(actions.size(), maxNamed); ++i)
        names << QLatin1StringView(actions[i]->name);
    const QString list = names.join(u", "_s);
    return actions.size() > maxNamed ? u"%1 and %2 others"_s.arg(list).arg(actions.size() - maxNamed) : list;
}

bool passesWithoutKey(const Condition &condition) {
    const OperatorUse &use = condition.use;
    if (use.op->type == ValueType::presence)
        return std::any_of(condition.values.begin(), condition.values.end(), [](const PolicyText &value) {
            return value.text.compare(u"true", Qt::CaseInsensitive) == 0;
        });
    return use.isIfExists || use.quantifier == Quantifier::forAllValues ||
           (use.op->isNegated && use.quantifier == Quantifier::none);
}

bool isGuard(const Condition &condition) {
    return attestationKey(condition.key) && !passesWithoutKey(condition);
}

bool isGuarded(const Statement &statement) {
    return std::any_of(statement.conditions.begin(), statement.conditions.end(), isGuard);
}

formats::LintFindings lintPolicy(const Policy &policy, const QByteArray &json) {
    formats::LintReport report;
    for (const PolicyFault &fault : policy.faults)
        report.error("policy-malformed", placeText(fault.place), fault.message,
                     u"AWS refuses the policy as it is (MalformedPolicyDocumentException)."_s);
    constexpr qsizetype maxKeyPolicyBytes = 32'768;
    if (json.size() > maxKeyPolicyBytes)
        report.error(
            "policy-too-large", u"policy"_s,
            u"It has %1 bytes; a key policy has at most %2."_s.arg(json.size()).arg(maxKeyPolicyBytes),
            u"Shorten it, or move statements into identity policies."_s);
    lintStatements(policy, report);
    lintConditions(policy, report);
    lintPcrs(policy, report);
    lintGuards(policy, report);
    return report.take();
}

} // namespace nitroscope::kms
