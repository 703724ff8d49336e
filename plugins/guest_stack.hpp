// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stack of a vCPU by its frame pointers. Where code has none, it is as long as what looks like one.
#pragma once

#include "app/core/arch/frame_chain.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace nitroscope::plugins {

// Of the instruction at `address`, whose block begins with `code`, the innermost first; those of callers are within the call.
// In a callback that may read registers.
void readStack(unsigned vcpu, const arch::FrameChain &chain, std::uint64_t address, bool isEntry,
               std::vector<std::uint64_t> &stack);

// Whether a function begins with this code.
bool isFunctionEntry(const arch::FrameChain &chain, std::string_view code);

} // namespace nitroscope::plugins
