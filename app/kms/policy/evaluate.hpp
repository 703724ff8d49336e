// SPDX-License-Identifier: GPL-2.0-or-later
//
// The decision over a call (IAM user guide, "Policy evaluation logic"; KMS developer guide, "Determining access to KMS keys"): the
// key's policy together with the caller's identity policies. An explicit Deny wins; a key policy allows the principals that it names, and by naming
// an account hands the decision to that account's identity policies; from another account both sides must allow.
//
// The decision keeps what each statement and each condition came to, so that it can be told line by line.
#pragma once

#include "app/kms/policy/condition_match.hpp"

#include <optional>
#include <vector>

namespace nitroscope::kms {

struct NamedPolicy {
    QString name; // of the file, or "key policy"
    Policy policy;
};

struct PolicySet {
    std::optional<NamedPolicy> keyPolicy; // none for calls that are about no key
    std::vector<NamedPolicy> identityPolicies;
};

struct StatementResult {
    const NamedPolicy *policy = nullptr;
    const Statement *statement = nullptr;
    bool isOfKey = false;
    // The first of its elements that is not about this call; none: it applies.
    enum class Element { none, principal, action, resource, condition };
    Element differing = Element::none;
    PrincipalMatch principal = PrincipalMatch::none;
    std::vector<ConditionResult> conditions; // empty when an element before differs

    bool applies() const { return differing == Element::none; }
};

struct Decision {
    enum class Verdict { allowed, explicitDeny, implicitDeny };
    Verdict verdict = Verdict::implicitDeny;
    // What decided: a statement that denies, else those that allow; -1: none.
    int decidingKeyStatement = -1, decidingIdentityStatement = -1; // into `statements`
    // The key's policy hands the decision over, and no identity policy allows.
    bool waitsForIdentity = false;
    std::vector<StatementResult> statements;

    bool isAllowed() const { return verdict == Verdict::allowed; }
};

// The result points into `policies` and `request`, which must outlive it.
Decision evaluate(const PolicySet &policies, const Request &request);

// What KMS would say of a denied call: the message of its AccessDeniedException.
QString accessDeniedMessage(const Decision &decision, const Request &request);

} // namespace nitroscope::kms
