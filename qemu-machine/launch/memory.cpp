// SPDX-License-Identifier: GPL-2.0-or-later
//
// See memory.hpp.

#include "qemu-machine/launch/memory.hpp"

#include "firmware/boot/target/arm64_plan.hpp"
#include "firmware/boot/target/x86_plan.hpp"
#include "firmware/boot/x86/memory_map.hpp"

#include <algorithm>

namespace nitroscope::launch {

namespace {

// Linux looks for the next archive of the initramfs at a multiple of four bytes, as the firmware places them.
constexpr uint64_t ramdiskAlignment = 4;

uint64_t ramdiskBytes(const eif::Image &image, uint64_t extraRamdisk) {
    uint64_t total = 0; // at most 33 sizes of real files: no overflow
    const auto add = [&total](uint64_t size) {
        total = (total + ramdiskAlignment - 1) / ramdiskAlignment * ramdiskAlignment + size;
    };
    for (const eif::Section &section : image.used())
        if (section.type == eif::SectionType::ramdisk)
            add(section.availableSize);
    if (extraRamdisk != 0)
        add(extraRamdisk);
    return total;
}

boot::Plan planFor(const eif::BzImage &kernel, uint64_t ramdisks, MemoryShape shape) {
    const auto ram = static_cast<uint32_t>(boot::E820Type::ram);
    const boot::E820Entry entries[] = {
        {.start = 0, .size = shape.below4G, .type = ram},
        {.start = boot::layout::fourGiB, .size = shape.total - shape.below4G, .type = ram}};
    boot::MemoryMap map;
    map.build(entries, boot::layout::ebda);
    return boot::makePlan(kernel, ramdisks, map);
}

boot::Plan planFor(const eif::ArmImage &kernel, uint64_t ramdisks, MemoryShape shape) {
    return boot::arm64::makePlan(kernel, ramdisks, shape.total);
}

uint64_t roundUpToMebibyte(uint64_t bytes) {
    return bytes > UINT64_MAX - mebibyte ? bytes : (bytes + mebibyte - 1) / mebibyte * mebibyte;
}

template <typename Kernel>
MemoryNeed needOf(const Kernel &kernel, const eif::Image &image, uint64_t extraRamdisk, MemoryShape shape) {
    const uint64_t ramdisks = ramdiskBytes(image, extraRamdisk);
    shape.below4G = std::min(shape.below4G, shape.total);
    const boot::Plan plan = planFor(kernel, ramdisks, shape);
    MemoryNeed need;
    need.verdict = plan.verdict == boot::Plan::Verdict::fits             ? MemoryNeed::Verdict::fits
                   : plan.verdict == boot::Plan::Verdict::memoryTooSmall ? MemoryNeed::Verdict::tooSmall
                                                                         : MemoryNeed::Verdict::neverFits;
    // What would do comes from a machine without memory, where nothing fits.
    const boot::Plan least = plan.needed != 0 ? plan : planFor(kernel, ramdisks, {});
    need.bytes = roundUpToMebibyte(least.needed);
    return need;
}

} // namespace

MemoryNeed memoryToBoot(const eif::BzImage &kernel, const eif::Image &image, uint64_t extraRamdisk,
                        MemoryShape shape) {
    return needOf(kernel, image, extraRamdisk, shape);
}

MemoryNeed memoryToBoot(const eif::ArmImage &kernel, const eif::Image &image, uint64_t extraRamdisk,
                        MemoryShape shape) {
    return needOf(kernel, image, extraRamdisk, shape);
}

} // namespace nitroscope::launch
