// SPDX-License-Identifier: GPL-2.0-or-later
//
// See walk.hpp. Needs memory for the containers that are open, which the parser bounds, and none for tags.

#include "app/core/cbor/walk.hpp"

#include "nsm-device/cbor/cbor.hpp"

#include <utility>
#include <vector>

namespace nitroscope::app {

namespace {

using cbor::Item;
using cbor::Type;
using namespace Qt::StringLiterals;
using Kind = CborFault::Kind;

cbor::Bytes toBytes(QByteArrayView bytes) {
    return {reinterpret_cast<const std::byte *>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

class Walk {
public:
    Walk(QByteArrayView bytes, const CborPolicy &policy, CborVisitor &visitor)
        : m_reader(toBytes(bytes), policy.baseOffset), m_policy(policy), m_visitor(visitor) {}

    CborWalk run() {
        for (Item item; !m_isDone && m_reader.next(item);) {
            if (item.type == Type::end)
                leave(item);
            else
                enter(item);
        }
        if (!m_reader.ok()) {
            const std::string_view text = cbor::text(m_reader.error().problem);
            m_fault = {Kind::malformed, m_reader.error().offset,
                       QString::fromUtf8(text.data(), qsizetype(text.size()))};
        } else if (m_items == 0 && m_policy.extent == CborExtent::firstItem) {
            m_fault = {Kind::empty, m_policy.baseOffset, u"there is nothing to decode"_s};
        }
        return {m_fault, m_reader.offset()};
    }

private:
    // What is open: the whole, or a container. Its tags end when it does.
    struct Level {
        Type type = Type::end;
        quint64 items = 0;
        quint64 tags = 0;
    };

    CborPlace place() const {
        const Level &level = m_levels.back();
        switch (level.type) {
        case Type::array:
            return {CborRole::element, level.items, m_tags};
        case Type::map:
            return {level.items % 2 == 0 ? CborRole::key : CborRole::value, level.items / 2, m_tags};
        default:
            return {CborRole::top, level.items, m_tags};
        }
    }

    void enter(const Item &item) {
        const CborPlace where = place();
        m_fault = objection(item, where);
        if (m_fault) {
            m_isDone = true;
            return;
        }
        switch (m_visitor.item(item, where)) {
        case CborStep::stop:
            m_isDone = true;
            return;
        case CborStep::over:
            if (!m_reader.skip(item))
                return;
            break;
        case CborStep::on:
            if (item.type == Type::tag) {
                ++m_tags;
                ++m_around;
                return;
            }
            if (item.isContainer()) {
                m_levels.push_back({item.type, 0, std::exchange(m_tags, 0)});
                ++m_around;
                return;
            }
        }
        complete();
    }

    void leave(const Item &end) {
        const Level level = m_levels.back();
        m_levels.pop_back();
        --m_around;
        m_tags = level.tags;
        m_visitor.end({level.type, level.items, end.depth, m_reader.offset()});
        complete();
    }

    // An item has been walked, with all that is in it.
    void complete() {
        for (; m_tags > 0; --m_tags, --m_around)
            m_visitor.end({Type::tag, 1, int(m_levels.size()) - 1, m_reader.offset()});
        ++m_levels.back().items;
        m_isDone = m_levels.size() == 1 && m_policy.extent == CborExtent::firstItem;
    }

    std::optional<CborFault> objection(const Item &item, const CborPlace &where) {
        if (++m_items > m_policy.maxItems)
            return CborFault{Kind::tooManyItems, item.offset,
                             u"there are more than %1 items"_s.arg(m_policy.maxItems)};
        if (m_around > m_policy.maxAround)
            return CborFault{
                Kind::tooDeep, item.offset,
                u"there are more than %1 containers and tags around a value"_s.arg(m_policy.maxAround)};
        if (item.type == Type::text && m_policy.texts == CborTexts::mustBeUtf8 && !cbor::isUtf8(item))
            return CborFault{Kind::notUtf8, item.offset, u"a text string is not UTF-8"_s};
        if (where.role == CborRole::key && m_policy.keys == CborKeys::mustBeText && item.type != Type::text &&
            item.type != Type::tag)
            return CborFault{Kind::keyNotText, item.offset, u"a map key is not text"_s};
        return std::nullopt;
    }

    cbor::Reader m_reader;
    const CborPolicy &m_policy;
    CborVisitor &m_visitor;
    std::vector<Level> m_levels{1};
    quint64 m_tags = 0;   // whose content comes next
    quint64 m_around = 0; // containers and tags that are open
    quint64 m_items = 0;
    bool m_isDone = false;
    std::optional<CborFault> m_fault;
};

} // namespace

QString CborFault::sentence() const {
    if (kind == Kind::malformed)
        return u"Broken CBOR: %1."_s.arg(text);
    return text.left(1).toUpper() + text.mid(1) + u'.';
}

CborWalk walkCbor(QByteArrayView bytes, const CborPolicy &policy, CborVisitor &visitor) {
    return Walk(bytes, policy, visitor).run();
}

} // namespace nitroscope::app
