// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parent instance's metadata service (EC2 user guide, "Instance metadata"): session tokens (IMDSv2), the role's credentials, and an identity
// document that agrees with PCR3 and PCR4. Requests in, answers out; knows no sockets.
//
//   PUT /latest/api/token                                         a token for so many seconds
//   GET /latest/meta-data/iam/security-credentials/[ROLE]         the role's name, its credentials
//   GET /latest/meta-data/{instance-id,iam/info,placement/region} GET /latest/dynamic/instance-identity/document
#pragma once

#include "app/kms/http/http_message.hpp"

#include <functional>
#include <map>
#include <QString>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

// Of a role for a while; Unix seconds.
struct RoleCredentials {
    QByteArray accessKeyId, secret, token;
    qint64 issued = 0, expires = 0;
};

struct ImdsSettings {
    QString roleArn; // empty: the instance has no role
    QString account, region, instanceId;
    bool takesVersion1 = false; // requests without a token
};

class Imds {
public:
    using Issue = std::function<RoleCredentials(qint64 now)>;
    static constexpr qint64 maxTokenSeconds = 21'600;
    static constexpr size_t maxTokens = 1000; // the one that ends first goes when there are more

    Imds(ImdsSettings settings, Issue issue);

    // `now`: Unix seconds.
    HttpResponse answer(const HttpRequest &request, qint64 now);

private:
    HttpResponse makeToken(const HttpRequest &request, qint64 now);
    bool hasToken(const HttpRequest &request, qint64 now) const;
    HttpResponse read(const QByteArray &path, qint64 now);
    QByteArray credentials(qint64 now);
    QByteArray roleInfo(qint64 now);
    QByteArray identityDocument() const;
    QByteArray roleName() const;

    ImdsSettings m_settings;
    Issue m_issue;
    RoleCredentials m_credentials;
    std::map<QByteArray, qint64> m_tokens; // and when they end
};

} // namespace nitroscope::kms
