// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether one condition of a statement holds for a call (IAM user guide, "Condition operators", "Conditions with multiple context
// keys or values", "Set operators").
#pragma once

#include "app/kms/policy/pattern.hpp"
#include "app/kms/policy/policy.hpp"
#include "app/kms/policy/request.hpp"

namespace nitroscope::kms {

struct ConditionResult {
    const Condition *condition = nullptr; // of the policy
    const FoundValue *found = nullptr;    // of the request; nullptr: the key is absent
    bool holds = false;
};

ConditionResult matchCondition(const Condition &condition, const Request &request, bool hasVariables);

// Single-valued keys of the call, for policy variables.
Variables variablesOf(const RequestContext &context);

} // namespace nitroscope::kms
