// SPDX-License-Identifier: GPL-2.0-or-later
//
// A CBOR item (RFC 8949) with everything in it as a tree of values, each tied to its bytes: what is needed to
// show foreign CBOR or to look things up in it by name. It is a visitor of the app's walk (app/core/cbor/walk.hpp)
// that refuses text that is not UTF-8 and bounds what is open and the number of values, so that neither a count nor
// a depth that a hostile document claims costs more than the bytes that are really there.

#pragma once

#include "app/core/cbor/walk.hpp"
#include "app/formats/tree/node.hpp"

#include <optional>
#include <QByteArray>
#include <QString>
#include <span>
#include <vector>

namespace nitroscope::formats {

struct CborValue {
    cbor::Type type = cbor::Type::simple;
    bool isIndefinite = false;
    quint8 headSize = 0;
    quint64 number = 0; // As in cbor::Item: integer, length, count, tag, simple value or float bits.
    ByteRange range;    // From the head to the last byte of what is inside.
    QByteArray string;  // Bytes or UTF-8 of a string, chunks put together.
    // Elements of an array; of a map key, value, key, value ...; of a tag its content.
    std::vector<CborValue> children;

    bool is(cbor::Type wanted) const { return type == wanted; }
    bool isNull() const { return type == cbor::Type::simple && number == cbor::simpleNull; }
    // Offset of a string's first byte; nothing when it comes in chunks.
    std::optional<quint64> stringOffset() const;
    // Of a map: the value of the first pair with this text or integer key; nullptr when there is none.
    const CborValue *find(QByteArrayView key) const;
    const CborValue *find(qint64 key) const;
    // A signed or unsigned integer that fits.
    std::optional<qint64> integer() const;
};

struct CborTree {
    std::optional<CborValue> root;       // What could be read; incomplete when there is a fault.
    std::optional<app::CborFault> fault; // The first one; nothing was read beyond it.
    quint64 end = 0;                     // Offset of the first byte after the item.
};

// Reads the first item of `bytes`; what follows it is not looked at. `baseOffset` is added to all offsets.
CborTree readCbor(std::span<const std::byte> bytes, quint64 baseOffset = 0);

// Values that one tree may have at most; a real attestation document has about 60.
inline constexpr quint64 maxCborValues = 20'000;

// For reading: "17", "-35", "true", "48 bytes: 0a0b…", "text", "map, 9 pairs". Long strings are cut.
QString cborText(const CborValue &value);
// The whole tree as nodes; a map's entries are named by their keys.
Node cborNode(const QString &name, const CborValue &value);

} // namespace nitroscope::formats
