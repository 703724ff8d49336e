// SPDX-License-Identifier: GPL-2.0-or-later
//
// The operations of KMS: a call's name and JSON in, an answer's JSON out, and what is to be told about it. Order of the checks as a client of AWS
// sees it: members, key, its state, policy, ciphertext. Knows neither HTTP nor signatures.
#pragma once

#include "app/kms/service/call_types.hpp"
#include "app/kms/store/key_store.hpp"

namespace nitroscope::kms {

class KmsService {
public:
    KmsService(KeyStore store, ServiceSettings settings);

    // `operation`: what follows "TrentService.". `now`: Unix seconds.
    CallAnswer call(const QString &operation, const QByteArray &body, const Caller &caller, qint64 now);
    // The same shape for what was refused before: a bad signature.
    CallAnswer refuse(const QString &operation, const CallError &error, const QString &principal,
                      qint64 now) const;

    const KeyStore &store() const { return m_store; }

private:
    KeyStore m_store;
    ServiceSettings m_settings;
};

} // namespace nitroscope::kms
