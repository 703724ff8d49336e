// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/http/http_message.hpp"

#include <QDateTime>
#include <QLocale>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray reasonOf(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Internal Server Error";
    }
}

} // namespace

std::optional<QByteArray> HttpRequest::header(QByteArrayView name) const {
    for (const HttpHeader &header : headers)
        if (header.name.compare(name, Qt::CaseInsensitive) == 0)
            return header.value;
    return std::nullopt;
}

bool HttpRequest::keepsAlive() const {
    const QByteArray connection = header("connection").value_or(QByteArray()).toLower();
    return minorVersion >= 1 ? !connection.contains("close") : connection.contains("keep-alive");
}

QByteArray httpBytes(const HttpResponse &response, qint64 now) {
    QByteArray bytes =
        "HTTP/1.1 " + QByteArray::number(response.status) + ' ' + reasonOf(response.status) + "\r\n";
    const QString date = QLocale::c().toString(QDateTime::fromSecsSinceEpoch(now, Qt::UTC),
                                               u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s);
    bytes += "Date: " + date.toLatin1() + "\r\n";
    for (const HttpHeader &header : response.headers)
        bytes += header.name + ": " + header.value + "\r\n";
    bytes += "Content-Length: " + QByteArray::number(response.body.size()) + "\r\n";
    bytes += response.keepsAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return bytes + response.body;
}

} // namespace nitroscope::kms
