// SPDX-License-Identifier: GPL-2.0-or-later
//
// The app's one way through CBOR (RFC 8949). The pull parser underneath (nsm-device/cbor/cbor.hpp, which the machine
// has, too) knows heads, lengths and the bound on nesting; the walk knows which item is a key, what a tag belongs to,
// where an item ends and when bytes are refused. What becomes of the items (values, JSON, notation, trees) is a
// visitor's, and how strict the walk is stands in its policy: nobody else in the app reads CBOR
// (tests/checks/source_rules looks).
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"

#include <limits>
#include <optional>
#include <QByteArrayView>
#include <QString>

namespace nitroscope::app {

enum class CborExtent {
    firstItem, // What follows it is not looked at; no item at all is a fault.
    sequence,  // Items to the end of the bytes (RFC 8742), maybe none.
};
enum class CborTexts { asTheyAre, mustBeUtf8 };
enum class CborKeys { any, mustBeText };

struct CborPolicy {
    CborExtent extent = CborExtent::firstItem;
    CborTexts texts = CborTexts::asTheyAre;
    CborKeys keys = CborKeys::any;
    // Of all items, tags and keys included, and of the containers and tags around one. The parser's bound on
    // containers holds in any case.
    quint64 maxItems = std::numeric_limits<quint64>::max();
    quint64 maxAround = std::numeric_limits<quint64>::max();
    quint64 baseOffset = 0; // added to all offsets
};

enum class CborRole { top, element, key, value };

// Where an item stands. A tag and its content have the same role and number.
struct CborPlace {
    CborRole role = CborRole::top;
    quint64 number = 0; // of the element, or of the pair, among those of its container
    quint64 tags = 0;   // right before it
};

// What a visitor wants next.
enum class CborStep {
    on,   // Of a container or tag: its content, and then its end.
    over, // Of a container or tag: neither; it is passed over, though it must be well-formed.
    stop, // Nothing more. That is no fault.
};

// The end of an array, a map or a tag.
struct CborEnd {
    cbor::Type type = cbor::Type::end;
    quint64 items = 0;  // in it; a map's keys and values are two
    int depth = 0;      // containers around it
    quint64 offset = 0; // of the first byte behind it
};

class CborVisitor {
public:
    virtual ~CborVisitor() = default;
    // The item's payload is part of the bytes that are walked.
    virtual CborStep item(const cbor::Item &item, const CborPlace &place) = 0;
    virtual void end(const CborEnd &end) = 0;
};

// Why the rest was not walked.
struct CborFault {
    enum class Kind { malformed, empty, tooManyItems, tooDeep, notUtf8, keyNotText };
    Kind kind = Kind::malformed;
    quint64 offset = 0; // of the first byte of the item that it is about
    QString text;       // A clause: "the data ends inside an item".

    QString sentence() const;
};

struct CborWalk {
    std::optional<CborFault> fault; // the first one
    quint64 end = 0;                // offset of the first byte that was not read
};

CborWalk walkCbor(QByteArrayView bytes, const CborPolicy &policy, CborVisitor &visitor);

} // namespace nitroscope::app
