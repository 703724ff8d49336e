// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/sigv4/verify_signature.hpp"

#include <algorithm>
#include <openssl/crypto.h>
#include <QDateTime>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

const QString timeForm = u"yyyyMMdd'T'HHmmss'Z'"_s;

struct Authorization {
    QByteArray accessKeyId, signature;
    CredentialScope scope;
    QList<QByteArray> signedHeaders;
};

QString textOfTime(qint64 seconds) {
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(timeForm);
}

SignatureCheck failed(const QString &type, const QString &message, const QString &explanation = {}) {
    SignatureCheck check;
    check.errorType = type;
    check.message = message;
    check.explanation = explanation;
    return check;
}

SignatureCheck incomplete(const QString &message) {
    return failed(u"IncompleteSignatureException"_s, message);
}
SignatureCheck invalid(const QString &message, const QString &explanation = {}) {
    return failed(u"InvalidSignatureException"_s, message, explanation);
}

// "AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=HEX"
std::optional<SignatureCheck> readAuthorization(const HttpRequest &request, Authorization &authorization) {
    const auto header = request.header("authorization");
    if (!header)
        return failed(u"MissingAuthenticationTokenException"_s, u"Missing Authentication Token"_s,
                      request.target.contains("X-Amz-Signature")
                          ? u"The signature is in the URL, which KMS does not take."_s
                          : u"The request is not signed."_s);
    constexpr QByteArrayView algorithm = "AWS4-HMAC-SHA256";
    if (!header->startsWith(algorithm))
        return incomplete(
            u"Unsupported AWS 'algorithm': '%1'."_s.arg(QString::fromLatin1(header->split(' ').first())));
    QByteArray credential, signedHeaders;
    for (QByteArray part : header->sliced(algorithm.size()).split(',')) {
        part = part.trimmed();
        const qsizetype equals = part.indexOf('=');
        if (equals < 0)
            return incomplete(
                u"'%1' not a valid key=value pair (missing equal-sign) in Authorization header: '%2'."_s.arg(
                    QString::fromLatin1(part), QString::fromLatin1(*header)));
        const QByteArray name = part.first(equals), value = part.sliced(equals + 1);
        if (name == "Credential")
            credential = value;
        else if (name == "SignedHeaders")
            signedHeaders = value;
        else if (name == "Signature")
            authorization.signature = value;
    }
    QString missing;
    for (const auto &[value, name] :
         {std::pair(credential, u"Credential"_s), std::pair(authorization.signature, u"Signature"_s),
          std::pair(signedHeaders, u"SignedHeaders"_s)})
        if (value.isEmpty())
            missing += u"Authorization header requires '%1' parameter. "_s.arg(name);
    if (!request.header("x-amz-date"))
        missing += u"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "_s;
    if (!missing.isEmpty())
        return incomplete(missing + u"Authorization="_s + QString::fromLatin1(*header));
    const auto parts = credential.split('/');
    if (parts.size() != 5 || parts[4] != "aws4_request")
        return incomplete(
            u"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
            "'%1'."_s.arg(QString::fromLatin1(credential)));
    authorization.accessKeyId = parts[0];
    authorization.scope = {parts[1], parts[2], parts[3]};
    for (const QByteArray &name : signedHeaders.split(';'))
        authorization.signedHeaders << name.toLower();
    std::sort(authorization.signedHeaders.begin(), authorization.signedHeaders.end());
    return std::nullopt;
}

std::optional<SignatureCheck> checkScope(const HttpRequest &request, const Authorization &authorization,
                                         const QByteArray &time) {
    if (authorization.scope.service != "kms")
        return invalid(u"Credential should be scoped to correct service: 'kms'. "_s,
                       u"The client signs for '%1'."_s.arg(QString::fromLatin1(authorization.scope.service)));
    if (authorization.scope.date != time.first(8))
        return invalid(
            u"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%1' != '%2', from "
            "'%3'."_s.arg(QString::fromLatin1(authorization.scope.date), QString::fromLatin1(time.first(8)),
                          QString::fromLatin1(time)));
    const auto isSigned = [&](const char *name) {
        return authorization.signedHeaders.contains(QByteArray(name));
    };
    if (!isSigned("host"))
        return invalid(u"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."_s);
    for (const char *name : {"x-amz-date", "x-amz-security-token", "x-amz-target"})
        if (request.header(name) && !isSigned(name))
            return invalid(
                u"'%1' must be a 'SignedHeader' in the AWS Authorization."_s.arg(QLatin1StringView(name)));
    return std::nullopt;
}

