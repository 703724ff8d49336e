// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers out of bytes in the order that an ELF file chose.

#pragma once

#include <QByteArray>

namespace nitroscope::formats {

enum class ByteOrder { little, big };

class ByteLoader {
public:
    /// `bytes` must outlive it.
    ByteLoader(const QByteArray &bytes, ByteOrder order) : m_bytes(bytes), m_order(order) {}

    bool has(quint64 offset, quint64 length) const {
        const auto size = static_cast<quint64>(m_bytes.size());
        return offset <= size && length <= size - offset;
    }
    /// `width` bytes, at most 8; zero where they are not all there.
    quint64 load(quint64 offset, unsigned width) const {
        quint64 value = 0;
        for (unsigned i = 0; i < width && has(offset, width); ++i) {
            const auto at = static_cast<qsizetype>(offset + (m_order == ByteOrder::big ? i : width - 1 - i));
            value = value << 8 | static_cast<quint8>(m_bytes[at]);
        }
        return value;
    }

private:
    const QByteArray &m_bytes;
    ByteOrder m_order;
};

} // namespace nitroscope::formats
