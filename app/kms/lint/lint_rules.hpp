// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rules by subject, and what they share.
#pragma once

#include "app/formats/lint/lint_report.hpp"
#include "app/kms/policy/actions.hpp"
#include "app/kms/policy/condition_keys.hpp"
#include "app/kms/policy/policy.hpp"

#include <vector>

namespace nitroscope::kms {

void lintStatements(const Policy &policy, formats::LintReport &report);
void lintConditions(const Policy &policy, formats::LintReport &report);
void lintPcrs(const Policy &policy, formats::LintReport &report);
// What only shows when all statements are seen together.
void lintGuards(const Policy &policy, formats::LintReport &report);

QString whereOf(const Statement &statement, TextPlace place);
inline QString whereOf(const Statement &statement) {
    return whereOf(statement, statement.place);
}

// Whether the statement is about the action.
bool covers(const Statement &statement, const KmsAction &action);
std::vector<const KmsAction *> coveredActions(const Statement &statement);
// "Encrypt, Sign and 12 others"
QString listOf(const std::vector<const KmsAction *> &actions);

inline bool isAllow(const Statement &statement) {
    return statement.effect == Statement::Effect::allow;
}
// A condition on an attestation key that an unattested call cannot pass.
bool isGuard(const Condition &condition);
bool isGuarded(const Statement &statement);
// It holds for a call without the key.
bool passesWithoutKey(const Condition &condition);

} // namespace nitroscope::kms
