// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/explain/advice.hpp"

#include "app/kms/policy/condition_keys.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype digitsOfPcr = 96; // SHA-384

bool isHex(const QString &text) {
    return std::all_of(text.begin(), text.end(), [](QChar sign) {
        return (sign >= u'0' && sign <= u'9') || (sign.toLower() >= u'a' && sign.toLower() <= u'f');
    });
}

bool isZero(const QString &text) {
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar sign) { return sign == u'0'; });
}

bool asksForAttestation(const Statement &statement) {
    return std::any_of(statement.conditions.begin(), statement.conditions.end(),
                       [](const Condition &condition) { return attestationKey(condition.key).has_value(); });
}

QString pcrAbsence(const AttestationKey &key, const Request &request) {
    if (key.isNitroTpm != request.isNitroTpm)
        return key.isNitroTpm ? u"The document is an enclave's; only one of a NitroTPM has NitroTPM PCRs."_s
                              : u"The document is a NitroTPM's, which sets only the NitroTPMPCR keys."_s;
    if (key.pcr >= 16)
        return u"There is no PCR%1 in the document: it has only those from 16 on that are locked. Call LockPCR or LockPCRs before "
               "asking for the document."_s.arg(key.pcr);
    if (key.pcr == 8)
        return u"There is no PCR8: the image is not signed."_s;
    return u"There is no PCR%1 in it."_s.arg(key.pcr);
}

void add(QStringList &advice, const QString &sentence) {
    if (!advice.contains(sentence))
        advice << sentence;
}

void adviseOnCondition(const ConditionResult &result, const Request &request, QStringList &advice) {
    const Condition &condition = *result.condition;
    const auto pcr = attestationKey(condition.key);
    if (!result.found || !pcr || condition.values.empty())
        return;
    const QString found = result.found->values.value(0), wanted = condition.values.front().text;
    const bool isZeroInDebug = pcr->isImage || pcr->pcr <= 2 || pcr->pcr == 8;
    if (isZero(found) && isZeroInDebug && !isZero(wanted))
        add(advice,
            u"PCR%1 in the document is zero: the enclave runs in debug mode. Start it without --debug-mode."_s
                .arg(pcr->pcr));
    else if (isZero(found) && (pcr->pcr == 3 || pcr->pcr == 4))
        add(advice, u"PCR%1 is zero: the machine was started without %2."_s.arg(pcr->pcr).arg(
                        pcr->pcr == 3 ? u"a parent's role (--parent-role)"_s
                                      : u"a parent's instance id (--parent-id)"_s));
    else if (isZero(wanted) && !isZero(found))
        add(advice,
            u"The policy wants a PCR%1 of zeros, which only an enclave in debug mode has."_s.arg(pcr->pcr));
    else if (pcr->pcr == 3)
        add(advice,
            u"PCR3 is SHA-384 over 48 zero bytes and the role's ARN, without a line break; the caller's role is %1."_s
                .arg(request.caller.principalArn()));
}

} // namespace

QString absenceReason(const QString &key, const Request &request) {
    const KmsAction *action = kmsAction(request.action);
    if (!conditionKey(key)) {
        const QString near = nearestConditionKey(key);
        return u"This condition key does not exist, so that no call has it%1."_s
            .arg(near.isEmpty() ? QString() : u"; did you mean %1?"_s.arg(near))
            .replace(u"?."_s, u"?"_s);
    }
    if (action && !carries(*action, key))
        return u"Calls of %1 never have it."_s.arg(request.action);
    if (const auto pcr = attestationKey(key)) {
        if (request.attestation == Attestation::absent)
            return u"The call has no attestation document (Recipient)."_s;
        if (request.attestation == Attestation::invalid)
            return u"The call's attestation document is not valid. %1"_s.arg(request.attestationProblem);
        return pcrAbsence(*pcr, request);
    }
    if (!conditionKey(key)->isSimulated)
        return u"This cannot be known here and is taken as absent."_s;
    return u"The call does not have it."_s;
}

