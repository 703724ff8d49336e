// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bounded CBOR (RFC 8949) reader and writer shared by every core: NSM requests and responses, attestation
// documents, the signature section of an EIF, capture records. Header-only, no allocation, no recursion, no
// exceptions; foreign bytes are the normal input.
//
// The reader is a pull parser: next() yields one head at a time and, after the last item of a container, one
// Type::end. Every item and every error carries the offset of its first byte, so that a tree view can tie
// each value to the bytes it came from. Nesting is bounded by a fixed stack; a count or length is never
// trusted beyond the bytes that are really there.
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"
#include "nsm-device/cbor/cbor_string.hpp"
#include "nsm-device/cbor/cbor_writer.hpp"

#include <array>

namespace nitroscope::cbor {

template <std::size_t maxDepth>
class BasicReader {
public:
    // `baseOffset` is added to every reported offset (for data embedded in a file).
    explicit BasicReader(Bytes data, std::uint64_t baseOffset = 0) : m_data(data), m_base(baseOffset) {}

    // Reads the next head into `item`. False at the end of the data and on error; error() tells which.
    // Several items in a row at the top level (a CBOR sequence) are read one after another.
    bool next(Item &item) {
        if (m_error.problem != Problem::none)
            return false;
        if (m_depth > 0 && !m_afterTag && !top().indefinite && top().remaining == 0)
            return closeContainer(item, 0);
        if (m_pos == m_data.size() && m_depth == 0 && !m_afterTag)
            return false;

        detail::Head head;
        if (const Problem problem = detail::readHead(m_data, m_pos, head); problem != Problem::none)
            return fail(problem, m_pos);
        if (head.major == 7 && head.info == 31)
            return readBreak(item);

        item = {.type = static_cast<Type>(head.major),
                .indefinite = head.info == 31,
                .headSize = head.size,
                .depth = static_cast<std::uint16_t>(m_depth),
                .value = head.value,
                .offset = m_base + m_pos,
                .payload = {}};
        if (head.major == 7 && head.info >= 25)
            item.type = Type::floating;
        const std::size_t start = m_pos;
        switch (item.type) {
        case Type::bytes:
        case Type::text:
            if (!readString(item, head))
                return false;
            break;
        case Type::array:
        case Type::map:
            countItem();
            m_pos += head.size;
            return openContainer(item, start);
        case Type::tag:
            if (item.indefinite)
                return fail(Problem::badIndefinite, start);
            m_pos += head.size;
            m_afterTag = true; // its content is the item that counts
            return true;
        default:
            if (item.indefinite)
                return fail(Problem::badIndefinite, start);
            m_pos += head.size;
        }
        countItem();
        return true;
    }

    // Passes over what belongs to `item`, which next() has just returned: the content of a container or tag
    // up to and including its end, nothing for other items. False on error.
    bool skip(const Item &item) {
        Item inner;
        if (item.type == Type::tag) {
            do {
                if (!next(inner))
                    return false;
            } while (inner.type == Type::tag);
            return !inner.isContainer() || skip(inner);
        }
        if (!item.isContainer())
            return true;
        const std::size_t outside = item.depth;
        while (m_depth > outside)
            if (!next(inner))
                return false;
        return true;
    }

    bool ok() const { return m_error.problem == Problem::none; }
    const Error &error() const { return m_error; }
    // All bytes are read, all containers closed, nothing wrong.
    bool atEnd() const { return ok() && m_depth == 0 && !m_afterTag && m_pos == m_data.size(); }
    std::uint64_t offset() const { return m_base + m_pos; }
    std::size_t depth() const { return m_depth; }

private:
    struct Level {
        std::uint64_t remaining = 0; // items to come in a definite container (a map counts keys and values)
        bool indefinite = false, map = false, odd = false;
    };

    Level &top() { return m_stack[m_depth - 1]; }

    bool fail(Problem problem, std::size_t pos) {
        m_error = {problem, m_base + pos};
        return false;
    }

    // Takes one item off the enclosing container's account.
    void countItem() {
        m_afterTag = false;
        if (m_depth > 0) {
            if (!top().indefinite)
                --top().remaining;
            top().odd = !top().odd;
        }
    }

    bool readBreak(Item &item) {
        if (m_depth == 0 || !top().indefinite || m_afterTag)
            return fail(Problem::unexpectedBreak, m_pos);
        if (top().map && top().odd)
            return fail(Problem::oddMap, m_pos);
        return closeContainer(item, 1);
    }

    bool closeContainer(Item &item, std::uint8_t headSize) {
        --m_depth;
        item = {.type = Type::end,
                .indefinite = headSize != 0,
                .headSize = headSize,
                .depth = static_cast<std::uint16_t>(m_depth),
                .value = 0,
                .offset = m_base + m_pos,
                .payload = {}};
        m_pos += headSize;
        return true;
    }

    bool openContainer(const Item &item, std::size_t start) {
        if (m_depth == maxDepth)
            return fail(Problem::tooDeep, start);
        const bool map = item.type == Type::map;
        if (map && item.value > UINT64_MAX / 2)
            return fail(Problem::tooManyItems, start);
        m_stack[m_depth++] = {
            .remaining = map ? item.value * 2 : item.value, .indefinite = item.indefinite, .map = map};
        return true;
    }

    bool readString(Item &item, const detail::Head &head) {
        const std::size_t start = m_pos;
        std::size_t pos = m_pos + head.size;
        if (!item.indefinite) {
            if (head.value > m_data.size() - pos)
                return fail(Problem::truncated, start);
            item.payload = m_data.subspan(pos, static_cast<std::size_t>(head.value));
            m_pos = pos + item.payload.size();
            return true;
        }
        const std::size_t firstChunk = pos;
        for (;;) {
            detail::Head chunk;
            if (const Problem problem = detail::readHead(m_data, pos, chunk); problem != Problem::none)
                return fail(problem, pos < m_data.size() ? pos : start);
            if (chunk.major == 7 && chunk.info == 31)
                break;
            if (chunk.major != head.major || chunk.info == 31)
                return fail(Problem::badChunk, pos);
            if (chunk.value > m_data.size() - pos - chunk.size)
                return fail(Problem::truncated, pos);
            pos += chunk.size + static_cast<std::size_t>(chunk.value);
        }
        item.payload = m_data.subspan(firstChunk, pos - firstChunk);
        m_pos = pos + 1;
        return true;
    }

    Bytes m_data;
    std::uint64_t m_base = 0;
    std::size_t m_pos = 0;
    std::size_t m_depth = 0;
    bool m_afterTag = false;
    Error m_error;
    std::array<Level, maxDepth> m_stack{};
};

using Reader = BasicReader<32>;

} // namespace nitroscope::cbor
