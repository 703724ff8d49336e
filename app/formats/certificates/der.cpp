// SPDX-License-Identifier: GPL-2.0-or-later
//
// See der.hpp.

#include "app/formats/certificates/der.hpp"

namespace nitroscope::formats::attestation {

namespace {

constexpr quint8 constructed = 0x20;

// One element at `offset`, which must end at or before `end`.
std::optional<DerElement> readElement(std::span<const std::byte> bytes, quint64 offset, quint64 end) {
    const auto at = [&bytes](quint64 i) { return std::to_integer<quint8>(bytes[static_cast<size_t>(i)]); };
    if (end - offset < 2)
        return std::nullopt;
    DerElement element{.tag = at(offset), .range = {}, .content = {}};
    if ((element.tag & 0x1f) == 0x1f) // a tag of several bytes: not in X.509
        return std::nullopt;
    quint64 length = at(offset + 1), start = offset + 2;
    if (length & 0x80) {
        const quint64 width = length & 0x7f;
        if (width == 0 || width > 4 || end - start < width)
            return std::nullopt;
        length = 0;
        for (quint64 i = 0; i < width; ++i)
            length = length << 8 | at(start + i);
        if (length < 0x80 || at(start) == 0) // not the shortest form
            return std::nullopt;
        start += width;
    }
    if (length > end - start)
        return std::nullopt;
    element.content = {start, length};
    element.range = {offset, start + length - offset};
    return element;
}

// X.690 §11.1, §8.3.2: true is ff, and integers have no bytes too many.
bool isShortest(std::span<const std::byte> bytes, const DerElement &element) {
    constexpr quint8 booleanTag = 1, integerTag = 2;
    const auto at = [&](quint64 i) {
        return std::to_integer<quint8>(bytes[static_cast<size_t>(element.content.offset + i)]);
    };
    const quint64 size = element.content.length;
    if (element.tag == booleanTag)
        return size == 1 && (at(0) == 0 || at(0) == 0xff);
    if (element.tag == integerTag)
        return size == 1 || (size > 1 && !(at(0) == 0 && at(1) < 0x80) && !(at(0) == 0xff && at(1) >= 0x80));
    return true;
}

std::optional<quint64> faultWithin(std::span<const std::byte> bytes, ByteRange within, int depth) {
    std::optional<quint64> broken;
    const auto elements = derElements(bytes, within, &broken);
    for (const DerElement &element : elements) {
        if (!isShortest(bytes, element))
            return element.range.offset;
        if (element.tag & constructed && depth < 32)
            if (const auto inner = faultWithin(bytes, element.content, depth + 1))
                return inner;
    }
    return broken;
}

} // namespace

std::vector<DerElement> derElements(std::span<const std::byte> bytes, ByteRange within,
                                    std::optional<quint64> *brokenAt) {
    std::vector<DerElement> elements;
    for (quint64 at = within.offset; at < within.end();) {
        const auto element = readElement(bytes, at, within.end());
        if (!element) {
            if (brokenAt)
                *brokenAt = at;
            break;
        }
        elements.push_back(*element);
        at = element->range.end();
    }
    return elements;
}

std::optional<quint64> derFault(std::span<const std::byte> bytes) {
    const ByteRange all{0, bytes.size()};
    std::optional<quint64> broken;
    const auto elements = derElements(bytes, all, &broken);
    if (elements.empty())
        return 0;
    if (const auto inner = faultWithin(bytes, elements[0].range, 0))
        return inner;
    if (elements[0].range.end() < bytes.size())
        return elements[0].range.end();
    return broken;
}

} // namespace nitroscope::formats::attestation