std::optional<SignatureCheck> checkTime(qint64 signedAt, qint64 now) {
    const qint64 behind = now - signedAt;
    if (std::abs(behind) <= maxSkewSeconds)
        return std::nullopt;
    const bool isLate = behind > 0;
    const QString message =
        isLate ? u"Signature expired: %1 is now earlier than %2 (%3 - 5 min.)"_s.arg(
                     textOfTime(signedAt), textOfTime(now - maxSkewSeconds), textOfTime(now))
               : u"Signature not yet current: %1 is still later than %2 (%3 + 5 min.)"_s.arg(
                     textOfTime(signedAt), textOfTime(now + maxSkewSeconds), textOfTime(now));
    return invalid(
        message,
        u"The signer's clock is %1 s %2. A machine that was stopped has a clock that stood for as long; let it catch up, or "
        "start the enclave anew."_s.arg(std::abs(behind))
            .arg(isLate ? u"behind"_s : u"ahead"_s));
}

std::optional<SignatureCheck> checkToken(const HttpRequest &request, const SigningKey *key, qint64 now) {
    const auto token = request.header("x-amz-security-token");
    const QString unknown = u"The security token included in the request is invalid."_s,
                  type = u"UnrecognizedClientException"_s;
    if (!key)
        return failed(type, unknown, u"Nobody has this access key; it must stand in the identities file."_s);
    if (key->sessionToken.isEmpty() ? token.has_value() : !token || *token != key->sessionToken)
        return failed(type, unknown,
                      token ? u"The session token is not the one of this access key."_s
                            : u"These are temporary credentials, and their session token is missing."_s);
    if (key->expires && *key->expires <= now)
        return failed(u"ExpiredTokenException"_s, u"The security token included in the request is expired"_s,
                      u"It expired at %1."_s.arg(textOfTime(*key->expires)));
    return std::nullopt;
}

bool isSame(const QByteArray &a, const QByteArray &b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.constData(), b.constData(), size_t(a.size())) == 0;
}

} // namespace

SignatureCheck verifySignature(const HttpRequest &request, const SigningKeys &keys, qint64 now) {
    Authorization authorization;
    if (const auto problem = readAuthorization(request, authorization))
        return *problem;
    const QByteArray time = request.header("x-amz-date").value_or(QByteArray());
    QDateTime signedAt = QDateTime::fromString(QString::fromLatin1(time), timeForm);
    if (!signedAt.isValid())
        return incomplete(
            u"Date must be in ISO-8601 'basic format'. Got '%1'. See http://en.wikipedia.org/wiki/ISO_8601"_s
                .arg(QString::fromLatin1(time)));
    signedAt.setTimeSpec(Qt::UTC);
    const SigningKey *key = keys(authorization.accessKeyId);
    const auto finish = [&](SignatureCheck check) {
        check.accessKeyId = authorization.accessKeyId;
        check.region = authorization.scope.region;
        check.skewSeconds = now - signedAt.toSecsSinceEpoch();
        return check;
    };
    if (const auto problem = checkToken(request, key, now))
        return finish(*problem);
    if (const auto problem = checkScope(request, authorization, time))
        return finish(*problem);
    if (const auto problem = checkTime(signedAt.toSecsSinceEpoch(), now))
        return finish(*problem);
    const QByteArray canonical = canonicalRequest(request, authorization.signedHeaders);
    const QByteArray toSign = stringToSign(canonical, time, authorization.scope);
    if (isSame(signature(key->secret, authorization.scope, toSign), authorization.signature))
        return finish({});
    return finish(invalid(
        u"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
        "signing method. Consult the service documentation for details."_s,
        u"The secret is another, or something changed the request on its way. The canonical request is\n%1"_s
            .arg(QString::fromUtf8(canonical))));
}

SignatureCheck claimedSignature(const HttpRequest &request) {
    Authorization authorization;
    (void)readAuthorization(request, authorization);
    SignatureCheck check;
    check.accessKeyId = authorization.accessKeyId;
    check.region = authorization.scope.region;
    return check;
}

} // namespace nitroscope::kms
