// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/branch_arrows.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

// The line of an instruction; where a label or source line stands before it, the instruction itself.
int lineAt(const std::vector<CodeLine> &lines, quint64 address) {
    for (size_t i = 0; i < lines.size(); ++i)
        if (lines[i].kind == CodeLine::Kind::instruction && lines[i].address == address)
            return static_cast<int>(i);
    if (!lines.empty() && address < lines.front().address)
        return -1;
    if (!lines.empty() && address > lines.back().address)
        return static_cast<int>(lines.size());
    return -2; // between two instructions: into the middle of one
}

} // namespace

std::vector<BranchArrow> branchArrows(const std::vector<CodeLine> &lines, int mostLanes) {
    std::vector<BranchArrow> arrows;
    for (size_t i = 0; i < lines.size(); ++i) {
        const Instruction &instruction = lines[i].instruction;
        if (lines[i].kind != CodeLine::Kind::instruction || !instruction.isBranch() || !instruction.target)
            continue;
        BranchArrow arrow;
        arrow.from = static_cast<int>(i);
        arrow.to = lineAt(lines, *instruction.target);
        arrow.isConditional = instruction.kind == InstructionKind::conditionalJump;
        if (arrow.to != -2)
            arrows.push_back(arrow);
    }
    std::stable_sort(arrows.begin(), arrows.end(), [](const BranchArrow &a, const BranchArrow &b) {
        return a.bottom() - a.top() < b.bottom() - b.top();
    });
    std::vector<BranchArrow> placed;
    for (BranchArrow arrow : arrows) {
        const auto isTaken = [&](int lane) {
            return std::any_of(placed.begin(), placed.end(), [&](const BranchArrow &other) {
                return other.lane == lane && other.top() <= arrow.bottom() && arrow.top() <= other.bottom();
            });
        };
        while (arrow.lane < mostLanes && isTaken(arrow.lane))
            ++arrow.lane;
        if (arrow.lane < mostLanes)
            placed.push_back(arrow);
    }
    return placed;
}

} // namespace nitroscope::app
