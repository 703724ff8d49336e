// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: drcov of anybody's. What was read is the same when it is written and read again.
#include "app/formats/findings/covered_code.hpp"

#include <cstdint>
#include <cstdlib>
#include <QBuffer>

using namespace nitroscope::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    QBuffer file(&bytes);
    file.open(QIODevice::ReadOnly);
    const auto found = CoveredCode::readDrcov(file);
    if (!found)
        return 0;
    QByteArray written = found->drcov();
    QBuffer again(&written);
    again.open(QIODevice::ReadOnly);
    const auto second = CoveredCode::readDrcov(again);
    if (!second || second->parts != found->parts || second->modules.size() != found->modules.size())
        std::abort();
    return 0;
}
