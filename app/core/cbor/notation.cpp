// SPDX-License-Identifier: GPL-2.0-or-later
//
// See notation.hpp.

#include "app/core/cbor/notation.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/core/cbor/walk.hpp"

namespace nitroscope::app {

namespace {

using cbor::Type;
using namespace Qt::StringLiterals;

class NotationWriter final : private CborVisitor {
public:
    NotationWriter(CborLayout layout, qsizetype limit) : m_layout(layout), m_limit(limit) {}

    QString write(QByteArrayView bytes) {
        const CborWalk walk = walkCbor(bytes, {.extent = CborExtent::sequence}, *this);
        if (m_text.size() >= m_limit)
            return m_text.left(m_limit) + QChar(0x2026);
        if (walk.fault)
            putFault(*walk.fault);
        return m_text;
    }

private:
    CborStep item(const cbor::Item &item, const CborPlace &place) override {
        if (m_text.size() >= m_limit)
            return CborStep::stop;
        // After a tag stands its content, which is no item of its own.
        if (place.tags == 0)
            separate(place, item.depth);
        if (item.type == Type::tag)
            m_text += QString::number(item.value) + u'(';
        else if (item.isContainer())
            m_text += (item.type == Type::map ? u"{"_s : u"["_s) + (item.indefinite ? u"_ "_s : QString());
        else
            m_text += cborScalarText(item, m_limit);
        return CborStep::on;
    }

    void end(const CborEnd &end) override {
        if (end.type != Type::tag && end.items > 0 && m_layout == CborLayout::indented)
            newLine(end.depth);
        m_text += end.type == Type::tag ? u')' : end.type == Type::map ? u'}' : u']';
    }

    void separate(const CborPlace &place, int depth) {
        if (place.role == CborRole::value) {
            m_text += u": "_s;
            return;
        }
        const bool isFirst = place.number == 0;
        if (!isFirst)
            m_text += u',';
        if (m_layout == CborLayout::indented && (!isFirst || depth > 0))
            newLine(depth);
        else if (!isFirst)
            m_text += u' ';
    }

    void newLine(int depth) { m_text += u'\n' + QString(2 * depth, u' '); }

    void putFault(const CborFault &fault) {
        m_text += m_layout == CborLayout::indented ? u" / byte %1: %2 /"_s.arg(fault.offset).arg(fault.text)
                                                   : u"<%1>"_s.arg(fault.text);
    }

    CborLayout m_layout;
    qsizetype m_limit;
    QString m_text;
};

} // namespace

QString cborNotation(QByteArrayView bytes, CborLayout layout, qsizetype limit) {
    return NotationWriter(layout, limit).write(bytes);
}

} // namespace nitroscope::app
