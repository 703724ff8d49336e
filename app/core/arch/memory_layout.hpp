// SPDX-License-Identifier: GPL-2.0-or-later
//
// The board: which memory answers at a physical address.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nitroscope::arch {

enum class Backing { ram, firmware, device, nothing };

struct MemoryRange {
    std::uint64_t address = 0, bytes = 0;
    Backing backing = Backing::nothing;
    std::uint64_t fileOffset = 0; // of RAM
    const char *name = "";
};

// Both ends belong to it.
struct AddressRange {
    std::uint64_t first, last;
};

struct MemoryLayout {
    // Of a machine with so many bytes of RAM; ascending, without ranges for the gaps.
    std::vector<MemoryRange> (*ranges)(std::uint64_t ram);
    // Registers of devices; ascending.
    std::span<const AddressRange> devices;
};

} // namespace nitroscope::arch
