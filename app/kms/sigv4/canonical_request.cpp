// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/sigv4/canonical_request.hpp"

#include <algorithm>
#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

namespace nitroscope::kms {

namespace {

QByteArray sha256Hex(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
}

QByteArray hmac(const QByteArray &key, const QByteArray &message) {
    return QMessageAuthenticationCode::hash(message, key, QCryptographicHash::Sha256);
}

// Inner white space collapses to one space.
QByteArray canonicalValue(const HttpRequest &request, const QByteArray &name) {
    QByteArray joined;
    bool isFirst = true;
    for (const HttpHeader &header : request.headers)
        if (header.name.compare(name, Qt::CaseInsensitive) == 0) {
            joined += (isFirst ? "" : ",") + header.value.simplified();
            isFirst = false;
        }
    return joined;
}

// Names and values encoded and sorted; on the wire they are encoded already.
QByteArray canonicalQuery(const QByteArray &query) {
    QList<QByteArray> pairs;
    for (const QByteArray &pair : query.split('&')) {
        if (pair.isEmpty())
            continue;
        const qsizetype equals = pair.indexOf('=');
        const auto encoded = [](const QByteArray &text) {
            return QByteArray::fromPercentEncoding(text).toPercentEncoding();
        };
        pairs << (equals < 0 ? encoded(pair) + '='
                             : encoded(pair.first(equals)) + '=' + encoded(pair.sliced(equals + 1)));
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs.join('&');
}

} // namespace

QByteArray canonicalRequest(const HttpRequest &request, const QList<QByteArray> &signedHeaders) {
    const qsizetype mark = request.target.indexOf('?');
    const QByteArray path = mark < 0 ? request.target : request.target.first(mark);
    const QByteArray query = mark < 0 ? QByteArray() : request.target.sliced(mark + 1);
    QByteArray text =
        request.method + '\n' + path.toPercentEncoding("/") + '\n' + canonicalQuery(query) + '\n';
    for (const QByteArray &name : signedHeaders)
        text += name + ':' + canonicalValue(request, name) + '\n';
    return text + '\n' + signedHeaders.join(';') + '\n' + sha256Hex(request.body);
}

QByteArray stringToSign(const QByteArray &canonicalRequest, const QByteArray &time,
                        const CredentialScope &scope) {
    return "AWS4-HMAC-SHA256\n" + time + '\n' + scope.text() + '\n' + sha256Hex(canonicalRequest);
}

QByteArray signature(const QByteArray &secret, const CredentialScope &scope, const QByteArray &stringToSign) {
    QByteArray key = "AWS4" + secret;
    for (const QByteArray &part : {scope.date, scope.region, scope.service, QByteArray("aws4_request")})
        key = hmac(key, part);
    return hmac(key, stringToSign).toHex();
}

} // namespace nitroscope::kms
