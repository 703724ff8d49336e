// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a kernel's log in hostile memory, in both layouts. The input is the memory from address 0 on.
#include "app/session/kernel/printk_ring.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope::app;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray memory(reinterpret_cast<const char *>(data), qsizetype(size));
    const ReadKernel read = [&memory](quint64 address, quint64 bytes) {
        const quint64 end = quint64(memory.size());
        return address <= end && bytes <= end - address ? memory.mid(qsizetype(address), qsizetype(bytes))
                                                        : QByteArray();
    };
    // As in Linux 6.12.
    constexpr PrintkRingLayout ring{0, 8, 16, 24, 32, 48, 56, 24, 0, 8, 16, 88, 0, 8, 16, 20};
    QByteArray head = memory.leftJustified(512, '\0');
    const ReadKernel padded = [&](quint64 address, quint64 bytes) {
        return address == 0 && bytes == 512 ? head.first(512) : read(address, bytes);
    };
    if (readPrintkRing(padded, 0, ring).size() > 1 << 21)
        std::abort();
    if (size >= 8) {
        const quint64 first = data[0] | data[1] << 8, next = data[2] | data[3] << 8;
        if (readLogBuf(read, 0, size, first, next, {}).size() > qsizetype(size))
            std::abort();
    }
    return 0;
}
