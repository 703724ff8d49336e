// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the plugins profile and coverage leave in a file when QEMU ends, for the app to put names to: lines of words, numbers
// hexadecimal without a prefix. Plugins know no symbols; instead they keep pages of code, by which programs are recognised
// and the kernel's place is found.
//
//     nitroscope-findings 1 profile|coverage
//     period N                    profile: instructions that a sample stands for
//     page NUMBER ADDRESS BYTES   a page of code as it was in memory, two digits a byte; numbers count from 0
//     map PROCESS PAGE            profile: the process had that page
//     stack COUNT PROCESS PC…     profile: samples with these addresses, the innermost first; those of callers are within
//                                 the call. A process is one life of an address space.
//     block ADDRESS BYTES PAGE    coverage: this code ran; PAGE is - where none was kept
//     lost N                      samples or blocks for which there was no room
//     end                         the file is whole
#pragma once

#include "plugins/format/profile_period.h"

#include <cstddef>
#include <cstdint>

namespace nitroscope::plugins::format {

inline constexpr char first[] = "nitroscope-findings 1";
inline constexpr char profile[] = "profile", coverage[] = "coverage";
inline constexpr char period[] = "period", page[] = "page", map[] = "map", stack[] = "stack",
                      block[] = "block", lost[] = "lost", end[] = "end", none[] = "-";

// Limits of what is written; who reads refuses more.
inline constexpr std::size_t pageBytes = 4096;
inline constexpr std::size_t maxPages = 4096; // 16 MiB
inline constexpr std::size_t maxProcesses = 65536, maxMaps = 262'144;
inline constexpr std::size_t maxFrames = 64;            // of a stack
inline constexpr std::size_t maxStackWords = 4'000'000; // of all stacks
inline constexpr std::size_t maxBlocks = 262'144;
inline constexpr std::uint64_t minPeriod = NITRO_PROFILE_PERIOD_MIN, maxPeriod = NITRO_PROFILE_PERIOD_MAX,
                               usualPeriod = NITRO_PROFILE_PERIOD_DEFAULT;

} // namespace nitroscope::plugins::format
