// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where kernel, ramdisks and device tree go on aarch64, as Firecracker has it: the kernel at the start of memory plus
// its text_offset, the device tree in the last 2 MiB, the ramdisks directly below. Linux wants kernel and ramdisks
// within 32 GiB, counted from a multiple of 1 GiB (Documentation/arch/arm64/booting.rst); where memory is larger the
// ramdisks stay below that. Pure arithmetic, tested on the host.
#pragma once

#include "firmware/boot/arm64/platform.h"
#include "firmware/boot/plan.hpp"
#include "firmware/eif/arm_image.hpp"

#include <cstdint>

namespace nitroscope::boot::arm64 {

inline constexpr uint64_t ramdiskWindow = uint64_t{32} << 30;
// An offset beyond it is no offset; what is computed with smaller ones cannot wrap around.
inline constexpr uint64_t maxTextOffset = uint64_t{1} << 48;

// `ramdiskBytes` is the length of all ramdisks with the padding between them, `ramBytes` that of memory, which starts
// at NITRO_ARM64_RAM_BASE.
constexpr Plan makePlan(const eif::ArmImage &kernel, uint64_t ramdiskBytes, uint64_t ramBytes) {
    using namespace boot::detail;
    constexpr uint64_t base = NITRO_ARM64_RAM_BASE, treeSize = NITRO_ARM64_FDT_MAX_SIZE;
    Plan plan;
    if (kernel.loadOffset() > maxTextOffset || kernel.memorySize() > maxTextOffset) {
        plan.verdict = Plan::Verdict::memoryTooSmall;
        plan.needed = maxTextOffset;
        return plan;
    }
    plan.kernelAddress = base + kernel.loadOffset();
    plan.kernelEnd = alignUp(plan.kernelAddress + kernel.memorySize(), pageSize);
    const uint64_t ramdiskSize = alignUp(ramdiskBytes, pageSize);
    const uint64_t windowEnd = alignDown(plan.kernelAddress, gibibyte) + ramdiskWindow;

    if (ramBytes >= treeSize) {
        plan.deviceTreeAddress = alignDown(base + ramBytes - treeSize, treeSize);
        const uint64_t top = plan.deviceTreeAddress < windowEnd ? plan.deviceTreeAddress : windowEnd;
        if (plan.deviceTreeAddress >= plan.kernelEnd && top >= plan.kernelEnd &&
            top - plan.kernelEnd >= ramdiskSize) {
            plan.ramdiskAddress = top - ramdiskSize;
            if (top == plan.deviceTreeAddress)
                plan.freeEnd = plan.ramdiskAddress;
            return plan;
        }
    }
    plan.needed = alignUp(plan.kernelEnd + ramdiskSize, treeSize) + treeSize - base;
    plan.verdict = plan.kernelEnd + ramdiskSize > windowEnd ? Plan::Verdict::ramdiskTooLarge
                                                            : Plan::Verdict::memoryTooSmall;
    return plan;
}

} // namespace nitroscope::boot::arm64
