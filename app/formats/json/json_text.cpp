// SPDX-License-Identifier: GPL-2.0-or-later
//
// See json_text.hpp. Whether it is JSON is QJsonDocument's to say, which also bounds its depth; what is taken
// apart here is valid.

#include "app/formats/json/json_text.hpp"

#include <cstring>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

class Compactor {
public:
    explicit Compactor(const QByteArray &json) : m_json(json) {}

    QByteArray value() {
        switch (peek()) {
        case '{':
            return object();
        case '[':
            return array();
        case '"':
            return quoted();
        default:
            return word();
        }
    }

    JsonMembers members() {
        JsonMembers found;
        for (++m_at; peek() != '}' && !isAtEnd(); skip(',')) {
            const QByteArray name = textOfJsonString(quoted()).toUtf8();
            skip(':');
            found[name] = value();
        }
        ++m_at;
        return found;
    }

private:
    QByteArray object() {
        QByteArray text;
        for (const auto &[name, content] : members())
            text += (text.isEmpty() ? "" : ",") + jsonString(QString::fromUtf8(name)) + ':' + content;
        return '{' + text + '}';
    }

    QByteArray array() {
        QByteArray text;
        for (++m_at; peek() != ']' && !isAtEnd(); skip(','))
            text += (text.isEmpty() ? "" : ",") + value();
        ++m_at;
        return '[' + text + ']';
    }

    QByteArray quoted() {
        peek();
        const qsizetype start = m_at, end = endOfJsonString(m_json, start);
        m_at = end < 0 ? m_json.size() : end;
        const QByteArray text = m_json.sliced(start, m_at - start);
        return text.contains('\\') ? jsonString(textOfJsonString(text)) : text;
    }

    // A number, true, false or null.
    QByteArray word() {
        const qsizetype start = m_at;
        while (!isAtEnd() && !std::strchr(",]} \t\r\n", m_json[m_at]))
            ++m_at;
        return m_json.sliced(start, m_at - start);
    }

    bool isAtEnd() const { return m_at >= m_json.size(); }

    // What comes behind white space.
    char peek() {
        while (!isAtEnd() && std::strchr(" \t\r\n", m_json[m_at]))
            ++m_at;
        return isAtEnd() ? '\0' : m_json[m_at];
    }

    void skip(char sign) { m_at += peek() == sign; }

    const QByteArray &m_json;
    qsizetype m_at = 0;
};

} // namespace

QByteArray compactJson(const QByteArray &json) {
    // In an array, because QJsonDocument takes no text or number alone.
    if (QJsonDocument::fromJson('[' + json + ']').array().size() != 1)
        return {};
    return Compactor(json).value();
}

JsonMembers jsonMembers(const QByteArray &compact) {
    return compact.startsWith('{') ? Compactor(compact).members() : JsonMembers();
}

QByteArray jsonString(QStringView text) {
    const QByteArray array = QJsonDocument(QJsonArray{text.toString()}).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

QString textOfJsonString(const QByteArray &quoted) {
    return QJsonDocument::fromJson('[' + quoted + ']').array().first().toString();
}

qsizetype endOfJsonString(QByteArrayView json, qsizetype start) {
    for (qsizetype at = start + 1; at < json.size(); ++at) {
        if (json[at] == '"')
            return at + 1;
        if (json[at] == '\\')
            ++at;
    }
    return -1;
}

} // namespace nitroscope::formats
