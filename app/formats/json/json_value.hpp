// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON (RFC 8259) as values with byte ranges, in the order in which they stand, names that stand twice included: what
// QJsonDocument cannot give. Foreign bytes: what can be read comes first, then the fault at which reading stopped. Depth and
// number of values are bounded.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/tree/node.hpp"

#include <optional>
#include <QByteArray>
#include <vector>

namespace nitroscope::formats {

struct JsonValue {
    enum class Kind { null, boolean, number, text, array, object };
    Kind kind = Kind::null;
    QString name;                 // of an object's member
    ByteRange nameRange;          // with its quotes
    QString text;                 // what a text says; a number, "true", "false" and "null" as they stand
    ByteRange range;              // with quotes and brackets
    std::vector<JsonValue> items; // of an array, members of an object

    bool isText() const { return kind == Kind::text; }
    bool isArray() const { return kind == Kind::array; }
    bool isObject() const { return kind == Kind::object; }
    // The first of that name, nullptr when there is none.
    const JsonValue *member(QStringView memberName) const;
};

struct JsonReading {
    JsonValue root;                  // without a fault all of it
    std::optional<app::Error> fault; // "bad-json", with the offset
};

JsonReading readJson(const QByteArray &json);

// Where a byte of a text is for somebody who reads it in an editor; both count from 1, columns in characters.
struct TextPlace {
    int line = 0, column = 0;
    friend bool operator==(const TextPlace &, const TextPlace &) = default;
};

class TextPlaces {
public:
    explicit TextPlaces(const QByteArray &text);
    TextPlace at(quint64 offset) const;

private:
    QByteArray m_text;
    std::vector<qsizetype> m_lines; // where each begins
};

} // namespace nitroscope::formats
