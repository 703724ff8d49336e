// SPDX-License-Identifier: GPL-2.0-or-later
//
// The flattened device tree that the board makes (Devicetree Specification 0.4, chapter 5), as far as a boot loader
// has business with it: where memory is, and what goes into /chosen. Properties are filled in place: there is room for
// each, and what is left of it becomes NOP words, which readers skip. All numbers are big-endian, and words lie at
// multiples of four bytes.
//
// The tree comes from the machine, but nothing is taken on its word: what does not fit is not found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace nitroscope::boot::arm64 {

class DeviceTree {
public:
    explicit DeviceTree(std::span<std::byte> bytes) : m_bytes(bytes) {}

    // The header is one, and what it names lies within the bytes.
    bool isValid() const {
        constexpr uint32_t magic = 0xd00dfeed, compatibleVersion = 16;
        return m_bytes.size() >= headerSize && word(0) == magic &&
               word(lastCompatible) <= compatibleVersion && word(totalSize) <= m_bytes.size() &&
               inside(word(structOffset), word(structSize)) &&
               inside(word(stringsOffset), word(stringsSize)) && word(structOffset) % 4 == 0;
    }

    // The value of a property of a node below the root, whose name counts up to its '@'. Empty when there is none.
    std::span<std::byte> property(std::string_view node, std::string_view name) const {
        const std::optional<Property> found = find(node, name);
        return found ? m_bytes.subspan(found->value, found->size) : std::span<std::byte>{};
    }

    // Replaces a property's value by one that is no longer. False when it is not there or has less room.
    bool fill(std::string_view node, std::string_view name, std::span<const std::byte> value) {
        const std::optional<Property> found = find(node, name);
        if (!found || value.size() > found->size)
            return false;
        for (size_t i = 0; i < value.size(); ++i)
            m_bytes[found->value + i] = value[i];
        putWord(found->token + 4, static_cast<uint32_t>(value.size()));
        for (size_t i = value.size(); i % 4 != 0; ++i)
            m_bytes[found->value + i] = std::byte{0};
        putNops(found->value + aligned(static_cast<uint32_t>(value.size())),
                found->value + aligned(found->size));
        return true;
    }

    bool fill(std::string_view node, std::string_view name, uint64_t value) {
        std::byte bytes[8];
        for (unsigned i = 0; i < 8; ++i)
            bytes[i] = static_cast<std::byte>(value >> (56 - 8 * i) & 0xff);
        return fill(node, name, bytes);
    }

    // Takes a property out of the tree.
    void remove(std::string_view node, std::string_view name) {
        if (const std::optional<Property> found = find(node, name))
            putNops(found->token, found->value + aligned(found->size));
    }

private:
    enum Token : uint32_t { beginNode = 1, endNode = 2, prop = 3, nop = 4, end = 9 };
    // Offsets of the header's fields.
    static constexpr uint32_t totalSize = 4, structOffset = 8, stringsOffset = 12, lastCompatible = 24,
                              stringsSize = 32, structSize = 36, headerSize = 40;

    struct Property { // offsets in the bytes
        uint32_t token;
        uint32_t value;
        uint32_t size;
    };

    static constexpr uint32_t aligned(uint32_t size) { return (size + 3) & ~uint32_t{3}; }

    bool inside(uint32_t offset, uint32_t size) const {
        return offset <= m_bytes.size() && size <= m_bytes.size() - offset;
    }

    uint32_t word(uint32_t offset) const {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; ++i)
            value = value << 8 | std::to_integer<uint32_t>(m_bytes[offset + i]);
        return value;
    }
    void putWord(uint32_t offset, uint32_t value) {
        for (unsigned i = 0; i < 4; ++i)
            m_bytes[offset + i] = static_cast<std::byte>(value >> (24 - 8 * i) & 0xff);
    }
    void putNops(uint32_t from, uint32_t to) {
        for (; from < to; from += 4)
            putWord(from, nop);
    }

    // The text at an offset, up to its zero; empty when it has none before `limit`.
    std::string_view text(uint32_t offset, uint32_t limit) const {
        uint32_t size = 0;
        while (offset + size < limit && m_bytes[offset + size] != std::byte{0})
            ++size;
        return offset + size < limit
                   ? std::string_view(reinterpret_cast<const char *>(&m_bytes[offset]), size)
                   : std::string_view();
    }

    static std::string_view withoutAddress(std::string_view name) {
        size_t size = 0;
        while (size < name.size() && name[size] != '@')
            ++size;
        return name.substr(0, size);
    }

    std::optional<Property> find(std::string_view node, std::string_view name) const {
        if (!isValid())
            return std::nullopt;
        const uint32_t strings = word(stringsOffset), stringsEnd = strings + word(stringsSize);
        const uint32_t stop = word(structOffset) + (word(structSize) & ~uint32_t{3});
        unsigned depth = 0; // 1 in the root
        bool isIn = false;
        for (uint32_t at = word(structOffset); stop - at >= 4;) {
            const uint32_t token = at, kind = word(at);
            at += 4;
            if (kind == beginNode) {
                const std::string_view nodeName = text(at, stop);
                const auto size = static_cast<uint32_t>(nodeName.size()) + 1;
                isIn = ++depth == 2 && withoutAddress(nodeName) == node;
                if (aligned(size) > stop - at)
                    return std::nullopt;
                at += aligned(size);
            } else if (kind == endNode) {
                if (depth == 0)
                    return std::nullopt;
                --depth;
                isIn = false;
            } else if (kind == prop) {
                if (stop - at < 8)
                    return std::nullopt;
                const Property found = {token, at + 8, word(at)};
                const uint32_t nameOffset = word(at + 4);
                if (found.size > stop - found.value || aligned(found.size) > stop - found.value)
                    return std::nullopt;
                if (isIn && depth == 2 && nameOffset < stringsEnd - strings &&
                    text(strings + nameOffset, stringsEnd) == name)
                    return found;
                at = found.value + aligned(found.size);
            } else if (kind != nop) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

    std::span<std::byte> m_bytes;
};

} // namespace nitroscope::boot::arm64
