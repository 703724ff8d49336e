// SPDX-License-Identifier: GPL-2.0-or-later
//
// The condition keys that a policy can ask for in a call of KMS: KMS's own ("Condition keys for AWS KMS", developer guide) and the global ones
// ("AWS global condition context keys", IAM user guide). A key that nobody knows is not an error for AWS: it is absent from every
// request, which makes Null conditions and negated ones true.
#pragma once

#include "app/kms/policy/actions.hpp"
#include "app/kms/policy/operators.hpp"

#include <QString>

namespace nitroscope::kms {

struct ConditionKey {
    const char *name; // ends with ':' or '/' when something of the user's own follows
    ValueType type;
    bool isMultiValued = false;
    bool isSimulated = false; // can have a value here; others are absent from every request that we make
};

inline constexpr QStringView attestationPrefix = u"kms:RecipientAttestation:";
// The key of a PCR's name behind that prefix: "ImageSha384", "PCR3".
inline QString attestationName(const QString &pcr) {
    return attestationPrefix.toString() + pcr;
}

// Without regard to case; nullptr when nobody knows it.
const ConditionKey *conditionKey(QStringView name);
QString nearestConditionKey(QStringView name);

// "kms:RecipientAttestation:ImageSha384", PCR0 to PCR31, NitroTPMPCR0 to NitroTPMPCR23.
struct AttestationKey {
    int pcr = 0; // 0 for ImageSha384
    bool isNitroTpm = false;
    bool isImage = false;
};
std::optional<AttestationKey> attestationKey(QStringView name);
inline bool isAttestationName(QStringView name) {
    return name.startsWith(attestationPrefix, Qt::CaseInsensitive);
}

// Whether calls of the action can have the key at all.
bool carries(const KmsAction &action, QStringView key);

} // namespace nitroscope::kms
