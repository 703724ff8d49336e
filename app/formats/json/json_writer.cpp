// SPDX-License-Identifier: GPL-2.0-or-later
//
// See json_writer.hpp.

#include "app/formats/json/json_writer.hpp"

#include "app/formats/json/json_text.hpp"

#include <cstring>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::formats {

void JsonWriter::startItem() {
    if (m_isAfterKey) {
        m_isAfterKey = false;
        return;
    }
    if (m_depth > 0) {
        m_text += m_isFirst ? "\n" : ",\n";
        m_text += QByteArray(2 * m_depth, ' ');
    }
    m_isFirst = false;
}

void JsonWriter::open(char bracket) {
    startItem();
    m_text += bracket;
    ++m_depth;
    m_isFirst = true;
}

void JsonWriter::close(char bracket) {
    --m_depth;
    if (!m_isFirst) {
        m_text += '\n';
        m_text += QByteArray(2 * m_depth, ' ');
    }
    m_text += bracket;
    m_isFirst = false;
}

void JsonWriter::beginObject() {
    open('{');
}
void JsonWriter::endObject() {
    close('}');
}
void JsonWriter::beginArray() {
    open('[');
}
void JsonWriter::endArray() {
    close(']');
}

void JsonWriter::key(QStringView name) {
    startItem();
    m_text += jsonString(name) + ": ";
    m_isAfterKey = true;
}

void JsonWriter::value(const QJsonValue &value) {
    if (value.isObject()) {
        const QJsonObject object = value.toObject();
        beginObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            field(it.key(), it.value());
        return endObject();
    }
    if (value.isArray()) {
        beginArray();
        for (const QJsonValue element : value.toArray())
            this->value(element);
        return endArray();
    }
    startItem();
    const QByteArray array = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    m_text += array.mid(1, array.size() - 2);
}

void JsonWriter::json(const QByteArray &compact) {
    for (qsizetype at = 0; at < compact.size();) {
        const char sign = compact[at];
        qsizetype end = at + 1;
        if (sign == '{' || sign == '[') {
            open(sign);
        } else if (sign == '}' || sign == ']') {
            close(sign);
        } else if (sign == ':') {
            m_text += ": ";
            m_isAfterKey = true;
        } else if (sign != ',') {
            if (sign == '"')
                end = endOfJsonString(compact, at);
            else
                while (end < compact.size() && !std::strchr(",]}", compact[end]))
                    ++end;
            if (end < 0) // not of compactJson()
                end = compact.size();
            startItem();
            m_text += compact.sliced(at, end - at);
        }
        at = end;
    }
}

} // namespace nitroscope::formats
