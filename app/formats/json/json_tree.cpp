// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small position-aware JSON reader; see json_tree.hpp. Strings are decoded by QJsonDocument, so that
// escapes have one implementation.

#include "app/formats/json/json_tree.hpp"

#include "app/formats/json/json_text.hpp"
#include "app/formats/tree/value_text.hpp"

#include <cstring>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int maxDepth = 128; // as many as nitro-cli reads
constexpr int maxValues = 20'000;

class Reader {
public:
    Reader(const QByteArray &json, quint64 fileOffset) : m_json(json), m_fileOffset(fileOffset) {}

    void readDocument(Node &parent) {
        readValue(parent, 0);
        skipSpace();
        if (!m_hasFailed && m_at < m_json.size())
            fail(u"Text follows the JSON value."_s);
        if (m_hasFailed)
            parent.add({.name = u"unreadable"_s,
                        .value = {},
                        .range = {m_fileOffset + static_cast<quint64>(m_at),
                                  static_cast<quint64>(m_json.size() - m_at)},
                        .severity = Severity::error,
                        .note = m_error});
    }

private:
    void fail(const QString &why) {
        if (!m_hasFailed)
            m_error = why;
        m_hasFailed = true;
    }

    char peek() const { return m_at < m_json.size() ? m_json[m_at] : '\0'; }

    void skipSpace() {
        while (m_at < m_json.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++m_at;
    }

    // Reads one value into a node that has its name already.
    void readValue(Node &node, int depth) {
        skipSpace();
        if (depth > maxDepth)
            return fail(u"The JSON is nested deeper than %1 levels."_s.arg(maxDepth));
        if (++m_values > maxValues)
            return fail(u"The JSON holds more than %1 values; the rest is not shown."_s.arg(maxValues));
        const qsizetype start = m_at;
        switch (peek()) {
        case '{':
            readContainer(node, depth, '}');
            break;
        case '[':
            readContainer(node, depth, ']');
            break;
        case '"':
            node.value = readString();
            break;
        default:
            readWord(node);
        }
        node.range = {m_fileOffset + static_cast<quint64>(start), static_cast<quint64>(m_at - start)};
    }

    void readContainer(Node &node, int depth, char close) {
        ++m_at;
        skipSpace();
        const bool isEmpty = peek() == close;
        while (!m_hasFailed && !isEmpty) {
            readMember(node, depth, close);
            skipSpace();
            if (m_hasFailed || peek() == close)
                break;
            if (peek() != ',')
                fail(u"A comma or a closing bracket is missing."_s);
            else
                ++m_at;
        }
        if (!m_hasFailed)
            ++m_at;
        const size_t count = node.children.size();
        node.value = u"%1 %2"_s.arg(count).arg(count == 1 ? u"entry"_s : u"entries"_s);
    }

    // An element, or a name with its value.
    void readMember(Node &node, int depth, char close) {
        skipSpace();
        Node child;
        const qsizetype start = m_at;
        if (close == '}') {
            child.name = readString();
            skipSpace();
            if (!m_hasFailed && peek() != ':')
                fail(u"A colon is missing after a name."_s);
            m_at += !m_hasFailed;
        } else {
            child.name = u"[%1]"_s.arg(node.children.size());
        }
        if (!m_hasFailed)
            readValue(child, depth + 1);
        child.range = {m_fileOffset + static_cast<quint64>(start), static_cast<quint64>(m_at - start)};
        if (!m_hasFailed || !child.value.isEmpty())
            node.add(std::move(child));
    }

    QString readString() {
        const qsizetype start = m_at;
        if (peek() != '"') {
            fail(u"A quoted name is missing."_s);
            return {};
        }
        const qsizetype end = endOfJsonString(m_json, start);
        if (end < 0) {
            fail(u"A quoted text does not end."_s);
            return {};
        }
        m_at = end;
        const QByteArray array = '[' + m_json.mid(start, m_at - start) + ']';
        QJsonParseError error;
        QString text = QJsonDocument::fromJson(array, &error).array().first().toString();
        if (error.error != QJsonParseError::NoError) {
            m_at = start;
            fail(u"A quoted text is wrong: %1."_s.arg(error.errorString()));
        }
        return text;
    }

    // A number, true, false or null.
    void readWord(Node &node) {
        const qsizetype start = m_at;
        while (m_at < m_json.size() && !strchr(",]} \t\r\n", peek()))
            ++m_at;
        const QByteArray word = m_json.mid(start, m_at - start);
        QJsonParseError error;
        QJsonDocument::fromJson('[' + word + ']', &error);
        if (word.isEmpty() || error.error != QJsonParseError::NoError) {
            m_at = start;
            return fail(u"A value is missing or is not JSON."_s);
        }
        node.value = QString::fromUtf8(word);
    }

    const QByteArray &m_json;
    quint64 m_fileOffset;
    qsizetype m_at = 0;
    int m_values = 0;
    bool m_hasFailed = false;
    QString m_error;
};

} // namespace

void addJsonTree(Node &parent, const QByteArray &json, quint64 fileOffset) {
    const ByteRange range = parent.range; // the caller's, which may be wider
    Reader(json, fileOffset).readDocument(parent);
    parent.range = range;
}

} // namespace nitroscope::formats
