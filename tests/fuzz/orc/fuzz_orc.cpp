// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a foreign kernel's unwind tables. The first byte splits the input into the two sections.
#include "app/formats/symbols/orc.hpp"

#include <cstdint>

using namespace nitroscope::symbols;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    constexpr quint64 base = 0xffffffff82000000;
    const QByteArrayView bytes(data + 1, qsizetype(size - 1));
    const qsizetype split = bytes.size() * data[0] / 255;
    const auto table = OrcTable::read(bytes.first(split), bytes.sliced(split), base);
    if (!table)
        return 0;
    for (quint64 at = base - 4096; at < base + 4096; at += 61)
        (void)table->find(at);
    for (const quint64 at : {quint64(0), ~quint64(0), base + 0x7fffffff, base - 0x7fffffff})
        (void)table->find(at);
    return 0;
}
