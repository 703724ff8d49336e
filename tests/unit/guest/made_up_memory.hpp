// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guest RAM made up in memory, for tests.
#pragma once

#include "app/formats/guest/physical_memory.hpp"

#include <cstring>

namespace nitroscope::test {

// Bytes that stay writable while a PhysicalMemory reads them.
class MadeUpRam final : public launch::ByteSource {
public:
    explicit MadeUpRam(quint64 bytes) : m_bytes(qsizetype(bytes), '\0') {}

    uint64_t size() const override { return m_claimed ? m_claimed : uint64_t(m_bytes.size()); }
    bool read(uint64_t offset, std::span<std::byte> out) const override {
        if (offset > uint64_t(m_bytes.size()) || uint64_t(m_bytes.size()) - offset < out.size())
            return false;
        std::memcpy(out.data(), m_bytes.constData() + offset, out.size());
        return true;
    }

    template <class T>
    void put(quint64 offset, T value) {
        std::memcpy(m_bytes.data() + offset, &value, sizeof value);
    }
    void put(quint64 offset, const QByteArray &bytes) {
        std::memcpy(m_bytes.data() + offset, bytes.constData(), size_t(bytes.size()));
    }
    // size() says this although the bytes are fewer: a file that shrank, or RAM that nobody touches.
    void claim(quint64 bytes) { m_claimed = bytes; }
    QByteArray &bytes() { return m_bytes; }

private:
    QByteArray m_bytes;
    quint64 m_claimed = 0;
};

} // namespace nitroscope::test
