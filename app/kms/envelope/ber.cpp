// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/envelope/ber.hpp"

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int maxDepth = 16;
constexpr int maxElements = 10'000;
constexpr quint8 indefiniteLength = 0x80;

class Reader {
public:
    explicit Reader(const QByteArray &bytes) : m_bytes(bytes) {}

    app::Result<BerElement> whole() {
        BerElement element;
        readElement(element, m_bytes.size(), 0);
        if (m_problem.isEmpty() && m_at != m_bytes.size())
            fail(u"Bytes follow the outermost element."_s);
        if (!m_problem.isEmpty())
            return tl::unexpected(app::Error{u"bad-ber"_s, m_problem, quint64(m_at), {}});
        return element;
    }

private:
    bool fail(const QString &why) {
        if (m_problem.isEmpty())
            m_problem = why;
        return false;
    }

    quint8 byteAt(qsizetype at) const { return quint8(m_bytes[at]); }

    // Identifier and length of the element at m_at, which ends before `end`.
    bool readHead(BerElement &element, qsizetype end, qsizetype &length) {
        const qsizetype start = m_at;
        if (end - start < 2)
            return fail(u"An element is cut off."_s);
        element.tag = byteAt(start);
        if ((element.tag & 0x1f) == 0x1f)
            return fail(u"An identifier of several bytes does not occur in an envelope."_s);
        const quint8 first = byteAt(start + 1);
        m_at += 2;
        length = first;
        if (first == indefiniteLength) {
            element.isIndefinite = true;
            if (element.isConstructed())
                return true;
            m_at = start;
            return fail(u"A primitive element has no end: its length is indefinite."_s);
        }
        if (first > indefiniteLength) {
            const int count = first & 0x7f;
            if (count > 4 || end - m_at < count) {
                m_at = start;
                return fail(u"A length is cut off or longer than four bytes."_s);
            }
            for (length = 0; m_at < start + 2 + count; ++m_at)
                length = length << 8 | byteAt(m_at);
        }
        if (length <= end - m_at)
            return true;
        m_at = start;
        return fail(u"An element is longer than what it stands in."_s);
    }

    bool isEndOfContents(qsizetype end) const {
        return end - m_at >= 2 && byteAt(m_at) == 0 && byteAt(m_at + 1) == 0;
    }

    void readElement(BerElement &element, qsizetype end, int depth) {
        const qsizetype start = m_at;
        qsizetype length = 0;
        if (depth > maxDepth || ++m_count > maxElements) {
            fail(u"There are more elements than an envelope has."_s);
            return;
        }
        if (!readHead(element, end, length))
            return;
        const qsizetype contentStart = m_at, contentEnd = element.isIndefinite ? end : m_at + length;
        if (!element.isConstructed())
            m_at = contentEnd;
        while (element.isConstructed() && m_problem.isEmpty()) {
            if (element.isIndefinite ? isEndOfContents(contentEnd) : m_at == contentEnd)
                break;
            if (m_at == contentEnd) {
                fail(u"An element of indefinite length has no end."_s);
                break;
            }
            readElement(element.children.emplace_back(), contentEnd, depth + 1);
        }
        element.content = {quint64(contentStart), quint64(m_at - contentStart)};
        if (element.isIndefinite && m_problem.isEmpty())
            m_at += 2;
        element.range = {quint64(start), quint64(m_at - start)};
    }

    const QByteArray &m_bytes;
    qsizetype m_at = 0;
    int m_count = 0;
    QString m_problem;
};

} // namespace

app::Result<BerElement> readBer(const QByteArray &bytes) {
    return Reader(bytes).whole();
}

QByteArray berElement(quint8 tag, const QByteArray &content) {
    QByteArray head(1, char(tag));
    if (content.size() < 0x80)
        return head + char(content.size()) + content;
    QByteArray length;
    for (auto rest = quint64(content.size()); rest > 0; rest >>= 8)
        length.prepend(char(rest & 0xff));
    return head + char(0x80 | length.size()) + length + content;
}

QByteArray berIndefinite(quint8 tag, const QByteArray &content) {
    return QByteArray(1, char(tag)) + char(indefiniteLength) + content + QByteArray(2, '\0');
}

} // namespace nitroscope::kms
