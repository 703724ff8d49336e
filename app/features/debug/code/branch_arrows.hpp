// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which arrow runs in which lane beside a listing: plain arithmetic, no painting. Short arrows get the inner
// lanes, so that arrows cross as little as they can.
#pragma once

#include "app/features/debug/code/code_listing.hpp"

namespace nitroscope::app {

struct BranchArrow {
    // Line numbers; -1 = above the first, the number of lines = below the last.
    int from = 0, to = 0;
    int lane = 0; // 0 = next to the code
    bool isConditional = false;

    int top() const { return std::min(from, to); }
    int bottom() const { return std::max(from, to); }
};

// Of the jumps among the lines, and of those only the ones that fit into so many lanes.
std::vector<BranchArrow> branchArrows(const std::vector<CodeLine> &lines, int mostLanes);

} // namespace nitroscope::app
