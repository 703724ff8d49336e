// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/evaluate.hpp"

#include "app/kms/policy/actions.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

using Element = StatementResult::Element;
using Form = Statement::Form;

class Evaluator {
public:
    explicit Evaluator(const Request &request) : m_request(request) {}

    StatementResult judge(const NamedPolicy &policy, const Statement &statement, bool isOfKey) const {
        StatementResult result;
        result.policy = &policy;
        result.statement = &statement;
        result.isOfKey = isOfKey;
        result.differing = differingElement(result);
        if (!result.applies())
            return result;
        for (const Condition &condition : statement.conditions) {
            result.conditions.push_back(matchCondition(condition, m_request, policy.policy.hasVariables()));
            if (!result.conditions.back().holds)
                result.differing = Element::condition;
        }
        return result;
    }

private:
    Element differingElement(StatementResult &result) const {
        const Statement &statement = *result.statement;
        if (result.isOfKey && !isAboutCaller(statement, result.principal))
            return Element::principal;
        if (!isAboutAction(statement))
            return Element::action;
        return isAboutKey(statement, result.policy->policy.hasVariables()) ? Element::none
                                                                           : Element::resource;
    }

    bool isAboutCaller(const Statement &statement, PrincipalMatch &match) const {
        for (const Statement::Named &each : statement.principals)
            match = std::max(match, matchPrincipal(each.principal, m_request.caller));
        const bool isNamed = match != PrincipalMatch::none;
        if (statement.principalForm == Form::negated)
            return !isNamed;
        return statement.principalForm == Form::plain && isNamed;
    }

    bool isAboutAction(const Statement &statement) const {
        const bool isNamed =
            std::any_of(statement.actions.begin(), statement.actions.end(), [&](const PolicyText &action) {
                return matchesWildcards(action.text, m_request.action, Qt::CaseInsensitive);
            });
        return statement.actionForm != Form::absent && isNamed == (statement.actionForm == Form::plain);
    }

    bool isAboutKey(const Statement &statement, bool hasVariables) const {
        const auto matches = [&](const PolicyText &resource) {
            if (!hasVariables || !resource.text.contains(u"${"_s))
                return matchesWildcards(resource.text, m_request.resource, Qt::CaseSensitive);
            const auto pattern =
                Pattern::expand(resource.text, Pattern::Wildcards::meant, variablesOf(m_request.context));
            return pattern && pattern->matches(m_request.resource, Qt::CaseSensitive);
        };
        const bool isNamed = std::any_of(statement.resources.begin(), statement.resources.end(), matches);
        return statement.resourceForm != Form::absent && isNamed == (statement.resourceForm == Form::plain);
    }

    const Request &m_request;
};

// The first statement with that effect that applies; -1 when none does.
int firstApplying(const Decision &decision, Statement::Effect effect, bool isOfKey, PrincipalMatch match) {
    for (size_t i = 0; i < decision.statements.size(); ++i) {
        const StatementResult &result = decision.statements[i];
        const bool isMatch = match == PrincipalMatch::none || result.principal == match;
        if (result.applies() && result.statement->effect == effect && result.isOfKey == isOfKey && isMatch)
            return int(i);
    }
    return -1;
}

} // namespace

Decision evaluate(const PolicySet &policies, const Request &request) {
    using Effect = Statement::Effect;
    const Evaluator evaluator(request);
    Decision decision;
    const auto judgeAll = [&](const NamedPolicy &policy, bool isOfKey) {
        for (const Statement &statement : policy.policy.statements)
            decision.statements.push_back(evaluator.judge(policy, statement, isOfKey));
    };
    const KmsAction *action = kmsAction(request.action);
    const bool asksKey = policies.keyPolicy && (!action || action->hasKey);
    if (asksKey)
        judgeAll(*policies.keyPolicy, true);
    for (const NamedPolicy &policy : policies.identityPolicies)
        judgeAll(policy, false);

    const auto first = [&](Effect effect, bool isOfKey, PrincipalMatch match = PrincipalMatch::none) {
        return firstApplying(decision, effect, isOfKey, match);
    };
    decision.decidingKeyStatement = first(Effect::deny, true);
    decision.decidingIdentityStatement = first(Effect::deny, false);
    if (decision.decidingKeyStatement >= 0 || decision.decidingIdentityStatement >= 0) {
        decision.verdict = Decision::Verdict::explicitDeny;
        return decision;
    }
    const int byIdentity = first(Effect::allow, false);
    if (!asksKey) {
        decision.decidingIdentityStatement = byIdentity;
        decision.waitsForIdentity = byIdentity < 0;
        decision.verdict = byIdentity >= 0 ? Decision::Verdict::allowed : Decision::Verdict::implicitDeny;
        return decision;
    }
    const int named = first(Effect::allow, true, PrincipalMatch::self);
    const int handedOver = first(Effect::allow, true, PrincipalMatch::account);
    const bool isOwn =
        request.caller.account == request.account || request.caller.kind == Principal::Kind::service;
    const bool needsIdentity = named < 0 || !isOwn;
    decision.decidingKeyStatement = named >= 0 ? named : handedOver;
    if (decision.decidingKeyStatement < 0)
        return decision;
    if (needsIdentity)
        decision.decidingIdentityStatement = byIdentity;
    decision.waitsForIdentity = needsIdentity && byIdentity < 0;
    decision.verdict =
        decision.waitsForIdentity ? Decision::Verdict::implicitDeny : Decision::Verdict::allowed;
    return decision;
}

QString accessDeniedMessage(const Decision &decision, const Request &request) {
    const QString call = u"User: %1 is not authorized to perform: %2 on resource: %3 "_s.arg(
        request.caller.arn, request.action, request.resource);
    if (decision.verdict == Decision::Verdict::explicitDeny)
        return call + u"with an explicit deny in %1 policy"_s.arg(decision.decidingKeyStatement >= 0
                                                                      ? u"a resource-based"_s
                                                                      : u"an identity-based"_s);
    return call + u"because no %1 policy allows the %2 action"_s.arg(
                      decision.waitsForIdentity ? u"identity-based"_s : u"resource-based"_s, request.action);
}

} // namespace nitroscope::kms
