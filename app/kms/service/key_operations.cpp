// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operations about keys, their policies and aliases.
#include "app/kms/service/call.hpp"

#include <algorithm>
#include <QJsonArray>
#include <QRegularExpression>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using Need = CallMembers::Need;

namespace {

constexpr qsizetype maxPolicy = 32'768;

QString text(const QByteArray &bytes) {
    return QString::fromUtf8(bytes);
}

QJsonObject metadataOf(const Call &call, const KmsKey &key) {
    QJsonObject metadata{{u"AWSAccountId"_s, call.store.account()},
                         {u"Arn"_s, call.store.keyArn(key.id)},
                         {u"CreationDate"_s, key.created},
                         {u"CustomerMasterKeySpec"_s, key.spec},
                         {u"Description"_s, key.description},
                         {u"Enabled"_s, key.state == KeyState::enabled},
                         {u"KeyId"_s, key.id},
                         {u"KeyManager"_s, u"CUSTOMER"_s},
                         {u"KeySpec"_s, key.spec},
                         {u"KeyState"_s, keyStateWord(key.state)},
                         {u"KeyUsage"_s, key.usage},
                         {u"MultiRegion"_s, false},
                         {u"Origin"_s, u"AWS_KMS"_s}};
    if (key.isSymmetric())
        metadata.insert(u"CurrentKeyMaterialId"_s, QString::fromLatin1(key.materialId.toHex()));
    if (key.usage == u"KEY_AGREEMENT")
        metadata.insert(u"KeyAgreementAlgorithms"_s, QJsonArray{u"ECDH"_s});
    else
        metadata.insert(u"EncryptionAlgorithms"_s,
                        key.isSymmetric() ? QJsonArray{u"SYMMETRIC_DEFAULT"_s}
                                          : QJsonArray{u"RSAES_OAEP_SHA_1"_s, u"RSAES_OAEP_SHA_256"_s});
    if (key.deletion)
        metadata.insert(u"DeletionDate"_s, *key.deletion);
    return metadata;
}

// The key named by a member, and the permission to do this with it.
CallResult<KmsKey *> allowedKey(Call &call, const QString &member = u"KeyId"_s) {
    const auto name = call.members.text(member, Need::required);
    if (const auto error = call.members.error())
        return tl::unexpected(*error);
    const auto key = call.keyNamed(*name);
    if (!key)
        return key;
    if (const auto allowed = call.authorize(*key); !allowed)
        return tl::unexpected(allowed.error());
    return key;
}

// The policy, and that it does not lock the caller out.
CallResult<QByteArray> checkedPolicy(Call &call, const QString &json, const QString &arn) {
    const QByteArray bytes = json.toUtf8();
    const Policy policy = parsePolicy(bytes);
    if (bytes.size() > maxPolicy)
        return callError(u"LimitExceededException"_s,
                         u"Key policy is longer than %1 bytes."_s.arg(maxPolicy));
    if (policy.isMalformed())
        return callError(u"MalformedPolicyDocumentException"_s, u"The new key policy is malformed."_s,
                         malformedPolicy(policy).message);
    if (call.members.flag(u"BypassPolicyLockoutSafetyCheck"_s))
        return bytes;
    Request request;
    request.caller = call.caller.principal;
    request.action = u"kms:PutKeyPolicy"_s;
    request.resource = arn;
    request.account = call.store.account();
    setCallerKeys(request, call.now);
    const PolicySet policies{NamedPolicy{u"new policy"_s, policy}, call.caller.identityPolicies};
    if (!evaluate(policies, request).isAllowed())
        return callError(u"MalformedPolicyDocumentException"_s,
                         u"The new key policy will not allow you to update the key policy in the future."_s,
                         u"Let %1 call kms:PutKeyPolicy, or pass BypassPolicyLockoutSafetyCheck."_s.arg(
                             call.caller.principal.principalArn()));
    return bytes;
}

QString defaultPolicy(const QString &account) {
    return u"{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\",\n  \"Statement\" : [ {\n    \"Sid\" : \"Enable IAM User Permissions\",\n    \"Effect\" : "
           "\"Allow\",\n    \"Principal\" : {\n      \"AWS\" : \"arn:aws:iam::%1:root\"\n    },\n    \"Action\" : \"kms:*\",\n    \"Resource\" : \"*\"\n  } ]\n}"_s
               .arg(account);
}

// From `Marker`, at most `Limit`.
template <class Write>
CallResult<QJsonObject> listOf(Call &call, const QString &name, qsizetype count, const Write &write) {
    constexpr int maxAtOnce = 1000, usualAtOnce = 100;
    const int limit = call.members.number(u"Limit"_s, Need::optional, 1, maxAtOnce).value_or(usualAtOnce);
    const auto marker = call.members.text(u"Marker"_s, Need::optional, 1024);
    if (const auto allowed = call.authorize(nullptr); !allowed)
        return tl::unexpected(allowed.error());
    bool isNumber = true;
    const qsizetype start = marker ? marker->toInt(&isNumber) : 0;
    if (!isNumber || start < 0 || start > count)
        return callError(u"InvalidMarkerException"_s, u"Invalid marker"_s);
    const qsizetype end = std::min<qsizetype>(start + limit, count);
    QJsonArray items;
    for (qsizetype i = start; i < end; ++i)
        items.append(write(i));
    QJsonObject answer{{name, items}, {u"Truncated"_s, end < count}};
    if (end < count)
        answer.insert(u"NextMarker"_s, QString::number(end));
    return answer;
}

CallResult<QString> aliasName(Call &call) {
    static const QRegularExpression shape(u"^alias/[a-zA-Z0-9/_-]{1,250}$"_s);
    const auto alias = call.members.text(u"AliasName"_s, Need::required, 256);
    if (const auto error = call.members.error())
        return tl::unexpected(*error);
    if (!shape.match(*alias).hasMatch() || alias->startsWith(u"alias/aws/"_s))
        return callError(u"InvalidAliasNameException"_s,
                         u"Invalid identifier: an alias is alias/NAME, and alias/aws/ is AWS's own."_s);
    return *alias;
}

CallResult<QJsonObject> changeState(Call &call, KeyState state) {
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    if ((*key)->state == KeyState::pendingDeletion)
        return callError(u"KMSInvalidStateException"_s, u"%1 is pending deletion."_s.arg(call.keyArn));
    (*key)->state = state;
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject();
}

} // namespace

