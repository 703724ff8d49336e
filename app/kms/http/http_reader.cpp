// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/http/http_reader.hpp"

#include <algorithm>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

// RFC 9110 §5.6.2.
bool isToken(QByteArrayView text) {
    constexpr QByteArrayView others = "!#$%&'*+-.^_`|~";
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [&](char sign) {
        return (sign >= '0' && sign <= '9') || (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') ||
               others.contains(sign);
    });
}

bool isFieldText(QByteArrayView text) {
    return std::all_of(text.begin(), text.end(),
                       [](char sign) { return quint8(sign) >= 0x20 ? sign != 0x7f : sign == '\t'; });
}

} // namespace

bool HttpReader::refuse(int status, const QString &reason) {
    if (!m_refusal)
        m_refusal = Refusal{status, reason};
    m_buffer.clear();
    m_head.reset();
    return false;
}

void HttpReader::feed(QByteArrayView bytes) {
    if (!m_refusal)
        m_buffer.append(bytes);
}

std::optional<HttpRequest> HttpReader::next() {
    if (m_refusal || (!m_head && !readHead()) || m_buffer.size() < m_bodyBytes)
        return std::nullopt;
    HttpRequest request = *std::move(m_head);
    m_head.reset();
    m_expectsContinue = false;
    request.body = m_buffer.first(m_bodyBytes);
    m_buffer.remove(0, m_bodyBytes);
    return request;
}

bool HttpReader::takeContinue() {
    return std::exchange(m_expectsContinue, false);
}

bool HttpReader::readHead() {
    while (m_buffer.startsWith("\r\n")) { // RFC 9112 §2.2: an empty line before a request is ignored
        m_buffer.remove(0, 2);
        m_searched = 0;
    }
    const qsizetype end = m_buffer.indexOf("\r\n\r\n", std::max<qsizetype>(m_searched - 3, 0));
    m_searched = m_buffer.size();
    if (end > m_limits.headBytes || (end < 0 && m_buffer.size() > m_limits.headBytes + 3))
        return refuse(431, u"The request's head has more than %1 bytes."_s.arg(m_limits.headBytes));
    if (end < 0)
        return false;
    const QByteArray head = m_buffer.first(end + 2);
    m_buffer.remove(0, end + 4);
    m_searched = 0;
    HttpRequest request;
    bool isFirst = true;
    for (qsizetype at = 0; at < head.size();) {
        const qsizetype lineEnd = head.indexOf("\r\n", at);
        const QByteArrayView line = QByteArrayView(head).sliced(at, lineEnd - at);
        if (!(isFirst ? readRequestLine(line, request) : readHeader(line, request)))
            return false;
        isFirst = false;
        at = lineEnd + 2;
    }
    if (!readLength(request))
        return false;
    m_expectsContinue = request.header("expect").value_or(QByteArray()).toLower() == "100-continue";
    m_head = std::move(request);
    return true;
}

// METHOD SP target SP HTTP/1.1
bool HttpReader::readRequestLine(QByteArrayView line, HttpRequest &request) {
    const QByteArray text = line.toByteArray();
    const auto words = text.split(' ');
    if (words.size() != 3 || !isToken(words[0]) || words[1].isEmpty() || !isFieldText(words[1]) ||
        words[1].contains('\t'))
        return refuse(400, u"This is no request of HTTP/1.1."_s);
    if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0")
        return refuse(words[2].startsWith("HTTP/") ? 505 : 400, u"Only HTTP/1.1 is spoken here."_s);
    request.method = words[0];
    request.target = words[1];
    request.minorVersion = words[2].back() - '0';
    return true;
}

bool HttpReader::readHeader(QByteArrayView line, HttpRequest &request) {
    const qsizetype colon = line.indexOf(':');
    if (colon < 0 || !isToken(line.first(colon)) || !isFieldText(line.sliced(colon + 1)))
        return refuse(400, u"A header is malformed."_s);
    if (request.headers.size() >= m_limits.headers)
        return refuse(431, u"There are more than %1 headers."_s.arg(m_limits.headers));
    request.headers.push_back(
        {line.first(colon).toByteArray(), line.sliced(colon + 1).toByteArray().trimmed()});
    return true;
}

bool HttpReader::readLength(const HttpRequest &request) {
    if (request.header("transfer-encoding"))
        return refuse(501, u"Bodies with Transfer-Encoding are not taken; send a Content-Length."_s);
    std::optional<qsizetype> length;
    for (const HttpHeader &header : request.headers) {
        if (header.name.compare("content-length", Qt::CaseInsensitive) != 0)
            continue;
        const bool isNumber =
            !header.value.isEmpty() && std::all_of(header.value.begin(), header.value.end(),
                                                   [](char sign) { return sign >= '0' && sign <= '9'; });
        bool isSmall = false;
        const qlonglong value = header.value.toLongLong(&isSmall);
        if (!isNumber || (length && *length != value))
            return refuse(400, u"Content-Length is no number, or there are two of them."_s);
        if (!isSmall || value > m_limits.bodyBytes)
            return refuse(413, u"The body has more than %1 bytes."_s.arg(m_limits.bodyBytes));
        length = qsizetype(value);
    }
    if (!length && (request.method == "POST" || request.method == "PUT"))
        length = 0; // RFC 9112 §6.3: no length and no encoding means no body
    m_bodyBytes = length.value_or(0);
    return true;
}

} // namespace nitroscope::kms
