// SPDX-License-Identifier: GPL-2.0-or-later
//
// entry.S maps the first 4 GiB; this adds the RAM above, in 2 MiB pages, up to 512 GiB. The firmware needs it
// to check what it loaded there, the kernel because the 64-bit boot protocol asks for an identity map.
#pragma once

#include "firmware/boot/plan.hpp"
#include "firmware/boot/x86/cpu.hpp"
#include "firmware/boot/x86/layout.hpp"

namespace nitroscope::boot {

inline void mapHighMemory(const Plan &plan) {
    constexpr uint64_t presentWritable = 0x3, largePage = 0x80, entriesPerPage = 512,
                       largePageSize = 0x200000;
    auto *pointers = reinterpret_cast<volatile uint64_t *>(layout::pageTables + 0x1000); // the PDPT
    constexpr uint64_t firstGib = 4;
    for (uint64_t i = 0; i < plan.pageTablesCount; ++i) {
        const uint64_t table = plan.pageTablesAddress + i * 0x1000;
        auto *entries = reinterpret_cast<volatile uint64_t *>(table);
        for (uint64_t j = 0; j < entriesPerPage; ++j)
            entries[j] = ((firstGib + i) * entriesPerPage + j) * largePageSize | largePage | presentWritable;
        pointers[firstGib + i] = table | presentWritable;
    }
}

} // namespace nitroscope::boot
