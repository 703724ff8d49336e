// SPDX-License-Identifier: GPL-2.0-or-later
//
// One CBOR item (RFC 8949), with all that is in it, as values of a library that knows lists and maps by name:
// QVariant, JSON. What becomes of a scalar and of a key, and what is refused, is said by a `Target`:
//
//   using Value, List, Map;
//   static constexpr CborPolicy policy;
//   static Value scalar(const cbor::Item &); // anything but containers and tags
//   static QString key(const cbor::Item &);  // anything but tags; what is in a container is passed over
//
// Tags are dropped. Of a key that comes twice the first counts, as everywhere.

#pragma once

#include "app/core/cbor/walk.hpp"
#include "app/core/result.hpp"

#include <utility>
#include <vector>

namespace nitroscope::app {

template <class Target>
class CborDecoder final : private CborVisitor {
public:
    using Value = typename Target::Value;

    explicit CborDecoder(QByteArrayView bytes) : m_bytes(bytes) {}

    // What follows the first item is not looked at. The error is cbor-broken; its offset is relative to the
    // first byte.
    Result<Value> decode() {
        const CborWalk walk = walkCbor(m_bytes, Target::policy, *this);
        if (!walk.fault)
            return m_value;
        return tl::unexpected(Error{u"cbor-broken"_s, walk.fault->text, walk.fault->offset, {}});
    }

private:
    struct Level {
        bool isMap = false;
        QString key;
        typename Target::List list;
        typename Target::Map map;
    };

    CborStep item(const cbor::Item &item, const CborPlace &place) override {
        if (item.type == cbor::Type::tag)
            return CborStep::on;
        if (place.role == CborRole::key) {
            m_levels.back().key = Target::key(item);
            return CborStep::over;
        }
        if (item.isContainer())
            m_levels.emplace_back().isMap = item.type == cbor::Type::map;
        else
            put(Target::scalar(item));
        return CborStep::on;
    }

    void end(const CborEnd &end) override {
        if (end.type == cbor::Type::tag)
            return;
        const Level level = std::move(m_levels.back());
        m_levels.pop_back();
        if (level.isMap)
            put(level.map);
        else
            put(level.list);
    }

    void put(const Value &value) {
        if (m_levels.empty()) {
            m_value = value;
            return;
        }
        Level &level = m_levels.back();
        if (!level.isMap)
            level.list.append(value);
        else if (!level.map.contains(level.key))
            level.map.insert(level.key, value);
    }

    QByteArrayView m_bytes;
    std::vector<Level> m_levels;
    Value m_value;
};

} // namespace nitroscope::app
