// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a CBOR (RFC 8949) reader reports: items and problems, each with the offset of its first byte, and the
// decoding of a single head. See cbor.hpp for the reader itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nitroscope::cbor {

using Bytes = std::span<const std::byte>;

inline Bytes asBytes(std::string_view text) {
    return {reinterpret_cast<const std::byte *>(text.data()), text.size()};
}

// The first eight are CBOR's major types in their order; `end` closes a container.
enum class Type : std::uint8_t {
    unsignedInt,
    negativeInt,
    bytes,
    text,
    array,
    map,
    tag,
    simple,
    floating,
    end
};

enum class Problem : std::uint8_t {
    none,
    truncated,       // the data ends inside an item or inside a container
    reservedInfo,    // additional information 28, 29 or 30
    badIndefinite,   // "indefinite" on an integer or a tag
    badChunk,        // a chunk of an indefinite string has another type or is itself indefinite
    badSimple,       // two-byte encoding of a simple value below 32
    unexpectedBreak, // break outside an indefinite container, or after a tag
    oddMap,          // a map ends after a key
    tooManyItems,    // a map count that does not fit into 64 bits once doubled
    tooDeep,         // more nested containers than the reader's bound
};

constexpr std::string_view text(Problem problem) {
    switch (problem) {
    case Problem::none:
        return "no problem";
    case Problem::truncated:
        return "the data ends inside an item";
    case Problem::reservedInfo:
        return "reserved additional information";
    case Problem::badIndefinite:
        return "this type has no indefinite length";
    case Problem::badChunk:
        return "wrong chunk inside an indefinite-length string";
    case Problem::badSimple:
        return "simple value below 32 in two bytes";
    case Problem::unexpectedBreak:
        return "break outside an indefinite-length container";
    case Problem::oddMap:
        return "the map ends after a key";
    case Problem::tooManyItems:
        return "impossible number of map entries";
    case Problem::tooDeep:
        return "containers are nested too deep";
    }
    return "unknown problem";
}

struct Error {
    Problem problem = Problem::none;
    std::uint64_t offset = 0; // first byte of the offending item
};

// Simple values that have a name (RFC 8949, table 4).
inline constexpr std::uint64_t simpleFalse = 20, simpleTrue = 21, simpleNull = 22, simpleUndefined = 23;

struct Item {
    Type type = Type::end;
    bool indefinite = false;
    std::uint8_t headSize = 0; // bytes of the head; 0 for the end of a definite container
    std::uint16_t depth = 0;   // number of containers around this item
    // Integer n (negativeInt means -1 - n), length in bytes, number of elements or of pairs, tag number,
    // simple value, or the bits of a float as encoded (headSize tells its width). 0 when indefinite.
    std::uint64_t value = 0;
    std::uint64_t offset = 0; // of the head's first byte, base offset included
    // Strings only: the bytes after the head; for an indefinite string the chunks with their heads, without
    // the break.
    Bytes payload;

    bool isString() const { return type == Type::bytes || type == Type::text; }
    bool isContainer() const { return type == Type::array || type == Type::map; }
    bool isNull() const { return type == Type::simple && value == simpleNull; }
    bool isBool() const { return type == Type::simple && (value == simpleFalse || value == simpleTrue); }
    // Bytes from the head to the end of a scalar or string; of a container only its head.
    std::uint64_t size() const { return headSize + payload.size() + (isString() && indefinite ? 1 : 0); }
};

namespace detail {

struct Head {
    std::uint8_t major = 0, info = 0, size = 0;
    std::uint64_t value = 0;
};

// Decodes one head at `pos`; returns what is wrong with it.
inline Problem readHead(Bytes data, std::size_t pos, Head &head) {
    if (pos >= data.size())
        return Problem::truncated;
    const auto first = std::to_integer<std::uint8_t>(data[pos]);
    head = {.major = static_cast<std::uint8_t>(first >> 5),
            .info = static_cast<std::uint8_t>(first & 31),
            .size = 1};
    if (head.info < 24) {
        head.value = head.info;
        return Problem::none;
    }
    if (head.info == 31)
        return Problem::none;
    if (head.info > 27)
        return Problem::reservedInfo;
    const std::size_t width = std::size_t{1} << (head.info - 24);
    if (data.size() - pos - 1 < width)
        return Problem::truncated;
    for (std::size_t i = 0; i < width; ++i)
        head.value = head.value << 8 | std::to_integer<std::uint64_t>(data[pos + 1 + i]);
    head.size = static_cast<std::uint8_t>(1 + width);
    if (head.major == 7 && width == 1 && head.value < 32)
        return Problem::badSimple;
    return Problem::none;
}

} // namespace detail

} // namespace nitroscope::cbor
