// SPDX-License-Identifier: GPL-2.0-or-later
//
// All that page tables map, as ranges: for files that are read by virtual address.
#pragma once

#include "app/formats/guest/virtual_memory.hpp"

namespace nitroscope::guest {

// Virtual addresses that lead to adjoining RAM.
struct MappedRange {
    quint64 address = 0, physical = 0, bytes = 0;
};

struct MappedRanges {
    QVector<MappedRange> ranges; // ascending
    bool isComplete = true;      // there were not more tables or ranges than anybody should read
};

// From `first` on, a page's start, to the last address. What leads to no RAM (devices, firmware, nothing) is left out. The
// guest's tables are foreign: they may lead into themselves.
MappedRanges mappedRanges(const VirtualMemory &memory, quint64 first);

} // namespace nitroscope::guest
