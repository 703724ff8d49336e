// SPDX-License-Identifier: GPL-2.0-or-later
//
// One CBOR item (RFC 8949), with all that is in it, as values of a library that knows lists and maps by name:
// QVariant, JSON. What becomes of a scalar and of a key is said by a `Target`:
//
//   using Value, List, Map;
//   static constexpr int maxItems;                            // more are an error
//   static Value scalar(const cbor::Item &);                   // anything but containers and tags
//   static std::optional<QString> key(const cbor::Item &);     // nothing: an error
//
// Tags are dropped. nsm-device/cbor/cbor.hpp bounds the nesting, hence the recursion here.

#pragma once

#include "app/core/cbor/scalar.hpp"
#include "app/core/result.hpp"

#include <optional>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

template <class Target>
class CborDecoder {
public:
    using Value = typename Target::Value;

    explicit CborDecoder(QByteArrayView bytes) : m_reader(cborBytes(bytes)) {}

    // What follows the first item is not looked at. The error is cbor-broken; its offset is relative to the
    // first byte.
    Result<Value> decode() {
        cbor::Item item;
        Value value;
        if (next(item) && read(item, value) && m_reader.ok())
            return value;
        Error error;
        error.code = u"cbor-broken"_s;
        error.offset = m_reader.ok() ? m_reader.offset() : m_reader.error().offset;
        error.message = !m_fault.isEmpty() ? m_fault
                        : m_reader.ok()    ? u"there is nothing to decode"_s
                                           : cborProblemText(m_reader.error().problem);
        return tl::unexpected(error);
    }

private:
    // The next item that is no tag.
    bool next(cbor::Item &item) {
        do {
            if (++m_items > Target::maxItems) {
                m_fault = u"more than %1 items"_s.arg(Target::maxItems);
                return false;
            }
            if (!m_reader.next(item))
                return false;
        } while (item.type == cbor::Type::tag);
        return true;
    }

    bool read(const cbor::Item &item, Value &value) {
        switch (item.type) {
        case cbor::Type::array:
            return readArray(value);
        case cbor::Type::map:
            return readMap(value);
        default:
            value = Target::scalar(item);
            return true;
        }
    }

    bool readArray(Value &value) {
        typename Target::List list;
        for (cbor::Item item;;) {
            if (!next(item))
                return false;
            if (item.type == cbor::Type::end)
                break;
            Value element;
            if (!read(item, element))
                return false;
            list.append(element);
        }
        value = list;
        return true;
    }

    bool readMap(Value &value) {
        typename Target::Map map;
        for (cbor::Item item;;) {
            if (!next(item))
                return false;
            if (item.type == cbor::Type::end)
                break;
            const std::optional<QString> key = Target::key(item);
            if (!key) {
                m_fault = u"a map key is not text"_s;
                return false;
            }
            Value element;
            if ((item.isContainer() && !m_reader.skip(item)) || !next(item) || !read(item, element))
                return false;
            map.insert(*key, element);
        }
        value = map;
        return true;
    }

    cbor::Reader m_reader;
    QString m_fault;
    qint64 m_items = 0;
};

} // namespace nitroscope::app
