// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/identities.hpp"

#include "app/kms/store/key_material.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

NamedPolicy everything() {
    return {
        u"identity policy (everything)"_s,
        parsePolicy(
            R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})")};
}

app::Result<Identity> identityOf(const QJsonObject &object, qsizetype number) {
    const auto bad = [&](const QString &why) {
        return app::failure(u"bad-identities"_s, u"Identity %1: %2"_s.arg(number).arg(why));
    };
    const auto bytes = [&](const QString &name) { return object.value(name).toString().toUtf8(); };
    Identity identity;
    identity.key = {bytes(u"AccessKeyId"_s), bytes(u"SecretAccessKey"_s), bytes(u"SessionToken"_s), {}};
    if (identity.key.accessKeyId.isEmpty() || identity.key.secret.isEmpty())
        return bad(u"AccessKeyId or SecretAccessKey is missing."_s);
    if (const QJsonValue expires = object.value(u"Expires"_s); expires.isDouble())
        identity.key.expires = expires.toInteger();
    const auto principal = parsePrincipal(object.value(u"PrincipalArn"_s).toString());
    if (!principal)
        return bad(u"PrincipalArn: "_s + principal.error().message);
    identity.caller.principal = *principal;
    const QJsonArray policies = object.value(u"Policies"_s).toArray();
    for (qsizetype i = 0; i < policies.size(); ++i) {
        NamedPolicy policy{u"identity policy %1"_s.arg(i + 1),
                           parsePolicy(QJsonDocument(policies[i].toObject()).toJson())};
        if (policy.policy.isMalformed())
            return bad(
                u"policy %1 is malformed: %2"_s.arg(i + 1).arg(malformedPolicy(policy.policy).message));
        identity.caller.identityPolicies.push_back(std::move(policy));
    }
    if (!object.contains(u"Policies"_s))
        identity.caller.identityPolicies.push_back(everything());
    return identity;
}

} // namespace

Identities Identities::ofRole(const Principal &principal) {
    Identities identities;
    Identity identity;
    identity.key = {"test", "test", {}, {}};
    identity.caller.principal = principal;
    identity.caller.identityPolicies.push_back(everything());
    identities.m_identities.push_back(std::move(identity));
    return identities;
}

app::Result<Identities> Identities::parse(const QByteArray &json) {
    QJsonParseError problem;
    const QJsonArray list = QJsonDocument::fromJson(json, &problem).object().value(u"Identities"_s).toArray();
    if (problem.error != QJsonParseError::NoError)
        return app::failure(u"bad-identities"_s,
                            u"%1 (at byte %2)."_s.arg(problem.errorString()).arg(problem.offset));
    if (list.isEmpty())
        return app::failure(u"bad-identities"_s,
                            u"There is no list \"Identities\" with at least one identity in it."_s);
    Identities identities;
    for (qsizetype i = 0; i < list.size(); ++i) {
        auto identity = identityOf(list[i].toObject(), i + 1);
        if (!identity)
            return tl::unexpected(identity.error());
        if (identities.find(identity->key.accessKeyId))
            return app::failure(u"bad-identities"_s,
                                u"Identity %1: its AccessKeyId is another's, too."_s.arg(i + 1));
        identities.m_identities.push_back(*std::move(identity));
    }
    return identities;
}

const Identity *Identities::find(const QByteArray &accessKeyId) const {
    for (const auto *identities : {&m_identities, &m_issued})
        for (const Identity &identity : *identities)
            if (identity.key.accessKeyId == accessKeyId)
                return &identity;
    return nullptr;
}

RoleCredentials Identities::issue(qint64 seconds, qint64 now) {
    constexpr qsizetype idBytes = 8, secretBytes = 30, tokenBytes = 96; // lengths as AWS has them
    const RoleCredentials credentials{"ASIA" + randomBytes(idBytes).toHex().toUpper(),
                                      randomBytes(secretBytes).toBase64(), randomBytes(tokenBytes).toBase64(),
                                      now, now + seconds};
    Identity identity = standard();
    identity.key = {credentials.accessKeyId, credentials.secret, credentials.token, credentials.expires};
    if (m_issued.size() >= maxIssued)
        m_issued.erase(m_issued.begin());
    m_issued.push_back(std::move(identity));
    return credentials;
}

} // namespace nitroscope::kms
