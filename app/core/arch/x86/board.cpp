// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/board.hpp"

#include <algorithm>
#include <array>

namespace nitroscope::arch::x86 {
namespace {

constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

constexpr std::uint64_t below4gMost = 3 * GiB, above4g = 4 * GiB;
constexpr std::uint64_t firmwareBytes = 64 * KiB, firmwareLow = MiB - firmwareBytes;
constexpr std::uint64_t virtioBase = 0xd0000000, virtioBytes = 0x200, virtioStride = 0x1000,
                        virtioWindow = 0x3000;
constexpr std::uint64_t ioApic = 0xfec00000, ioApicBytes = 4 * KiB, localApic = 0xfee00000,
                        localApicBytes = MiB;

std::vector<MemoryRange> ranges(std::uint64_t ram) {
    const std::uint64_t below = std::min(ram, below4gMost);
    const char *firmware = "boot firmware", *memory = "RAM";
    std::vector<MemoryRange> found;
    // The ROM hides the RAM behind its copy below 1 MiB.
    found.push_back({0, std::min(below, firmwareLow), Backing::ram, 0, memory});
    found.push_back({firmwareLow, firmwareBytes, Backing::firmware, 0, firmware});
    if (below > MiB)
        found.push_back({MiB, below - MiB, Backing::ram, MiB, memory});
    found.push_back({virtioBase, virtioBytes, Backing::device, 0, "virtio-mmio 0 (vsock)"});
    found.push_back({virtioBase + virtioStride, virtioBytes, Backing::device, 0, "virtio-mmio 1 (NSM)"});
    found.push_back({ioApic, ioApicBytes, Backing::device, 0, "IOAPIC"});
    found.push_back({localApic, localApicBytes, Backing::device, 0, "local APIC"});
    found.push_back({above4g - firmwareBytes, firmwareBytes, Backing::firmware, 0, firmware});
    if (ram > below)
        found.push_back({above4g, ram - below, Backing::ram, below, memory});
    return found;
}

constexpr std::array devices{AddressRange{virtioBase, virtioBase + virtioWindow - 1},
                             AddressRange{ioApic, ioApic + ioApicBytes - 1},
                             AddressRange{localApic, localApic + localApicBytes - 1}};

} // namespace

const MemoryLayout memory{ranges, devices};

} // namespace nitroscope::arch::x86
