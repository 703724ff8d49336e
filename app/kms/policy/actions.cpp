// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/actions.hpp"

#include "app/kms/policy/near_words.hpp"

namespace nitroscope::kms {

namespace {

// name, document, key, encryption context
constexpr KmsAction actions[] = {
    {"CancelKeyDeletion", false, true, false},
    {"ConnectCustomKeyStore", false, false, false},
    {"CreateAlias", false, true, false},
    {"CreateCustomKeyStore", false, false, false},
    {"CreateGrant", false, true, true},
    {"CreateKey", false, false, false},
    {"Decrypt", true, true, true},
    {"DeleteAlias", false, true, false},
    {"DeleteCustomKeyStore", false, false, false},
    {"DeleteImportedKeyMaterial", false, true, false},
    {"DeriveSharedSecret", true, true, false},
    {"DescribeCustomKeyStores", false, false, false},
    {"DescribeKey", false, true, false},
    {"DisableKey", false, true, false},
    {"DisableKeyRotation", false, true, false},
    {"DisconnectCustomKeyStore", false, false, false},
    {"EnableKey", false, true, false},
    {"EnableKeyRotation", false, true, false},
    {"Encrypt", false, true, true},
    {"GenerateDataKey", true, true, true},
    {"GenerateDataKeyPair", true, true, true},
    {"GenerateDataKeyPairWithoutPlaintext", false, true, true},
    {"GenerateDataKeyWithoutPlaintext", false, true, true},
    {"GenerateMac", false, true, false},
    {"GenerateRandom", true, false, false},
    {"GetKeyPolicy", false, true, false},
    {"GetKeyRotationStatus", false, true, false},
    {"GetParametersForImport", false, true, false},
    {"GetPublicKey", false, true, false},
    {"ImportKeyMaterial", false, true, false},
    {"ListAliases", false, false, false},
    {"ListGrants", false, true, false},
    {"ListKeyPolicies", false, true, false},
    {"ListKeyRotations", false, true, false},
    {"ListKeys", false, false, false},
    {"ListResourceTags", false, true, false},
    {"ListRetirableGrants", false, false, false},
    {"PutKeyPolicy", false, true, false},
    {"ReEncryptFrom", false, true, true},
    {"ReEncryptTo", false, true, true},
    {"ReplicateKey", false, true, false},
    {"RetireGrant", false, true, true},
    {"RevokeGrant", false, true, false},
    {"RotateKeyOnDemand", false, true, false},
    {"ScheduleKeyDeletion", false, true, false},
    {"Sign", false, true, false},
    {"SynchronizeMultiRegionKey", false, true, false},
    {"TagResource", false, true, false},
    {"UntagResource", false, true, false},
    {"UpdateAlias", false, true, false},
    {"UpdateCustomKeyStore", false, false, false},
    {"UpdateKeyDescription", false, true, false},
    {"UpdatePrimaryRegion", false, true, false},
    {"Verify", false, true, false},
    {"VerifyMac", false, true, false},
};

QStringView withoutService(QStringView name) {
    constexpr QStringView service = u"kms:";
    return name.startsWith(service, Qt::CaseInsensitive) ? name.sliced(service.size()) : name;
}

} // namespace

std::span<const KmsAction> kmsActions() {
    return actions;
}

const KmsAction *kmsAction(QStringView name) {
    for (const KmsAction &action : actions)
        if (withoutService(name).compare(QLatin1StringView(action.name), Qt::CaseInsensitive) == 0)
            return &action;
    return nullptr;
}

QString nearestAction(QStringView name) {
    NearWord nearest(withoutService(name));
    for (const KmsAction &action : actions)
        nearest.consider(QString::fromLatin1(action.name));
    return nearest.word();
}

} // namespace nitroscope::kms
