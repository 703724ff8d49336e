// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where kernel and ramdisks go on x86-64. The kernel stands at its preferred address (a kernel loaded below it moves
// there by itself, Linux boot.rst, so a lower place would need the same memory). The ramdisks lie as high
// below 4 GiB as the kernel can reach, or above 4 GiB when they do not fit and the kernel allows it. Below
// the ramdisks is what the kernel will take first. Pure arithmetic, tested on the host.
#pragma once

#include "firmware/boot/plan.hpp"
#include "firmware/boot/x86/layout.hpp"
#include "firmware/boot/x86/memory_map.hpp"
#include "firmware/eif/bzimage.hpp"

#include <cstdint>

namespace nitroscope::boot {

namespace detail {

// Machines put at most 3 GiB of RAM below 4 GiB, the rest above.
constexpr uint64_t usualLowLimit = 3 * gibibyte;

} // namespace detail

// Where a kernel is put, if there is memory enough.
constexpr uint64_t kernelAddress(const eif::BzImage &kernel) {
    const uint64_t wanted = kernel.prefAddress > layout::oneMiB ? kernel.prefAddress : layout::oneMiB;
    return kernel.relocatable ? detail::alignUp(wanted, kernel.alignment) : wanted;
}

// `ramdiskBytes` is the length of all ramdisks with the padding between them.
constexpr Plan makePlan(const eif::BzImage &kernel, uint64_t ramdiskBytes, const MemoryMap &memory) {
    using namespace detail;
    Plan plan;
    // Wild preferred addresses would wrap around; no kernel wants to be above 4 GiB.
    if (kernel.prefAddress >= layout::fourGiB) {
        plan.verdict = Plan::Verdict::memoryTooSmall;
        plan.needed = kernel.prefAddress;
        return plan;
    }
    plan.kernelAddress = kernelAddress(kernel);
    const uint64_t kernelSize =
        kernel.initSize > kernel.protectedBytes ? kernel.initSize : kernel.protectedBytes;
    const uint64_t kernelEnd = plan.kernelEnd = alignUp(plan.kernelAddress + kernelSize, pageSize);

    const uint64_t highEnd = memory.highEnd() < layout::mappableEnd ? memory.highEnd() : layout::mappableEnd;
    if (highEnd > layout::fourGiB)
        plan.pageTablesCount = (highEnd - layout::fourGiB + gibibyte - 1) / gibibyte;
    const uint64_t tables = plan.pageTablesCount * pageSize;
    const uint64_t lowEnd = alignDown(memory.lowEnd(), pageSize);
    const uint64_t ramdiskSize = alignUp(ramdiskBytes, pageSize);

    const uint64_t limit =
        kernel.canBeAbove4G() ? layout::fourGiB : alignDown(kernel.initrdAddrMax + 1, pageSize);
    const uint64_t fitsBelow = kernelEnd + ramdiskSize + tables; // RAM needed when all is below 4 GiB
    if (lowEnd >= kernelEnd + tables) {
        plan.pageTablesAddress = lowEnd - tables;
        const uint64_t top = plan.pageTablesAddress < limit ? plan.pageTablesAddress : limit;
        if (top >= kernelEnd && top - kernelEnd >= ramdiskSize) {
            plan.ramdiskAddress = top - ramdiskSize;
            if (top == plan.pageTablesAddress && memory.highEnd() == 0)
                plan.freeEnd = plan.ramdiskAddress;
            return plan;
        }
        if (kernel.canBeAbove4G() && highEnd > memory.highStart() &&
            highEnd - memory.highStart() >= ramdiskSize) {
            plan.ramdiskAddress = alignDown(highEnd, pageSize) - ramdiskSize;
            return plan;
        }
    }
    plan.verdict = Plan::Verdict::memoryTooSmall;
    plan.needed = fitsBelow;
    if (fitsBelow > limit || fitsBelow > usualLowLimit) {
        plan.needed = usualLowLimit + ramdiskSize;
        if (!kernel.canBeAbove4G())
            plan.verdict = Plan::Verdict::ramdiskTooLarge;
    }
    return plan;
}

} // namespace nitroscope::boot
