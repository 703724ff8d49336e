// SPDX-License-Identifier: GPL-2.0-or-later
//
// See notation.hpp. Walks with nsm-device/cbor/cbor.hpp, whose bound on nesting bounds the levels here.

#include "app/core/cbor/notation.hpp"

#include "app/core/cbor/scalar.hpp"

#include <array>
#include <utility>

namespace nitroscope::app {

namespace {

using cbor::Item;
using cbor::Type;
using namespace Qt::StringLiterals;

class NotationWriter {
public:
    NotationWriter(QByteArrayView bytes, CborLayout layout, qsizetype limit)
        : m_reader(cborBytes(bytes)), m_layout(layout), m_limit(limit) {}

    QString write() {
        Item item;
        while (m_text.size() < m_limit && m_reader.next(item))
            put(item);
        if (m_text.size() >= m_limit)
            return m_text.left(m_limit) + QChar(0x2026);
        if (!m_reader.ok())
            putProblem(m_reader.error());
        return m_text;
    }

private:
    // A container that is open. It stands at its own depth, its content one deeper.
    struct Level {
        bool map = false;
        int count = 0;
        QString close;
    };

    void put(const Item &item) {
        if (item.type == Type::end) {
            const Level &level = m_levels[item.depth];
            if (m_layout == CborLayout::indented && level.count > 0)
                newLine(item.depth);
            m_text += level.close;
            return;
        }
        // After a tag stands its content, which is no item of its own.
        if (m_openTags == 0)
            separate(item.depth == 0 ? m_top : m_levels[item.depth - 1], item.depth);
        if (item.type == Type::tag) {
            m_text += QString::number(item.value) + u'(';
            ++m_openTags;
            return;
        }
        const QString closeTags(std::exchange(m_openTags, 0), u')');
        if (item.isContainer()) {
            const bool map = item.type == Type::map;
            m_text += (map ? u"{"_s : u"["_s) + (item.indefinite ? u"_ "_s : QString());
            m_levels[item.depth] = {map, 0, (map ? u'}' : u']') + closeTags};
        } else {
            m_text += cborScalarText(item, m_limit) + closeTags;
        }
    }

    void separate(Level &level, int depth) {
        const bool value = level.map && level.count % 2 == 1;
        if (value)
            m_text += u": "_s;
        else if (level.count > 0)
            m_text += u',';
        if (!value && m_layout == CborLayout::indented && (level.count > 0 || depth > 0))
            newLine(depth);
        else if (!value && level.count > 0)
            m_text += u' ';
        ++level.count;
    }

    void newLine(int depth) { m_text += u'\n' + QString(2 * depth, u' '); }

    void putProblem(const cbor::Error &error) {
        const QString reason = cborProblemText(error.problem);
        m_text += m_layout == CborLayout::indented ? u" / byte %1: %2 /"_s.arg(error.offset).arg(reason)
                                                   : u"<%1>"_s.arg(reason);
    }

    cbor::Reader m_reader;
    CborLayout m_layout;
    qsizetype m_limit;
    QString m_text;
    Level m_top;
    std::array<Level, 33> m_levels{}; // one more than the reader nests
    int m_openTags = 0;
};

} // namespace

QString cborNotation(QByteArrayView bytes, CborLayout layout, qsizetype limit) {
    return NotationWriter(bytes, layout, limit).write();
}

} // namespace nitroscope::app
