// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who calls, and whom a policy names (IAM user guide, "Policy elements: Principal").
#pragma once

#include "app/core/result.hpp"

#include <QString>

namespace nitroscope::kms {

struct Principal {
    enum class Kind { session, user, federatedUser, root, service };
    Kind kind = Kind::session;
    QString arn;       // of the caller, as AWS names it: arn:aws:sts::A:assumed-role/R/SESSION for a role
    QString partition; // "aws"
    QString account;   // 12 digits; empty for a service
    QString name;      // of role or user, without its path; of the service
    QString roleArn;   // for a session whose role's path is known
    QString session;

    // What aws:PrincipalArn has: the role's ARN for its sessions.
    QString principalArn() const;
};

inline constexpr QStringView defaultSession = u"nitroscope";
// Whom calls are made as when nobody says who.
inline constexpr auto defaultRole = "arn:aws:iam::111122223333:role/nitroscope";

// An ARN of a role, a session of one, a user, a federated user or an account's root, or a service's name. Who names a role is a
// session of it. Error: "bad-principal".
app::Result<Principal> parsePrincipal(const QString &arn, QStringView session = defaultSession);

// An entry of a policy's Principal.
struct PolicyPrincipal {
    enum class Type { aws, service, federated, canonicalUser };
    Type type = Type::aws;
    QString value;
};

enum class PrincipalMatch {
    none,
    account, // the account is named, which hands the decision to the account's identity policies
    self,    // the principal, or everybody
};
PrincipalMatch matchPrincipal(const PolicyPrincipal &entry, const Principal &caller);

// The account that an entry means as a whole, "111122223333" or "arn:aws:iam::111122223333:root"; empty for others.
QStringView accountOf(QStringView entry);

} // namespace nitroscope::kms
