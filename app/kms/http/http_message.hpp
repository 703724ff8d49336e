// SPDX-License-Identifier: GPL-2.0-or-later
//
// A request of HTTP/1.1 (RFC 9112), with its headers as they came: a signature is over their bytes.
#pragma once

#include <optional>
#include <QByteArray>
#include <vector>

namespace nitroscope::kms {

struct HttpHeader {
    QByteArray name, value; // the value without white space around it
};

struct HttpRequest {
    QByteArray method, target;
    int minorVersion = 1; // of HTTP/1
    std::vector<HttpHeader> headers;
    QByteArray body;

    // The first of that name, without regard to case.
    std::optional<QByteArray> header(QByteArrayView name) const;
    bool keepsAlive() const;
};

struct HttpResponse {
    int status = 200;
    std::vector<HttpHeader> headers; // beside Date, Content-Length and Connection
    QByteArray body;
    bool keepsAlive = true;
};

// `now`: Unix seconds, for Date, from which SDKs correct their clock.
QByteArray httpBytes(const HttpResponse &response, qint64 now);

} // namespace nitroscope::kms
