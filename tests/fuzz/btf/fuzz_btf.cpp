// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a foreign kernel's type information. Every question must have an answer in bounded time, and a
// field must not begin behind what BTF can express.
#include "app/formats/symbols/btf.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope::symbols;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto btf = Btf::read(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    if (!btf)
        return 0;
    for (const char *type : {"task_struct", "a", "module"}) {
        (void)(*btf)->size(type);
        for (const char *field : {"pid", "x.y.z", "tasks.next", "mem"})
            if (const auto place = (*btf)->field(type, field); place && place->offset > quint64(32) << 32)
                std::abort();
    }
    return 0;
}
