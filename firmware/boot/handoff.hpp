// SPDX-License-Identifier: GPL-2.0-or-later
//
// The last steps: tables for the kernel, the platform's consent, the jump.
#pragma once

#include "firmware/boot/handover.h"
#include "firmware/boot/plan.hpp"
#include "firmware/boot/x86/memory_map.hpp"
#include "firmware/boot/x86/zero_page.hpp"
#include "firmware/eif/bzimage.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

// First byte of base memory that the MP table takes with this many CPUs.
uint64_t mpReservedFrom(uint32_t cpuCount);

// Writes the MP table and the two BIOS words that lead to it.
void writeMpTable(std::span<const uint8_t> apicIds);

// Waits until the machine has measured the image; ends the boot when it refuses. Meanwhile it touches what
// the kernel will take first (`first`), so that the host has cleared those pages before anybody waits for
// them. Does not return.
[[noreturn]] void enterKernel(std::span<const std::byte> head, const eif::BzImage &kernel,
                              const BootParameters &parameters, const MemoryMap &memory, MemoryRange first);

} // namespace nitroscope::boot
