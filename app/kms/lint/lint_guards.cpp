// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guarded statement is worth what the others leave of it.
#include "app/core/output/visible_text.hpp"
#include "app/kms/lint/lint_rules.hpp"

#include <algorithm>
#include <initializer_list>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using app::visibleText;
using formats::LintReport;

namespace {

bool coversAny(const Statement &statement, std::initializer_list<const char *> names) {
    return std::any_of(names.begin(), names.end(), [&](const char *name) {
        return covers(statement, *kmsAction(QString::fromLatin1(name)));
    });
}

QString whomOf(const Statement &statement) {
    QStringList whom;
    constexpr size_t maxNamed = 3;
    for (size_t i = 0; i < std::min(statement.principals.size(), maxNamed); ++i) {
        const QString &value = statement.principals[i].principal.value;
        whom << (value == u"*" ? u"everybody"_s
                 : accountOf(value).isEmpty()
                     ? visibleText(value)
                     : u"all identities of account %1 whose own policies allow it"_s.arg(accountOf(value)));
    }
    return whom.join(u", "_s);
}

// A Deny for calls without attestation guards all statements at once.
bool isDenyOfUnattested(const Statement &statement) {
    return !isAllow(statement) && std::any_of(statement.conditions.begin(), statement.conditions.end(),
                                              [](const Condition &condition) {
                                                  return attestationKey(condition.key) &&
                                                         passesWithoutKey(condition);
                                              });
}

void lintUnguarded(const Policy &policy, const Statement &statement, LintReport &report) {
    std::vector<const KmsAction *> open;
    for (const KmsAction *action : coveredActions(statement)) {
        const auto isDenied = [&](const Statement &other) {
            return isDenyOfUnattested(other) && covers(other, *action);
        };
        const auto isGuardedElsewhere = [&](const Statement &other) {
            return isAllow(other) && isGuarded(other) && covers(other, *action);
        };
        if (action->takesDocument && action->hasKey &&
            std::any_of(policy.statements.begin(), policy.statements.end(), isGuardedElsewhere) &&
            std::none_of(policy.statements.begin(), policy.statements.end(), isDenied))
            open.push_back(action);
    }
    if (!open.empty())
        report.warning(
            "unguarded-allow", whereOf(statement),
            u"It allows %1 without attestation to %2, which another statement asks attestation for."_s.arg(
                listOf(open), whomOf(statement)),
            u"Leave these actions out of it, or deny them where kms:RecipientAttestation:ImageSha384 is absent."_s);
    if (coversAny(statement, {"ReEncryptFrom", "CreateGrant"}))
        report.warning(
            "way-around", whereOf(statement),
            u"ReEncrypt brings a ciphertext under another key, and a grant allows Decrypt, both without attestation; %1 can do so."_s
                .arg(whomOf(statement)),
            u"Leave kms:ReEncryptFrom and kms:CreateGrant out."_s);
    if (coversAny(statement, {"PutKeyPolicy"}))
        report.note("policy-can-be-changed", whereOf(statement),
                    u"Who may change the policy may remove its guards: %1."_s.arg(whomOf(statement)),
                    u"Keep this to few, and watch PutKeyPolicy in CloudTrail."_s);
}

} // namespace

void lintGuards(const Policy &policy, LintReport &report) {
    const auto &statements = policy.statements;
    const bool hasGuards = std::any_of(statements.begin(), statements.end(), [](const Statement &statement) {
        return (isAllow(statement) && isGuarded(statement)) || isDenyOfUnattested(statement);
    });
    for (const Statement &statement : statements) {
        if (hasGuards && isAllow(statement) && !isGuarded(statement))
            lintUnguarded(policy, statement, report);
        const bool pinsContext = std::any_of(
            statement.conditions.begin(), statement.conditions.end(), [](const Condition &condition) {
                return condition.key.startsWith(u"kms:EncryptionContext"_s, Qt::CaseInsensitive);
            });
        if (isAllow(statement) && isGuarded(statement) && coversAny(statement, {"Decrypt"}) && !pinsContext)
            report.note(
                "ciphertext-not-pinned", whereOf(statement),
                u"The parent may hand the enclave any ciphertext that was made with this key."_s,
                u"Have the enclave pass KeyId and an encryption context, and ask for that context here."_s);
    }
    const auto mayChange = [](const Statement &statement) {
        return isAllow(statement) && !statement.principals.empty() &&
               statement.resourceForm != Statement::Form::absent && coversAny(statement, {"PutKeyPolicy"}) &&
               !isGuarded(statement);
    };
    if (!policy.isMalformed() && std::none_of(statements.begin(), statements.end(), mayChange))
        report.error(
            "lockout", u"policy"_s,
            u"Nobody may change this policy (kms:PutKeyPolicy) any more; only AWS's support could help."_s,
            u"Let an administrator's role or the account's root do it."_s);
}

} // namespace nitroscope::kms
