// SPDX-License-Identifier: GPL-2.0-or-later
//
// The actions of KMS (service authorization reference, "Actions defined by AWS Key Management Service") and what each brings
// into a policy's conditions.
#pragma once

#include <QStringView>
#include <span>

namespace nitroscope::kms {

struct KmsAction {
    const char *name;   // without "kms:"
    bool takesDocument; // can carry an attestation document: Recipient
    bool hasKey;        // is about one key, whose policy is asked
    bool takesContext;  // has an encryption context
};

std::span<const KmsAction> kmsActions();
// "Decrypt" or "kms:Decrypt", without regard to case; nullptr when KMS has no such action.
const KmsAction *kmsAction(QStringView name);
QString nearestAction(QStringView name);

} // namespace nitroscope::kms
