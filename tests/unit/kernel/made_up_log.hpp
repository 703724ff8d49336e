// SPDX-License-Identifier: GPL-2.0-or-later
//
// A printk ring buffer made up as Linux 5.10 and later have it, for tests.
#pragma once

#include "app/session/kernel/printk_ring.hpp"

#include <cstring>

namespace nitroscope::test {

// At address 0 the struct printk_ringbuffer, then descriptors, infos and texts.
struct MadeUpLog {
    static constexpr int descBits = 4, sizeBits = 10;
    static constexpr quint64 descs = 0x1000, infos = 0x2000, texts = 0x4000;
    static constexpr app::PrintkRingLayout layout{0, 8, 16, 24, 32, 48, 56, 24, 0, 8, 16, 88, 0, 8, 16, 20};

    QByteArray bytes = QByteArray(0x8000, '\0');
    quint64 nextId = 0x100, nextPosition = 0;

    MadeUpLog() {
        put(0, quint32(descBits));
        put(8, descs);
        put(16, infos);
        put(48, quint32(sizeBits));
        put(56, texts);
        put(32, nextId);
    }

    template <class T>
    void put(quint64 at, T value) {
        std::memcpy(bytes.data() + at, &value, sizeof value);
    }

    void add(const QByteArray &text, int level, quint64 nanoseconds, quint64 state = 2 /* finalized */) {
        constexpr quint64 size = quint64(1) << sizeBits;
        quint64 begin = nextPosition, length = (8 + quint64(text.size()) + 7) / 8 * 8;
        quint64 next = begin + length, start = begin % size;
        if (next / size != begin / size && next % size != 0) { // to the ring's start
            next = (begin / size + 1) * size + length;
            start = 0;
        }
        const quint64 index = nextId % (1 << descBits);
        put(descs + 24 * index, state << 62 | nextId);
        put(descs + 24 * index + 8, begin);
        put(descs + 24 * index + 16, next);
        put(infos + 88 * index, nextId);
        put(infos + 88 * index + 8, nanoseconds);
        put(infos + 88 * index + 16, quint16(text.size()));
        put(infos + 88 * index + 19, quint8(level << 5));
        put(infos + 88 * index + 20, quint32(7));
        bytes.replace(qsizetype(texts + start + 8), text.size(), text);
        put(24, nextId++);
        nextPosition = next;
        if (nextId - 0x100 > 1 << descBits)
            put(32, nextId - (1 << descBits));
    }

    app::ReadKernel reader() const {
        return [this](quint64 address, quint64 count) {
            return address <= quint64(bytes.size()) && count <= quint64(bytes.size()) - address
                       ? bytes.mid(qsizetype(address), qsizetype(count))
                       : QByteArray();
        };
    }
};

} // namespace nitroscope::test
