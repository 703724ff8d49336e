// SPDX-License-Identifier: GPL-2.0-or-later
//
// See block_reader.hpp.
#include "app/proto/pcapng/block_reader.hpp"

#include "qemu-machine/capture/core/pcapng.hpp"

#include <algorithm>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

// Enough to know a block's type, byte order and length; no block is shorter.
constexpr qsizetype headNeeded = blockMinimumBytes;

} // namespace

void BlockReader::fail(quint64 offset, const QString &message) {
    m_failed = true;
    m_partial.clear();
    m_diagnostics.add(offset, message);
}

quint32 BlockReader::blockLength(QByteArrayView bytes) {
    if (bytes.size() < headNeeded)
        return 0;
    const bool isSection = load<quint32>(bytes, 0) == blockType::sectionHeader;
    if (isSection) {
        const auto magic = load<quint32>(bytes, blockHeadBytes);
        if (magic != byteOrderMagic && magic != byteOrderMagicSwapped) {
            fail(m_position + blockHeadBytes, u"the section header's byte-order magic is wrong"_s);
            return 0;
        }
        m_order = magic == byteOrderMagic ? ByteOrder::little : ByteOrder::big;
        m_inSection = true;
    } else if (!m_inSection) {
        fail(m_position, u"not a pcapng stream: it does not begin with a section header"_s);
        return 0;
    }
    const auto length = load<quint32>(bytes, 4, m_order);
    const std::size_t least = blockMinimumBytes + (isSection ? sectionHeaderBytes : 0);
    if (length < least || length % 4 != 0) {
        fail(m_position + 4, u"impossible block length %1"_s.arg(length));
        return 0;
    }
    return length;
}

void BlockReader::takeBlock(QByteArrayView block) {
    const auto length = static_cast<quint32>(block.size());
    const auto trailer = load<quint32>(block, length - blockTrailerBytes, m_order);
    if (trailer != length)
        return fail(m_position + length - blockTrailerBytes,
                    u"the block's two lengths differ: %1 and %2"_s.arg(length).arg(trailer));
    Block result;
    result.offset = m_position;
    result.type = load<quint32>(block, 0, m_order);
    result.length = length;
    result.body = block.sliced(blockHeadBytes, length - blockMinimumBytes);
    result.order = m_order;
    m_position += length;
    m_sink(result);
}

// Moves what the started block still needs from `bytes` into it; the rest comes back.
QByteArrayView BlockReader::fillPartial(QByteArrayView bytes) {
    if (m_partialLength == 0) {
        const qsizetype more = std::min<qsizetype>(headNeeded - m_partial.size(), bytes.size());
        m_partial.append(bytes.first(more));
        bytes = bytes.sliced(more);
        m_partialLength = blockLength(m_partial);
        if (m_partialLength == 0)
            return bytes;
        if (m_partialLength > maxBlockLength) {
            m_diagnostics.add(m_position, u"a block of %1 bytes is passed over"_s.arg(m_partialLength));
            m_skip = m_partialLength - static_cast<quint64>(m_partial.size());
            m_position += m_partialLength;
            m_partial.clear();
            m_partialLength = 0;
            return bytes;
        }
    }
    const qsizetype more = std::min<qsizetype>(qsizetype(m_partialLength) - m_partial.size(), bytes.size());
    m_partial.append(bytes.first(more));
    if (m_partial.size() == qsizetype(m_partialLength)) {
        const QByteArray block = std::exchange(m_partial, {});
        m_partialLength = 0;
        takeBlock(block);
    }
    return bytes.sliced(more);
}

void BlockReader::feed(QByteArrayView bytes) {
    while (!m_failed && !bytes.isEmpty()) {
        if (m_skip > 0) {
            const auto part = std::min<quint64>(m_skip, static_cast<quint64>(bytes.size()));
            m_skip -= part;
            bytes = bytes.sliced(static_cast<qsizetype>(part));
            continue;
        }
        if (m_partial.isEmpty()) {
            // The usual case: whole blocks in one piece, without a copy.
            const quint32 length = blockLength(bytes);
            if (m_failed)
                return;
            if (length > 0 && length <= maxBlockLength && bytes.size() >= qsizetype(length)) {
                takeBlock(bytes.first(length));
                bytes = bytes.sliced(length);
                continue;
            }
        }
        bytes = fillPartial(bytes);
    }
}

void BlockReader::finish() {
    if (m_failed)
        return;
    if (m_skip > 0)
        m_diagnostics.add(m_position, u"the stream ends inside a block: %1 bytes are missing"_s.arg(m_skip));
    else if (!m_partial.isEmpty() && !m_inSection)
        m_diagnostics.add(m_position, u"not a pcapng stream: too short for a section header"_s);
    else if (!m_partial.isEmpty())
        m_diagnostics.add(
            m_position, u"the stream ends inside a block: %1 bytes of it are there"_s.arg(m_partial.size()));
    m_partial.clear();
    m_skip = 0;
}

} // namespace nitroscope::pcapng
