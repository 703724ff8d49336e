// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the firmware keeps its things in guest memory. Also read by the assembler and the linker script's
// author, hence plain numbers.
//
//   0x00400            BIOS data area: EBDA segment (0x40e) and base memory in KiB (0x413), which Linux reads
//   0x01000 - 0x06fff  page tables, identity map of the first 4 GiB
//   0x07000 - 0x07fff  zero page (struct boot_params)
//   0x10000 - 0x1ffff  command line
//   0x20000 - 0x8ffff  .data, .bss and stack of the firmware (rom.ld)
//   0x9e000 - 0x9fbff  MP configuration table when it does not fit in the EBDA (more than 40 CPUs)
//   0x9fc00 - 0x9ffff  EBDA: MP floating pointer and configuration table; reserved in the e820 map
//   0xf0000 - 0xfffff  the ROM's low alias, where the code runs; reserved in the e820 map
//   pref_address       kernel, with init_size bytes kept free (usually from 16 MiB on)
//   top of RAM < 4 GiB page tables for RAM above 4 GiB, one page per GiB, and below them the ramdisks
//   top of RAM         the ramdisks when they do not fit below 4 GiB and the kernel allows it
#pragma once

#define ROM_BASE 0xf0000
#define PAGE_TABLES 0x1000

#ifndef __ASSEMBLER__
#include <cstdint>

namespace nitroscope::boot::layout {

inline constexpr uint64_t ebdaSegmentWord = 0x40e;
inline constexpr uint64_t baseMemoryWord = 0x413;
inline constexpr uint64_t pageTables = PAGE_TABLES;
inline constexpr uint64_t zeroPage = 0x7000;
inline constexpr uint64_t zeroPageSize = 0x1000;
inline constexpr uint64_t cmdline = 0x10000;
inline constexpr uint64_t cmdlineCapacity = 0x10000; // with the terminating zero
inline constexpr uint64_t largeMpTable = 0x9e000;
inline constexpr uint64_t ebda = 0x9fc00;
inline constexpr uint64_t baseMemoryEnd = 0xa0000;
inline constexpr uint64_t rom = ROM_BASE;
inline constexpr uint64_t oneMiB = 0x100000;
inline constexpr uint64_t fourGiB = uint64_t{1} << 32;
inline constexpr uint64_t mappableEnd = uint64_t{1} << 39; // one PDPT: 512 GiB

} // namespace nitroscope::boot::layout
#endif
