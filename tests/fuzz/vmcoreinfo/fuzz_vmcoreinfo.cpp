// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: the page of facts that a guest's kernel writes, and the log's layout from it.
#include "app/session/kernel/printk_ring.hpp"
#include "app/session/kernel/vmcoreinfo.hpp"

#include <cstdint>

using namespace nitroscope::app;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto info = VmcoreInfo::parse(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    if (!info)
        return 0;
    (void)info->release();
    (void)info->buildId();
    (void)info->slide();
    (void)info->symbol("prb");
    (void)info->number("phys_base");
    (void)logLayout(info, nullptr);
    return 0;
}
