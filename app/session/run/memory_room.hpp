// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether the computer has the memory that an enclave needs. The kernel gives memory out as it is touched, and ends a
// process when there is none left: better to hear of it before the start.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Where the kernel says it; other places for tests.
struct MemoryPlaces {
    static MemoryPlaces ofTheKernel();
    QString meminfo, membership, groups; // of all memory; which groups we are in; their folder
};

// MiB that a new process of ours can have: free, reclaimable and swap, within the limits of our control groups
// (version 2). Nothing when the kernel does not say.
std::optional<quint64> availableMemoryMiB(const MemoryPlaces &places = MemoryPlaces::ofTheKernel());

// Error no-memory: names what is needed and what there is.
Result<void> checkMemoryRoom(quint64 neededMiB, const MemoryPlaces &places = MemoryPlaces::ofTheKernel());

} // namespace nitroscope::app
