// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/principal.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
struct Arn {
    QStringView partition, service, account, resource;
};

std::optional<Arn> arnOf(QStringView text) {
    const auto parts = text.split(u':');
    if (parts.size() < 6 || parts[0] != u"arn" || !parts[3].isEmpty())
        return std::nullopt;
    const qsizetype start = parts[5].data() - text.data();
    return Arn{parts[1], parts[2], parts[4], text.sliced(start)};
}

bool isAccount(QStringView text) {
    return text.size() == 12 &&
           std::all_of(text.begin(), text.end(), [](QChar sign) { return sign >= u'0' && sign <= u'9'; });
}

QStringView behindLast(QStringView text, QChar sign) {
    return text.sliced(text.lastIndexOf(sign) + 1);
}

} // namespace

QStringView accountOf(QStringView entry) {
    if (isAccount(entry))
        return entry;
    const auto arn = arnOf(entry);
    return arn && arn->service == u"iam" && arn->resource == u"root" && isAccount(arn->account)
               ? arn->account
               : QStringView();
}

QString Principal::principalArn() const {
    if (kind != Kind::session)
        return arn;
    return roleArn.isEmpty() ? u"arn:%1:iam::%2:role/%3"_s.arg(partition, account, name) : roleArn;
}

app::Result<Principal> parsePrincipal(const QString &text, QStringView session) {
    const auto bad = [&](const QString &why) { return app::failure(u"bad-principal"_s, why, text); };
    if (text.endsWith(u".amazonaws.com"_s) && !text.contains(u':'))
        return Principal{.kind = Principal::Kind::service,
                         .arn = text,
                         .partition = u"aws"_s,
                         .account = {},
                         .name = text,
                         .roleArn = {},
                         .session = {}};
    const auto arn = arnOf(text);
    if (!arn || !isAccount(arn->account))
        return bad(
            u"A principal is an ARN such as arn:aws:iam::111122223333:role/NAME, with an account of 12 digits."_s);
    Principal principal{.kind = Principal::Kind::user,
                        .arn = text,
                        .partition = arn->partition.toString(),
                        .account = arn->account.toString(),
                        .name = {},
                        .roleArn = {},
                        .session = {}};
    const QStringView resource = arn->resource;
    principal.name = behindLast(resource, u'/').toString();
    const bool isIam = arn->service == u"iam", isSts = arn->service == u"sts";
    const auto parts = resource.split(u'/');
    if (isIam && resource == u"root") {
        principal.kind = Principal::Kind::root;
    } else if (isIam && resource.startsWith(u"user/") && !principal.name.isEmpty()) {
        principal.kind = Principal::Kind::user;
    } else if (isIam && resource.startsWith(u"role/") && !principal.name.isEmpty()) {
        principal.kind = Principal::Kind::session;
        principal.roleArn = text;
        principal.session = session.toString();
        principal.arn = u"arn:%1:sts::%2:assumed-role/%3/%4"_s.arg(principal.partition, principal.account,
                                                                   principal.name, principal.session);
    } else if (isSts && parts.size() == 3 && parts[0] == u"assumed-role" && !parts[1].isEmpty() &&
               !parts[2].isEmpty()) {
        principal.kind = Principal::Kind::session;
        principal.name = parts[1].toString();
        principal.session = parts[2].toString();
    } else if (isSts && resource.startsWith(u"federated-user/") && !principal.name.isEmpty()) {
        principal.kind = Principal::Kind::federatedUser;
    } else {
        return bad(u"This ARN is of no role, session of a role, user or root."_s);
    }
    return principal;
}

PrincipalMatch matchPrincipal(const PolicyPrincipal &entry, const Principal &caller) {
    using enum PrincipalMatch;
    const bool isService = caller.kind == Principal::Kind::service;
    if (entry.type == PolicyPrincipal::Type::service)
        return isService && entry.value == caller.name ? self : none;
    if (entry.type != PolicyPrincipal::Type::aws)
        return none;
    if (entry.value == u"*")
        return self;
    if (isService)
        return none;
    if (const QStringView account = accountOf(entry.value); !account.isEmpty())
        return account != caller.account              ? none
               : caller.kind == Principal::Kind::root ? self
                                                      : PrincipalMatch::account;
    if (entry.value == caller.arn || (!caller.roleArn.isEmpty() && entry.value == caller.roleArn))
        return self;
    // A role's sessions do not say its path.
    const auto arn = arnOf(entry.value);
    const bool isItsRole = caller.kind == Principal::Kind::session && caller.roleArn.isEmpty() && arn &&
                           arn->service == u"iam" && arn->partition == caller.partition &&
                           arn->account == caller.account && arn->resource.startsWith(u"role/") &&
                           behindLast(arn->resource, u'/') == caller.name;
    return isItsRole ? self : none;
}

} // namespace nitroscope::kms
