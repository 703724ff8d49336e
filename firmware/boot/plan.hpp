// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where kernel and ramdisks go: what each architecture's plan (target/x86_plan.hpp, target/arm64_plan.hpp) comes to. Pure
// arithmetic, tested on the host.
#pragma once

#include <cstdint>

namespace nitroscope::boot {

struct Plan {
    enum class Verdict : uint8_t {
        fits,
        memoryTooSmall,  // `needed` bytes of RAM would do
        ramdiskTooLarge, // no amount of RAM helps: this kernel cannot take ramdisks of that size
    };

    Verdict verdict = Verdict::fits;
    uint64_t kernelAddress = 0;
    uint64_t kernelEnd = 0;         // with all the room it needs; page-aligned
    uint64_t ramdiskAddress = 0;    // of the first; page-aligned
    uint64_t freeEnd = 0;           // of the highest free memory; 0 = above 4 GiB or above the ramdisks
    uint64_t pageTablesAddress = 0; // x86-64: page directories for RAM above 4 GiB, one page per GiB
    uint64_t pageTablesCount = 0;
    uint64_t deviceTreeAddress = 0; // aarch64
    uint64_t needed = 0;            // bytes of RAM
};

namespace detail {

constexpr uint64_t alignUp(uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}
constexpr uint64_t alignDown(uint64_t value, uint64_t alignment) {
    return value & ~(alignment - 1);
}
constexpr uint64_t pageSize = 4096;
constexpr uint64_t gibibyte = uint64_t{1} << 30;

} // namespace detail

// Physical addresses, both multiples of the page size.
struct MemoryRange {
    uint64_t start = 0;
    uint64_t end = 0;
};

// What Linux takes before it says its first word: from the end of memory downwards, 64 bytes of every 4 KiB
// for its page descriptors and a few MiB of tables. At most half of what is free; empty where Plan::freeEnd
// is not known, because the firmware maps no more above 4 GiB than it needs.
constexpr MemoryRange takenFirst(const Plan &plan, uint64_t totalMemory) {
    using namespace detail;
    constexpr uint64_t tables = uint64_t{4} << 20;
    if (plan.freeEnd <= plan.kernelEnd)
        return {};
    const uint64_t wanted = totalMemory / 64 + tables;
    const uint64_t half = (plan.freeEnd - plan.kernelEnd) / 2;
    return {plan.freeEnd - alignDown(wanted < half ? wanted : half, pageSize), plan.freeEnd};
}

} // namespace nitroscope::boot
