// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes JSON in the order it is told, indented by two spaces as nitro-cli does. QJsonDocument sorts keys and
// indents by four, which is harmless for programs and confusing for people who compare outputs.

#pragma once

#include <QByteArray>
#include <QJsonValue>
#include <QString>
#include <QStringView>

namespace nitroscope::formats {

class JsonWriter {
public:
    void beginObject();
    void endObject();
    void beginArray();
    void endArray();
    // Name of the value that follows; only inside an object.
    void key(QStringView name);
    // Any value; objects in QJsonObject's order, which is sorted by key.
    void value(const QJsonValue &value);
    void value(const QString &text) { value(QJsonValue(text)); }
    // A value that compactJson() gave.
    void json(const QByteArray &compact);

    void field(QStringView name, const QJsonValue &content) {
        key(name);
        value(content);
    }
    void jsonField(QStringView name, const QByteArray &compact) {
        key(name);
        json(compact);
    }

    // Everything written so far, with a line break at the end.
    QByteArray text() const { return m_text + '\n'; }

private:
    void startItem();
    void open(char bracket);
    void close(char bracket);

    QByteArray m_text;
    int m_depth = 0;
    bool m_isFirst = true; // No item yet in the innermost container.
    bool m_isAfterKey = false;
};

} // namespace nitroscope::formats
