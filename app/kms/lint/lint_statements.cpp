// SPDX-License-Identifier: GPL-2.0-or-later
//
// Elements of a statement: principals, actions, resources.
#include "app/core/output/visible_text.hpp"
#include "app/kms/lint/lint_rules.hpp"
#include "app/kms/policy/pattern.hpp"

#include <algorithm>
#include <QSet>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using app::visibleText;
using formats::LintReport;

namespace {

using Form = Statement::Form;

void lintPresence(const Statement &statement, LintReport &report) {
    if (statement.principalForm == Form::absent)
        report.error("principal-missing", whereOf(statement),
                     u"It has no Principal, which a key policy needs."_s,
                     u"Name who is meant: \"Principal\": {\"AWS\": \"arn:aws:iam::ACCOUNT:role/NAME\"}."_s);
    for (const auto &[form, name] :
         {std::pair(statement.actionForm, u"Action"_s), std::pair(statement.resourceForm, u"Resource"_s)})
        if (form == Form::absent)
            report.warning("element-missing", whereOf(statement),
                           u"It has no %1. AWS takes it, but the statement is about nothing."_s.arg(name),
                           name == u"Resource"_s ? u"Write \"Resource\": \"*\", which means this key."_s
                                                 : u"Name the actions."_s);
}

void lintPrincipal(const Statement &statement, const Statement::Named &named, LintReport &report) {
    const QString &value = named.principal.value;
    if (named.principal.type != PolicyPrincipal::Type::aws || value == u"*" || !accountOf(value).isEmpty())
        return;
    if (value.contains(u":assumed-role/"_s))
        report.warning("session-as-principal", whereOf(statement, named.place),
                       u"%1 is one session of a role; another instance's session has another name."_s.arg(
                           visibleText(value)),
                       u"Name the role itself: arn:aws:iam::ACCOUNT:role/NAME."_s);
    else if (!value.startsWith(u"arn:"_s))
        report.warning(
            "deleted-principal", whereOf(statement, named.place),
            u"%1 is no ARN. AWS writes such an id in place of a role or user that has been deleted; one made anew under "
            "the same name is another."_s.arg(visibleText(value)),
            u"Name the ARN of a role that exists."_s);
    else if (!parsePrincipal(value))
        report.error("principal-unknown", whereOf(statement, named.place),
                     u"%1 is no role, user, session or account."_s.arg(visibleText(value)),
                     u"AWS refuses a key policy that names a principal that does not exist."_s);
}

void lintAction(const Statement &statement, const PolicyText &action, LintReport &report) {
    const auto matches = [&](const KmsAction &each) {
        return matchesWildcards(action.text, QString(u"kms:"_s + QLatin1StringView(each.name)),
                                Qt::CaseInsensitive);
    };
    if (std::none_of(kmsActions().begin(), kmsActions().end(), matches)) {
        const QString near = nearestAction(action.text);
        report.warning(
            "unknown-action", whereOf(statement, action.place),
            u"KMS has no action %1."_s.arg(visibleText(action.text)),
            near.isEmpty()
                ? u"Actions are named kms:Decrypt and so on; ReEncrypt is kms:ReEncryptFrom and kms:ReEncryptTo."_s
                : u"Did you mean kms:%1?"_s.arg(near));
        return;
    }
    const KmsAction *named = kmsAction(action.text);
    if (named && !named->hasKey && statement.actionForm == Form::plain)
        report.warning("action-without-key", whereOf(statement, action.place),
                       u"%1 is about no key, so that no key's policy is asked."_s.arg(action.text),
                       u"Allow or deny it in an identity policy."_s);
}

} // namespace

void lintStatements(const Policy &policy, LintReport &report) {
    QSet<QString> sids;
    for (const Statement &statement : policy.statements) {
        lintPresence(statement, report);
        for (const Statement::Named &named : statement.principals)
            lintPrincipal(statement, named, report);
        for (const PolicyText &action : statement.actions)
            lintAction(statement, action, report);
        if (statement.principalForm == Form::negated)
            report.warning(
                "not-principal", whereOf(statement),
                u"NotPrincipal with Deny also denies an account, a role or a session that is not listed beside the one that is meant."_s,
                u"Use \"Principal\": \"*\" with a condition ArnNotLike on aws:PrincipalArn."_s);
        if (!statement.sid.isEmpty() && sids.contains(statement.sid))
            report.warning("duplicate-sid", whereOf(statement), u"Another statement has this Sid, too."_s,
                           u"Give each its own; logs and answers name them."_s);
        sids.insert(statement.sid);
    }
}

} // namespace nitroscope::kms
