// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call of KMS as a policy sees it: who, what, on which key, and the values of condition keys with where each came from.
#pragma once

#include "app/kms/policy/principal.hpp"

#include <map>
#include <optional>
#include <QByteArray>
#include <QStringList>

namespace nitroscope::kms {

struct FoundValue {
    QStringList values;
    bool isMultiValued = false;
    QString origin; // "document, PCR0", "request", "identity", "clock", "key"
};

class RequestContext {
public:
    void set(QStringView key, const QString &value, const QString &origin);
    void setList(QStringView key, const QStringList &values, const QString &origin);
    // `lookupKey` in lower case; nullptr: the call has no such key.
    const FoundValue *find(const QString &lookupKey) const;

private:
    std::map<QString, FoundValue> m_values;
};

// Where attestation keys come from, or why there are none.
enum class Attestation {
    verified, // a document that KMS would accept
    expected, // an image whose document would have these PCRs
    absent,   // the call has no Recipient
    invalid,  // its document is none that KMS would accept
};

struct Request {
    Principal caller;
    QString action;   // "kms:Decrypt"
    QString resource; // ARN of the key; "*" when the call is about none
    QString account;  // of the key
    RequestContext context;
    Attestation attestation = Attestation::absent;
    QString attestationProblem; // a sentence, when it is invalid
    bool isNitroTpm = false;
};

// The keys that every call has: caller, account, time (Unix seconds), transport.
void setCallerKeys(Request &request, qint64 now);
// The keys of a document with these PCRs; of an action that cannot carry a document, nothing. `origin`: "document", "image".
void setAttestationKeys(Request &request, const std::map<quint64, QByteArray> &pcrs, const QString &origin);
void setEncryptionContext(Request &request, const std::map<QString, QString> &context);

} // namespace nitroscope::kms
