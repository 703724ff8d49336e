// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes in memory for a hex view.
#pragma once

#include "app/ui/bytes/byte_source.hpp"

#include <algorithm>
#include <QByteArray>

namespace nitroscope::app {

class BufferByteSource : public ByteSource {
public:
    explicit BufferByteSource(QByteArray bytes) : m_bytes(std::move(bytes)) {}
    quint64 size() const override { return static_cast<quint64>(m_bytes.size()); }
    qsizetype read(quint64 offset, std::span<char> out) const override {
        if (offset >= size())
            return 0;
        const auto count = std::min<quint64>(out.size(), size() - offset);
        std::copy_n(m_bytes.constData() + offset, count, out.data());
        return static_cast<qsizetype>(count);
    }
    const QByteArray &bytes() const { return m_bytes; }

private:
    QByteArray m_bytes;
};

} // namespace nitroscope::app
