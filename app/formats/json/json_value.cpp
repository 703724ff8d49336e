// SPDX-License-Identifier: GPL-2.0-or-later
//
// See json_value.hpp. Strings are decoded by QJsonDocument, so that escapes have one implementation.

#include "app/formats/json/json_value.hpp"

#include "app/formats/json/json_text.hpp"

#include <algorithm>
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
    explicit Reader(const QByteArray &json) : m_json(json) {}

    JsonReading document() {
        JsonReading reading;
        readValue(reading.root, 0);
        skipSpace();
        if (!m_hasFailed && m_at < m_json.size())
            fail(u"Text follows the JSON value."_s);
        if (m_hasFailed)
            reading.fault = app::Error{u"bad-json"_s, m_error, quint64(m_at), {}};
        return reading;
    }

private:
    void fail(const QString &why) {
        if (!m_hasFailed)
            m_error = why;
        m_hasFailed = true;
    }

    char peek() const { return m_at < m_json.size() ? m_json[m_at] : '\0'; }
    ByteRange rangeFrom(qsizetype start) const { return {quint64(start), quint64(m_at - start)}; }

    void skipSpace() {
        while (m_at < m_json.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++m_at;
    }

    void readValue(JsonValue &value, int depth) {
        skipSpace();
        if (depth > maxDepth)
            return fail(u"The JSON is nested deeper than %1 levels."_s.arg(maxDepth));
        if (++m_values > maxValues)
            return fail(u"The JSON holds more than %1 values; the rest is not shown."_s.arg(maxValues));
        const qsizetype start = m_at;
        switch (peek()) {
        case '{':
            value.kind = JsonValue::Kind::object;
            readItems(value, depth, '}');
            break;
        case '[':
            value.kind = JsonValue::Kind::array;
            readItems(value, depth, ']');
            break;
        case '"':
            value.kind = JsonValue::Kind::text;
            value.text = readString();
            break;
        default:
            readWord(value);
        }
        value.range = rangeFrom(start);
    }

    void readItems(JsonValue &container, int depth, char close) {
        ++m_at;
        skipSpace();
        const bool isEmpty = peek() == close;
        while (!m_hasFailed && !isEmpty) {
            readItem(container, depth, close);
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
    }

    // An element, or a name with its value. Of one that cannot be read, what is inside of it is kept.
    void readItem(JsonValue &container, int depth, char close) {
        skipSpace();
        JsonValue item;
        if (close == '}') {
            const qsizetype start = m_at;
            item.name = readString();
            item.nameRange = rangeFrom(start);
            skipSpace();
            if (!m_hasFailed && peek() != ':')
                fail(u"A colon is missing after a name."_s);
            m_at += !m_hasFailed;
        }
        if (!m_hasFailed)
            readValue(item, depth + 1);
        if (!m_hasFailed || item.isArray() || item.isObject())
            container.items.push_back(std::move(item));
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
    void readWord(JsonValue &value) {
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
        value.kind = word == "null"                      ? JsonValue::Kind::null
                     : word == "true" || word == "false" ? JsonValue::Kind::boolean
                                                         : JsonValue::Kind::number;
        value.text = QString::fromUtf8(word);
    }

    const QByteArray &m_json;
    qsizetype m_at = 0;
    int m_values = 0;
    bool m_hasFailed = false;
    QString m_error;
};

} // namespace

const JsonValue *JsonValue::member(QStringView memberName) const {
    if (isObject())
        for (const JsonValue &item : items)
            if (item.name == memberName)
                return &item;
    return nullptr;
}

JsonReading readJson(const QByteArray &json) {
    return Reader(json).document();
}

TextPlaces::TextPlaces(const QByteArray &text) : m_text(text), m_lines{0} {
    for (qsizetype at = 0; (at = m_text.indexOf('\n', at)) >= 0;)
        m_lines.push_back(++at);
}

TextPlace TextPlaces::at(quint64 offset) const {
    const qsizetype at = qsizetype(std::min(offset, quint64(m_text.size())));
    const auto next = std::upper_bound(m_lines.begin(), m_lines.end(), at);
    const qsizetype start = *std::prev(next);
    const auto isCharacter = [](char byte) { return (byte & 0xc0) != 0x80; };
    const auto characters = std::count_if(m_text.begin() + start, m_text.begin() + at, isCharacter);
    return {int(next - m_lines.begin()), int(characters) + 1};
}

} // namespace nitroscope::formats
