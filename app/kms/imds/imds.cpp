// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/imds/imds.hpp"

#include "app/kms/store/key_material.hpp"

#include <algorithm>
#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::kms {

namespace {

constexpr auto ttlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
constexpr auto tokenHeader = "X-aws-ec2-metadata-token";
constexpr QByteArrayView metadata = "/latest/meta-data/";
constexpr QByteArrayView securityCredentials = "iam/security-credentials/";
// EC2 has new ones at least so long before the old ones end.
constexpr qint64 renewalSeconds = 300;

HttpResponse text(const QByteArray &body, int status = 200) {
    return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = body};
}

QString isoTime(qint64 seconds) {
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODate);
}

QByteArray jsonText(const QJsonObject &object) {
    return QJsonDocument(object).toJson();
}

} // namespace

Imds::Imds(ImdsSettings settings, Issue issue) : m_settings(std::move(settings)), m_issue(std::move(issue)) {}

QByteArray Imds::roleName() const {
    return m_settings.roleArn.section(u'/', -1).toUtf8();
}

HttpResponse Imds::answer(const HttpRequest &request, qint64 now) {
    if (request.header("X-Forwarded-For"))
        return text("", 403); // as the service, which does not answer through proxies
    if (request.target == "/latest/api/token")
        return request.method == "PUT" ? makeToken(request, now) : text("", 405);
    if (request.method != "GET")
        return text("", 405);
    const bool isWithoutToken = !request.header(tokenHeader);
    if (!(isWithoutToken && m_settings.takesVersion1) && !hasToken(request, now))
        return text("", 401);
    return read(request.target, now);
}

HttpResponse Imds::makeToken(const HttpRequest &request, qint64 now) {
    bool isNumber = false;
    const QByteArray wanted = request.header(ttlHeader).value_or(QByteArray());
    const qint64 seconds = wanted.toLongLong(&isNumber);
    if (!isNumber || seconds < 1 || seconds > maxTokenSeconds)
        return text("", 400);
    if (m_tokens.size() >= maxTokens)
        m_tokens.erase(std::min_element(m_tokens.begin(), m_tokens.end(),
                                        [](const auto &a, const auto &b) { return a.second < b.second; }));
    constexpr qsizetype tokenBytes = 36;
    const QByteArray token = randomBytes(tokenBytes).toBase64(QByteArray::Base64UrlEncoding);
    m_tokens.emplace(token, now + seconds);
    HttpResponse response = text(token);
    response.headers.push_back({ttlHeader, wanted});
    return response;
}

bool Imds::hasToken(const HttpRequest &request, qint64 now) const {
    const auto known = m_tokens.find(request.header(tokenHeader).value_or(QByteArray()));
    return known != m_tokens.end() && now < known->second;
}

HttpResponse Imds::read(const QByteArray &path, qint64 now) {
    const auto found = [&](const QByteArray &body) { return body.isEmpty() ? text("", 404) : text(body); };
    if (path == "/latest/dynamic/instance-identity/document")
        return found(identityDocument());
    if (!path.startsWith(metadata))
        return text("", 404);
    const QByteArray name = path.sliced(metadata.size());
    if (name == "instance-id")
        return found(m_settings.instanceId.toUtf8());
    if (name == "placement/region")
        return found(m_settings.region.toUtf8());
    if (m_settings.roleArn.isEmpty())
        return text("", 404);
    if (name == "iam/info")
        return found(roleInfo(now));
    if (name == securityCredentials.chopped(1) || name == securityCredentials)
        return found(roleName());
    return name == securityCredentials.toByteArray() + roleName() ? found(credentials(now)) : text("", 404);
}

QByteArray Imds::credentials(qint64 now) {
    const qint64 lifetime = m_credentials.expires - m_credentials.issued;
    if (m_credentials.expires - now <= std::min(renewalSeconds, lifetime / 2))
        m_credentials = m_issue(now);
    return jsonText({{u"Code"_s, u"Success"_s},
                     {u"LastUpdated"_s, isoTime(m_credentials.issued)},
                     {u"Type"_s, u"AWS-HMAC"_s},
                     {u"AccessKeyId"_s, QString::fromLatin1(m_credentials.accessKeyId)},
                     {u"SecretAccessKey"_s, QString::fromLatin1(m_credentials.secret)},
                     {u"Token"_s, QString::fromLatin1(m_credentials.token)},
                     {u"Expiration"_s, isoTime(m_credentials.expires)}});
}

QByteArray Imds::roleInfo(qint64 now) {
    const QString profile =
        u"arn:aws:iam::%1:instance-profile/%2"_s.arg(m_settings.account, QString::fromUtf8(roleName()));
    return jsonText(
        {{u"Code"_s, u"Success"_s}, {u"LastUpdated"_s, isoTime(now)}, {u"InstanceProfileArn"_s, profile}});
}

QByteArray Imds::identityDocument() const {
    return jsonText({{u"accountId"_s, m_settings.account},
                     {u"architecture"_s, u"x86_64"_s},
                     {u"instanceId"_s, m_settings.instanceId},
                     {u"region"_s, m_settings.region},
                     {u"version"_s, u"2017-09-30"_s}});
}

} // namespace nitroscope::kms
