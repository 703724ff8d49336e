// SPDX-License-Identifier: GPL-2.0-or-later
//
// A call of KMS as an SDK sends it: an HTTP request with a signature of the access key "test".
#pragma once

#include "app/kms/http/http_message.hpp"
#include "app/kms/sigv4/canonical_request.hpp"
#include "app/kms/sigv4/verify_signature.hpp"

#include <QDateTime>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

// `late`: seconds by which the client's clock is behind.
inline QByteArray signedCall(const QByteArray &operation, const QByteArray &body,
                             const QByteArray &secret = "test", qint64 late = 0) {
    kms::HttpRequest request;
    request.method = "POST";
    request.target = "/";
    request.body = body;
    const QByteArray time =
        QDateTime::currentDateTimeUtc().addSecs(-late).toString(u"yyyyMMdd'T'HHmmss'Z'"_s).toLatin1();
    request.headers = {
        {"Host", "localhost"}, {"X-Amz-Date", time}, {"X-Amz-Target", "TrentService." + operation}};
    const QList<QByteArray> names{"host", "x-amz-date", "x-amz-target"};
    const kms::CredentialScope scope{time.first(8), "us-east-1", "kms"};
    const QByteArray text = kms::stringToSign(kms::canonicalRequest(request, names), time, scope);
    QByteArray bytes = "POST / HTTP/1.1\r\n";
    for (const kms::HttpHeader &header : request.headers)
        bytes += header.name + ": " + header.value + "\r\n";
    bytes += "Content-Type: application/x-amz-json-1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/" +
             scope.text() + ", SignedHeaders=" + names.join(';') +
             ", Signature=" + kms::signature(secret, scope, text) + "\r\n";
    return bytes + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

} // namespace nitroscope::test
