// SPDX-License-Identifier: GPL-2.0-or-later
//
// Nodes out of the values of json_value.hpp.

#include "app/formats/json/json_tree.hpp"

#include "app/formats/json/json_value.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

ByteRange shifted(ByteRange range, quint64 by) {
    return {range.offset + by, range.length};
}

void fill(Node &node, const JsonValue &value, quint64 fileOffset) {
    node.range = shifted(value.range, fileOffset);
    node.value = value.text;
    if (!value.isArray() && !value.isObject())
        return;
    const size_t count = value.items.size();
    node.value = u"%1 %2"_s.arg(count).arg(count == 1 ? u"entry"_s : u"entries"_s);
    for (const JsonValue &item : value.items) {
        Node child;
        child.name = value.isObject() ? item.name : u"[%1]"_s.arg(node.children.size());
        fill(child, item, fileOffset);
        if (value.isObject()) { // its name belongs to it
            const quint64 start = item.nameRange.offset;
            child.range = shifted({start, item.range.end() - start}, fileOffset);
        }
        node.add(std::move(child));
    }
}

} // namespace

void addJsonTree(Node &parent, const QByteArray &json, quint64 fileOffset) {
    const JsonReading reading = readJson(json);
    const ByteRange range = parent.range; // the caller's, which may be wider
    fill(parent, reading.root, fileOffset);
    parent.range = range;
    if (reading.fault) {
        const quint64 at = reading.fault->offset.value_or(0);
        parent.add({.name = u"unreadable"_s,
                    .value = {},
                    .range = {fileOffset + at, quint64(json.size()) - at},
                    .severity = Severity::error,
                    .note = reading.fault->message});
    }
}

} // namespace nitroscope::formats
