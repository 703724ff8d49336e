// SPDX-License-Identifier: GPL-2.0-or-later
//
// Requests of HTTP/1.1 out of a stream of bytes (RFC 9112), as strict as a server for programs can be: no folded headers, no
// Transfer-Encoding, one Content-Length. Foreign bytes: heads, bodies and numbers of headers are bounded, and it takes the same steps however
// the bytes are cut.
#pragma once

#include "app/kms/http/http_message.hpp"

#include <QString>

namespace nitroscope::kms {

class HttpReader {
public:
    struct Limits {
        qsizetype headBytes = 64 * 1024;
        qsizetype bodyBytes = 1024 * 1024; // a call has at most 262144 bytes of document, in base64
        size_t headers = 100;
    };
    // Why nothing more is read from this connection.
    struct Refusal {
        int status;
        QString reason;
    };

    HttpReader() = default;
    explicit HttpReader(const Limits &limits) : m_limits(limits) {}

    void feed(QByteArrayView bytes);
    // The next whole request; nothing when it has not all come, or was refused.
    std::optional<HttpRequest> next();
    const std::optional<Refusal> &refusal() const { return m_refusal; }

    // A request has begun and is not whole.
    bool isInside() const { return m_head.has_value() || !m_buffer.isEmpty(); }
    // It waits to be told to go on (Expect: 100-continue); true once for each.
    bool takeContinue();

private:
    bool readHead();
    bool readRequestLine(QByteArrayView line, HttpRequest &request);
    bool readHeader(QByteArrayView line, HttpRequest &request);
    bool readLength(const HttpRequest &request);
    bool refuse(int status, const QString &reason);

    Limits m_limits;
    QByteArray m_buffer;
    qsizetype m_searched = 0; // bytes in which no head ends
    std::optional<HttpRequest> m_head;
    qsizetype m_bodyBytes = 0;
    bool m_expectsContinue = false;
    std::optional<Refusal> m_refusal;
};

} // namespace nitroscope::kms
