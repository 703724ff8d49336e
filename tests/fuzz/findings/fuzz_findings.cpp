// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: what a plugin left, or somebody put in its place. What was read names only pages that were read.
#include "app/formats/findings/findings.hpp"

#include <cstdint>
#include <cstdlib>
#include <QBuffer>

using namespace nitroscope::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    const auto found = readFindings(file);
    if (!found)
        return 0;
    for (const auto &[process, page] : found->maps)
        if (qsizetype(page) >= found->pages.size())
            std::abort();
    for (const CoveredBlock &block : found->blocks)
        if (block.bytes == 0 || (block.page && qsizetype(*block.page) >= found->pages.size()))
            std::abort();
    for (const SampledStack &stack : found->stacks)
        if (stack.count == 0 || stack.addresses.isEmpty())
            std::abort();
    return 0;
}