QString differenceText(const ConditionResult &result) {
    const Condition &condition = *result.condition;
    if (result.holds || !result.found || condition.values.size() != 1 || result.found->values.size() != 1 ||
        condition.use.op->type != ValueType::text)
        return {};
    const QString &wanted = condition.values.front().text, &found = result.found->values.front();
    if (condition.use.op->isNegated)
        return {};
    if (wanted.compare(found, Qt::CaseInsensitive) == 0)
        return u"They differ in case only, and %1 tells cases apart; use StringEqualsIgnoreCase."_s.arg(
            condition.operatorName);
    if (wanted.trimmed() == found)
        return u"The policy's value has white space around it."_s;
    if (condition.use.op->relation == Relation::equal && (wanted.contains(u'*') || wanted.contains(u'?')))
        return u"%1 takes * and ? as they are; StringLike takes them as wildcards."_s.arg(
            condition.operatorName);
    if (found.size() != digitsOfPcr)
        return {};
    if (!isHex(wanted) || wanted.size() != digitsOfPcr)
        return u"The policy's value has %1 characters; a PCR has 96 hexadecimal digits."_s.arg(wanted.size());
    qsizetype digit = 0;
    while (wanted[digit].toLower() == found[digit])
        ++digit;
    return u"They differ from digit %1 on."_s.arg(digit + 1);
}

QStringList adviceFor(const Decision &decision, const Request &request) {
    QStringList advice;
    if (decision.isAllowed()) {
        const int decider = decision.decidingKeyStatement >= 0 ? decision.decidingKeyStatement
                                                               : decision.decidingIdentityStatement;
        const Statement &statement = *decision.statements[size_t(decider)].statement;
        const KmsAction *action = kmsAction(request.action);
        const bool isByIdentity =
            decision.decidingIdentityStatement >= 0 &&
            asksForAttestation(*decision.statements[size_t(decision.decidingIdentityStatement)].statement);
        if (action && action->takesDocument && !asksForAttestation(statement) && !isByIdentity)
            add(advice,
                u"Allowed by %1 regardless of attestation: the same caller can do this outside of the enclave, too."_s
                    .arg(statement.title()));
        return advice;
    }
    if (decision.waitsForIdentity && decision.decidingKeyStatement >= 0)
        add(advice,
            u"The key policy's %1 leaves the decision to the caller's account: an identity policy must allow %2 as well "
            "(--identity-policy)."_s.arg(
                decision.statements[size_t(decision.decidingKeyStatement)].statement->title(),
                request.action));
    for (const StatementResult &result : decision.statements) {
        const bool isDenial = result.statement->effect == Statement::Effect::deny;
        if (isDenial ? !result.applies() : result.differing != StatementResult::Element::condition)
            continue;
        for (const ConditionResult &condition : result.conditions) {
            if (condition.holds == isDenial)
                adviseOnCondition(condition, request, advice);
            if (isDenial && !condition.found && !conditionKey(condition.condition->key))
                add(advice,
                    u"%1 denies because of %2. %3"_s.arg(result.statement->title(), condition.condition->key,
                                                         absenceReason(condition.condition->key, request)));
        }
    }
    const bool isAnyForCaller = std::any_of(
        decision.statements.begin(), decision.statements.end(), [](const StatementResult &result) {
            return result.isOfKey && result.statement->effect == Statement::Effect::allow &&
                   result.differing != StatementResult::Element::principal;
        });
    if (decision.verdict == Decision::Verdict::implicitDeny && !isAnyForCaller &&
        decision.decidingKeyStatement < 0 && !decision.waitsForIdentity)
        add(advice, u"No statement of the key policy that allows anything is for %1."_s.arg(
                        request.caller.principalArn()));
    return advice;
}

QStringList notModelled() {
    return {u"service and resource control policies of an organization"_s, u"permissions boundaries"_s,
            u"session policies"_s, u"grants (they can allow without any attestation)"_s,
            u"policies of VPC endpoints"_s};
}

} // namespace nitroscope::kms
