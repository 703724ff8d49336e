// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a target description whose includes all lead to the second half of the input (after a 0 byte).
#include "app/proto/rsp/target_description.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    const qsizetype zero = text.indexOf('\0');
    const QByteArray target = zero < 0 ? text : text.first(zero);
    const QByteArray included = zero < 0 ? QByteArray() : text.sliced(zero + 1);
    const auto layout =
        rsp::describeRegisters(target, [&](const QString &) { return app::Result<QByteArray>(included); });
    if (!layout)
        return 0;
    int end = 0;
    for (const rsp::RegisterEntry &entry : layout->registers) {
        if (entry.offset != end || entry.bytes() <= 0)
            std::abort();
        end += entry.bytes();
    }
    if (end != layout->packetBytes)
        std::abort();
    return 0;
}