namespace operations {

CallResult<QJsonObject> createKey(Call &call) {
    const auto policy = call.members.text(u"Policy"_s, Need::optional, maxPolicyBytes);
    const QString description =
        call.members.has(u"Description"_s)
            ? call.members.text(u"Description"_s, Need::optional, 8192).value_or(QString())
            : QString();
    const QString spec = call.members.text(u"KeySpec"_s, Need::optional)
                             .value_or(call.members.text(u"CustomerMasterKeySpec"_s, Need::optional)
                                           .value_or(u"SYMMETRIC_DEFAULT"_s));
    const QString usage =
        call.members
            .word(u"KeyUsage"_s, Need::optional,
                  {u"ENCRYPT_DECRYPT"_s, u"KEY_AGREEMENT"_s, u"SIGN_VERIFY"_s, u"GENERATE_VERIFY_MAC"_s})
            .value_or(u"ENCRYPT_DECRYPT"_s);
    call.setValue(u"kms:KeySpec", spec);
    call.setValue(u"kms:KeyUsage", usage);
    if (const auto allowed = call.authorize(nullptr); !allowed)
        return tl::unexpected(allowed.error());
    const KeySpec *kind = keySpec(spec);
    const bool isAgreement = usage == u"KEY_AGREEMENT";
    const bool isOffered = kind && (isAgreement ? kind->curve && spec.startsWith(u"ECC_NIST_"_s)
                                                : usage == u"ENCRYPT_DECRYPT" && !kind->curve);
    if (!isOffered)
        return callError(
            u"UnsupportedOperationException"_s,
            u"KeySpec %1 with KeyUsage %2 is not offered here."_s.arg(spec, usage),
            u"Keys here are SYMMETRIC_DEFAULT and RSA for ENCRYPT_DECRYPT, and ECC_NIST for KEY_AGREEMENT."_s);
    KmsKey key;
    key.description = description;
    key.spec = spec;
    key.usage = usage;
    key.created = call.now;
    key.policy = defaultPolicy(call.store.account()).toUtf8();
    if (policy) {
        auto checked = checkedPolicy(call, *policy, call.store.keyArn(u"new"_s));
        if (!checked)
            return tl::unexpected(checked.error());
        key.policy = *std::move(checked);
    }
    const auto added = call.store.add(std::move(key));
    if (!added)
        return callError(added.error().code == u"limit" ? u"LimitExceededException"_s
                                                        : u"KMSInternalException"_s,
                         added.error().message);
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    call.keyArn = call.store.keyArn((*added)->id);
    return QJsonObject{{u"KeyMetadata"_s, metadataOf(call, **added)}};
}

CallResult<QJsonObject> describeKey(Call &call) {
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    return QJsonObject{{u"KeyMetadata"_s, metadataOf(call, **key)}};
}

CallResult<QJsonObject> getPublicKey(Call &call) {
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    if ((*key)->isSymmetric())
        return callError(u"UnsupportedOperationException"_s, u"%1 is a symmetric key."_s.arg(call.keyArn));
    QJsonObject answer = metadataOf(call, **key);
    for (const QString &name : answer.keys())
        if (!QStringList{u"CustomerMasterKeySpec"_s, u"EncryptionAlgorithms"_s, u"KeyAgreementAlgorithms"_s,
                         u"KeySpec"_s, u"KeyUsage"_s}
                 .contains(name))
            answer.remove(name);
    answer.insert(u"KeyId"_s, call.keyArn);
    answer.insert(u"PublicKey"_s, QString::fromLatin1(publicKeyOf((*key)->material).toBase64()));
    return answer;
}

CallResult<QJsonObject> listKeys(Call &call) {
    const auto &keys = call.store.keys();
    return listOf(call, u"Keys"_s, qsizetype(keys.size()), [&](qsizetype i) {
        const QString &id = keys[size_t(i)].id;
        return QJsonObject{{u"KeyId"_s, id}, {u"KeyArn"_s, call.store.keyArn(id)}};
    });
}

CallResult<QJsonObject> listAliases(Call &call) {
    std::vector<std::pair<QString, QString>> found;
    const auto only = call.members.text(u"KeyId"_s, Need::optional);
    QString onlyId;
    if (only) {
        const auto key = call.keyNamed(*only);
        if (!key)
            return tl::unexpected(key.error());
        onlyId = (*key)->id;
    }
    for (const auto &[alias, id] : call.store.aliases())
        if (!only || id == onlyId)
            found.emplace_back(alias, id);
    return listOf(call, u"Aliases"_s, qsizetype(found.size()), [&](qsizetype i) {
        const auto &entry = found[size_t(i)];
        return QJsonObject{{u"AliasName"_s, entry.first},
                           {u"AliasArn"_s, call.store.aliasArn(entry.first)},
                           {u"TargetKeyId"_s, entry.second}};
    });
}

CallResult<QJsonObject> createAlias(Call &call) {
    const auto alias = aliasName(call);
    if (!alias)
        return tl::unexpected(alias.error());
    const auto key = allowedKey(call, u"TargetKeyId"_s);
    if (!key)
        return tl::unexpected(key.error());
    if (call.store.aliases().contains(*alias))
        return callError(u"AlreadyExistsException"_s,
                         u"An alias with the name %1 already exists"_s.arg(call.store.aliasArn(*alias)));
    if (call.store.aliases().size() >= KeyStore::maxAliases)
        return callError(u"LimitExceededException"_s, u"There are too many aliases."_s);
    call.store.setAlias(*alias, (*key)->id);
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject();
}

CallResult<QJsonObject> deleteAlias(Call &call) {
    const auto alias = aliasName(call);
    if (!alias)
        return tl::unexpected(alias.error());
    const auto key = allowedKey(call, u"AliasName"_s);
    if (!key)
        return tl::unexpected(key.error());
    call.store.removeAlias(*alias);
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject();
}

CallResult<QJsonObject> getKeyPolicy(Call &call) {
    call.members.word(u"PolicyName"_s, Need::optional, {u"default"_s});
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    return QJsonObject{{u"Policy"_s, text((*key)->policy)}, {u"PolicyName"_s, u"default"_s}};
}

CallResult<QJsonObject> putKeyPolicy(Call &call) {
    call.members.word(u"PolicyName"_s, Need::optional, {u"default"_s});
    const auto policy = call.members.text(u"Policy"_s, Need::required, maxPolicyBytes);
    const bool bypasses = call.members.flag(u"BypassPolicyLockoutSafetyCheck"_s);
    call.setValue(u"kms:BypassPolicyLockoutSafetyCheck", bypasses ? u"true"_s : u"false"_s);
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    auto checked = checkedPolicy(call, *policy, call.keyArn);
    if (!checked)
        return tl::unexpected(checked.error());
    (*key)->policy = *std::move(checked);
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject();
}

CallResult<QJsonObject> enableKey(Call &call) {
    return changeState(call, KeyState::enabled);
}

CallResult<QJsonObject> disableKey(Call &call) {
    return changeState(call, KeyState::disabled);
}

CallResult<QJsonObject> scheduleKeyDeletion(Call &call) {
    constexpr int minDays = 7, maxDays = 30;
    constexpr qint64 secondsPerDay = 86'400;
    const int days =
        call.members.number(u"PendingWindowInDays"_s, Need::optional, minDays, maxDays).value_or(maxDays);
    call.setValue(u"kms:ScheduleKeyDeletionPendingWindowInDays", QString::number(days));
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    if ((*key)->state == KeyState::pendingDeletion)
        return callError(u"KMSInvalidStateException"_s, u"%1 is pending deletion."_s.arg(call.keyArn));
    (*key)->state = KeyState::pendingDeletion;
    (*key)->deletion = call.now + days * secondsPerDay;
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject{{u"KeyId"_s, call.keyArn},
                       {u"DeletionDate"_s, *(*key)->deletion},
                       {u"KeyState"_s, keyStateWord((*key)->state)},
                       {u"PendingWindowInDays"_s, days}};
}

CallResult<QJsonObject> cancelKeyDeletion(Call &call) {
    const auto key = allowedKey(call);
    if (!key)
        return tl::unexpected(key.error());
    if ((*key)->state != KeyState::pendingDeletion)
        return callError(u"KMSInvalidStateException"_s, u"%1 is not pending deletion."_s.arg(call.keyArn));
    (*key)->state = KeyState::disabled;
    (*key)->deletion.reset();
    if (const auto written = saved(call); !written)
        return tl::unexpected(written.error());
    return QJsonObject{{u"KeyId"_s, call.keyArn}};
}

} // namespace operations
} // namespace nitroscope::kms
