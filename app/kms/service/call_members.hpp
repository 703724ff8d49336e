// SPDX-License-Identifier: GPL-2.0-or-later
//
// The members of a call's JSON, with the limits of KMS's API model (2014-11-01) and AWS's own sentences for what is wrong. Members that nobody
// knows are ignored, as AWS does.
#pragma once

#include "app/kms/store/ciphertext_blob.hpp"

#include <optional>
#include <QJsonObject>
#include <QStringList>

namespace nitroscope::kms {

// What is answered with status 400.
struct CallError {
    QString type;        // "ValidationException"
    QString message;     // AWS's words; empty: AWS sends none
    QString explanation; // ours
};

class CallMembers {
public:
    enum class Need { optional, required };

    // Nothing but a JSON object is read; the problem is in error().
    static CallMembers read(const QByteArray &body);

    std::optional<QString> text(const QString &name, Need need, qsizetype maxLength = 2048);
    std::optional<QString> word(const QString &name, Need need, const QStringList &allowed);
    std::optional<QByteArray> blob(const QString &name, Need need, qsizetype maxBytes);
    std::optional<int> number(const QString &name, Need need, int min, int max);
    bool flag(const QString &name);
    EncryptionContext context(const QString &name);
    // An object inside; its problems are reported here.
    std::optional<CallMembers> object(const QString &name);
    void adopt(const CallMembers &inner);

    bool has(const QString &name) const { return m_object.contains(name) && !m_object.value(name).isNull(); }
    // After all members have been asked for.
    std::optional<CallError> error() const;

private:
    void violate(const QString &value, const QString &name, const QString &constraint);
    void misread(const QString &name, const QString &expected);

    QJsonObject m_object;
    QStringList m_violations;
    QString m_unreadable;
    QString m_prefix;
};

} // namespace nitroscope::kms
