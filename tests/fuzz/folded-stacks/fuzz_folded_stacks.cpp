// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: folded stacks of anybody's. What was read is the same when it is written and read again.
#include "app/formats/findings/folded_stacks.hpp"

#include <cstdint>
#include <cstdlib>
#include <QBuffer>

using namespace nitroscope::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    const auto found = FoldedStacks::read(file);
    if (!found)
        return 0;
    QByteArray written = found->text();
    QBuffer again(&written);
    again.open(QIODevice::ReadOnly);
    const auto second = FoldedStacks::read(again);
    if (!second || second->stacks() != found->stacks() || second->total() != found->total())
        std::abort();
    return 0;
}
