// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/condition_keys.hpp"

#include "app/kms/policy/near_words.hpp"

#include <optional>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

using enum ValueType;

constexpr ConditionKey keys[] = {
    {"kms:BypassPolicyLockoutSafetyCheck", boolean, false, true},
    {"kms:CallerAccount", text, false, true},
    {"kms:CustomerMasterKeySpec", text, false, true},
    {"kms:CustomerMasterKeyUsage", text, false, true},
    {"kms:DataKeyPairSpec", text, false, true},
    {"kms:EncryptionAlgorithm", text, false, true},
    {"kms:EncryptionContext:", text, false, true},
    {"kms:EncryptionContextKeys", text, true, true},
    {"kms:ExpirationModel", text},
    {"kms:GrantConstraintType", text},
    {"kms:GranteePrincipal", text},
    {"kms:GrantIsForAWSResource", boolean},
    {"kms:GrantOperations", text, true},
    {"kms:KeyAgreementAlgorithm", text, false, true},
    {"kms:KeyOrigin", text, false, true},
    {"kms:KeySpec", text, false, true},
    {"kms:KeyUsage", text, false, true},
    {"kms:MacAlgorithm", text},
    {"kms:MessageType", text},
    {"kms:MultiRegion", boolean, false, true},
    {"kms:MultiRegionKeyType", text},
    {"kms:PrimaryRegion", text},
    {"kms:ReEncryptOnSameKey", boolean},
    {"kms:ReplicaRegion", text},
    {"kms:RequestAlias", text, false, true},
    {"kms:ResourceAliases", text, true, true},
    {"kms:RetiringPrincipal", text},
    {"kms:RotationPeriodInDays", number},
    {"kms:ScheduleKeyDeletionPendingWindowInDays", number, false, true},
    {"kms:SigningAlgorithm", text},
    {"kms:ValidTo", date},
    {"kms:ViaService", text, false, true},
    {"kms:WrappingAlgorithm", text},
    {"kms:WrappingKeySpec", text},
    {"aws:AssumedRoot", boolean},
    {"aws:CalledVia", text, true},
    {"aws:CalledViaFirst", text},
    {"aws:CalledViaLast", text},
    {"aws:CurrentTime", date, false, true},
    {"aws:Ec2InstanceSourcePrivateIPv4", address},
    {"aws:Ec2InstanceSourceVpc", text},
    {"aws:EpochTime", date, false, true},
    {"aws:FederatedProvider", text},
    {"aws:MultiFactorAuthAge", number},
    {"aws:MultiFactorAuthPresent", boolean},
    {"aws:PrincipalAccount", text, false, true},
    {"aws:PrincipalArn", arn, false, true},
    {"aws:PrincipalIsAWSService", boolean, false, true},
    {"aws:PrincipalOrgID", text},
    {"aws:PrincipalOrgPaths", text, true},
    {"aws:PrincipalServiceName", text},
    {"aws:PrincipalServiceNamesList", text, true},
    {"aws:PrincipalTag/", text},
    {"aws:PrincipalType", text, false, true},
    {"aws:referer", text},
    {"aws:RequestedRegion", text, false, true},
    {"aws:RequestTag/", text},
    {"aws:ResourceAccount", text, false, true},
    {"aws:ResourceOrgID", text},
    {"aws:ResourceOrgPaths", text, true},
    {"aws:ResourceTag/", text, false, true},
    {"aws:SecureTransport", boolean, false, true},
    {"aws:SourceAccount", text},
    {"aws:SourceArn", arn},
    {"aws:SourceIdentity", text},
    {"aws:SourceIp", address, false, true},
    {"aws:SourceOrgID", text},
    {"aws:SourceOrgPaths", text, true},
    {"aws:SourceVpc", text},
    {"aws:SourceVpcArn", arn},
    {"aws:SourceVpce", text},
    {"aws:TagKeys", text, true},
    {"aws:TokenIssueTime", date},
    {"aws:userid", text, false, true},
    {"aws:username", text, false, true},
    {"aws:UserAgent", text, false, true},
    {"aws:ViaAWSService", boolean, false, true},
    {"aws:VpceAccount", text},
    {"aws:VpceOrgID", text},
    {"aws:VpceOrgPaths", text, true},
    {"aws:VpcSourceIp", address},
    {"ec2:RoleDelivery", number},
    {"ec2:SourceInstanceArn", arn},
};

constexpr ConditionKey attestation{"kms:RecipientAttestation:", text, false, true};
constexpr int pcrCount = 32, nitroTpmPcrCount = 24;

std::optional<int> numberBehind(QStringView text, QStringView prefix, int count) {
    if (!text.startsWith(prefix, Qt::CaseInsensitive))
        return std::nullopt;
    const QStringView digits = text.sliced(prefix.size());
    bool isNumber = false;
    const uint number = digits.toUInt(&isNumber);
    const bool isPlain = isNumber && number < uint(count) && QString::number(number) == digits;
    return isPlain ? std::optional(int(number)) : std::nullopt;
}

} // namespace

std::optional<AttestationKey> attestationKey(QStringView name) {
    if (!isAttestationName(name))
        return std::nullopt;
    const QStringView rest = name.sliced(attestationPrefix.size());
    if (rest.compare(u"ImageSha384", Qt::CaseInsensitive) == 0)
        return AttestationKey{.isImage = true};
    if (const auto pcr = numberBehind(rest, u"PCR", pcrCount))
        return AttestationKey{.pcr = *pcr};
    if (const auto pcr = numberBehind(rest, u"NitroTPMPCR", nitroTpmPcrCount))
        return AttestationKey{.pcr = *pcr, .isNitroTpm = true};
    return std::nullopt;
}

const ConditionKey *conditionKey(QStringView name) {
    if (attestationKey(name))
        return &attestation;
    for (const ConditionKey &key : keys) {
        const QLatin1StringView known(key.name);
        const bool isPrefix = known.endsWith(u':') || known.endsWith(u'/');
        if (isPrefix ? name.size() > known.size() && name.startsWith(known, Qt::CaseInsensitive)
                     : name.compare(known, Qt::CaseInsensitive) == 0)
            return &key;
    }
    return nullptr;
}

QString nearestConditionKey(QStringView name) {
    // "kms:RecipientAttestation" alone, "…:PCR_0", "…:PCR32": what is meant is clear before any letters are counted.
    if (name.startsWith(attestationPrefix.chopped(1), Qt::CaseInsensitive)) {
        NearWord nearest(name);
        nearest.consider(attestationName(u"ImageSha384"_s));
        for (int pcr = 0; pcr < pcrCount; ++pcr)
            nearest.consider(attestationName(u"PCR%1"_s.arg(pcr)));
        return nearest.word().isEmpty() ? attestationName(u"ImageSha384"_s) : nearest.word();
    }
    NearWord nearest(name);
    for (const ConditionKey &key : keys)
        nearest.consider(QString::fromLatin1(key.name));
    return nearest.word();
}

bool carries(const KmsAction &action, QStringView key) {
    if (isAttestationName(key))
        return action.takesDocument;
    if (key.startsWith(u"kms:EncryptionContext", Qt::CaseInsensitive))
        return action.takesContext;
    // Of the key itself: a call that is about no key has none of them; GenerateRandom has no alias either.
    constexpr QStringView ofKeys[] = {u"kms:ResourceAliases", u"kms:RequestAlias", u"kms:EncryptionAlgorithm",
                                      u"aws:ResourceAccount"};
    for (const QStringView each : ofKeys)
        if (key.compare(each, Qt::CaseInsensitive) == 0)
            return action.hasKey;
    return true;
}

} // namespace nitroscope::kms
