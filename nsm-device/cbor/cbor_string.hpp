// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values of CBOR strings, whether they come in one piece or in chunks (RFC 8949 §3.2.3), without
// allocating.
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"

#include <cstring>
#include <optional>

namespace nitroscope::cbor {

// Calls `use(Bytes)` for the single payload of a definite string or for each chunk of an indefinite one. The
// item must come from a reader, which has already checked the chunks.
template <class Use>
void forEachChunk(const Item &string, Use &&use) {
    if (!string.indefinite) {
        use(string.payload);
        return;
    }
    detail::Head head;
    for (std::size_t pos = 0; detail::readHead(string.payload, pos, head) == Problem::none;) {
        const auto length = static_cast<std::size_t>(head.value);
        use(string.payload.subspan(pos + head.size, length));
        pos += head.size + length;
    }
}

// Length in bytes of a string's value.
inline std::size_t stringSize(const Item &string) {
    std::size_t size = 0;
    forEachChunk(string, [&](Bytes chunk) { size += chunk.size(); });
    return size;
}

// Copies a string's value to the front of `out`; its length, or nothing when `out` is too small.
inline std::optional<std::size_t> copyString(const Item &string, std::span<std::byte> out) {
    const std::size_t size = stringSize(string);
    if (size > out.size())
        return std::nullopt;
    std::size_t done = 0;
    forEachChunk(string, [&](Bytes chunk) {
        if (!chunk.empty())
            std::memcpy(out.data() + done, chunk.data(), chunk.size());
        done += chunk.size();
    });
    return size;
}

// Whether a string's value is `expected`, however it is chunked. Does not look at the type.
inline bool stringEquals(const Item &string, std::string_view expected) {
    if (stringSize(string) != expected.size())
        return false;
    std::size_t done = 0;
    bool equal = true;
    forEachChunk(string, [&](Bytes chunk) {
        equal =
            equal && (chunk.empty() || std::memcmp(expected.data() + done, chunk.data(), chunk.size()) == 0);
        done += chunk.size();
    });
    return equal;
}

// Strict UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF). The reader does not check text
// itself, because a viewer wants to show a wrong document too.
inline bool isUtf8(Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto first = std::to_integer<std::uint32_t>(bytes[i]);
        if (first < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        if (first < 0xc2 || first > 0xf4 || bytes.size() - i < length)
            return false;
        std::uint32_t point = first & (0x7fU >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = std::to_integer<std::uint32_t>(bytes[i + k]);
            if ((next & 0xc0) != 0x80)
                return false;
            point = point << 6 | (next & 0x3f);
        }
        constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return false;
        i += length;
    }
    return true;
}

// RFC 8949 §3.2.3: every chunk of an indefinite text must be valid by itself.
inline bool isUtf8(const Item &text) {
    bool valid = true;
    forEachChunk(text, [&](Bytes chunk) { valid = valid && isUtf8(chunk); });
    return valid;
}

} // namespace nitroscope::cbor
