// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call on its way through the checks: what all operations share.
#pragma once

#include "app/formats/attestation/document.hpp"
#include "app/kms/service/call_types.hpp"
#include "app/kms/store/key_store.hpp"

#include <tl/expected.hpp>

namespace nitroscope::kms {

template <class T>
using CallResult = tl::expected<T, CallError>;

inline tl::unexpected<CallError> callError(QString type, QString message, QString explanation = {}) {
    return tl::unexpected(CallError{std::move(type), std::move(message), std::move(explanation)});
}

class Call {
public:
    Call(KeyStore &store, const ServiceSettings &settings, const Caller &caller, QString operation,
         const QByteArray &body, qint64 now);

    CallMembers members;
    KeyStore &store;
    const ServiceSettings &settings;
    const Caller &caller;
    const QString operation;
    const qint64 now;

    // Asks for the member Recipient.
    void readRecipient();
    bool hasRecipient() const { return m_recipient.has_value(); }

    // What `KeyId` or another name means. Errors: NotFoundException.
    CallResult<KmsKey *> keyNamed(const QString &name);
    // Errors: DisabledException, KMSInvalidStateException.
    CallResult<void> requireUsable(const KmsKey &key) const;
    // Errors: InvalidKeyUsageException.
    CallResult<void> requireUsage(const KmsKey &key, const QString &usage) const;

    // Members are fine, the document is one to be believed, and the policies allow it. `key` is nullptr for calls that are about none.
    // Errors: ValidationException, AccessDeniedException, DryRunOperationException.
    CallResult<void> authorize(const KmsKey *key);
    // For policies: what only the operation knows.
    void setValue(QStringView key, const QString &value) { m_values[key.toString()] = value; }
    EncryptionContext context;
    bool isKeyImplied = false; // a Decrypt that does not name it, whose denial names no key
    QString requestAlias;

    // The secret of an answer: as it is, or for the enclave's key only. Errors: ValidationException.
    CallResult<void> addSecret(QJsonObject &answer, const QString &name, const QByteArray &secret) const;

    QString explanation() const { return m_explanation.join(u'\n'); }
    void explain(const QString &text) { m_explanation << text; }
    QString keyArn;

    const QByteArray &decidedPolicy() const { return m_policy; }
    QByteArray document() const { return m_recipient.value_or(QByteArray()); }
    // additionalEventData of CloudTrail; empty without a document.
    QJsonObject recipientForTrail() const;

private:
    CallResult<void> judgeRecipient(Request &request);

    std::optional<QByteArray> m_recipient; // the document
    std::optional<formats::attestation::Document> m_document;
    QByteArray m_policy; // of the key that the decision was about
    std::map<QString, QString> m_values;
    QStringList m_explanation;
};

// The operations, by subject. Each gives the answer's members.
using Operation = CallResult<QJsonObject> (*)(Call &);
Operation operationNamed(QStringView name); // nullptr: KMS has none of that name here

namespace operations {
CallResult<QJsonObject> decrypt(Call &call);
CallResult<QJsonObject> encrypt(Call &call);
CallResult<QJsonObject> generateDataKey(Call &call);
CallResult<QJsonObject> generateDataKeyWithoutPlaintext(Call &call);
CallResult<QJsonObject> generateDataKeyPair(Call &call);
CallResult<QJsonObject> generateRandom(Call &call);
CallResult<QJsonObject> deriveSharedSecret(Call &call);
CallResult<QJsonObject> createKey(Call &call);
CallResult<QJsonObject> describeKey(Call &call);
CallResult<QJsonObject> getPublicKey(Call &call);
CallResult<QJsonObject> listKeys(Call &call);
CallResult<QJsonObject> listAliases(Call &call);
CallResult<QJsonObject> createAlias(Call &call);
CallResult<QJsonObject> deleteAlias(Call &call);
CallResult<QJsonObject> getKeyPolicy(Call &call);
CallResult<QJsonObject> putKeyPolicy(Call &call);
CallResult<QJsonObject> enableKey(Call &call);
CallResult<QJsonObject> disableKey(Call &call);
CallResult<QJsonObject> scheduleKeyDeletion(Call &call);
CallResult<QJsonObject> cancelKeyDeletion(Call &call);
} // namespace operations

// A member of the store was changed: write it. Error: KMSInternalException.
CallResult<void> saved(Call &call);

} // namespace nitroscope::kms
