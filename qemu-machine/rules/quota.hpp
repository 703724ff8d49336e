// SPDX-License-Identifier: GPL-2.0-or-later
//
// How often a rule applies, and the numbers that decide by chance. rules.h says in which order the members of a quota are looked
// at. The same seed and the same events give the same decisions.
#pragma once

#include "qemu-machine/rules/rules.h"

#include <cstdint>
#include <span>

namespace nitroscope::rules {

// SplitMix64: any seed is a good one, and the whole state is one number that a snapshot can carry.
class Random {
public:
    void seed(std::uint64_t value) { m_state = value; }
    std::uint64_t state() const { return m_state; }
    std::uint64_t next();

private:
    std::uint64_t m_state = 0;
};

bool makesSense(const RuleQuota &quota);
bool isUsedUp(const RuleQuota &quota);
// The rule matches an event: whether it applies to it. Counts.
bool takeTurn(RuleQuota &quota, Random &random);

using StateWords = std::span<std::uint32_t, RULE_STATE_WORDS>;
using ConstStateWords = std::span<const std::uint32_t, RULE_STATE_WORDS>;
void save(std::uint32_t id, const RuleQuota &quota, StateWords words);
// What is loaded may come from anywhere: Table::restore() judges it.
void load(ConstStateWords words, std::uint32_t &id, RuleQuota &quota);

} // namespace nitroscope::rules
