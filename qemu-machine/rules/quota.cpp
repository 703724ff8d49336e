// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/rules/quota.hpp"

#include <algorithm>
#include <array>

namespace nitroscope::rules {

std::uint64_t Random::next() {
    std::uint64_t z = m_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

bool makesSense(const RuleQuota &quota) {
    return quota.chance >= 1 && quota.chance <= RULE_CHANCE_ALWAYS && quota.passed <= quota.skip &&
           (quota.count == 0 || quota.hits <= quota.count);
}

bool isUsedUp(const RuleQuota &quota) {
    return quota.count != 0 && quota.hits >= quota.count;
}

bool takeTurn(RuleQuota &quota, Random &random) {
    if (isUsedUp(quota))
        return false;
    if (quota.passed < quota.skip) {
        ++quota.passed;
        return false;
    }
    if (quota.chance < RULE_CHANCE_ALWAYS && random.next() % RULE_CHANCE_ALWAYS >= quota.chance)
        return false;
    ++quota.hits;
    return true;
}

void save(std::uint32_t id, const RuleQuota &quota, StateWords words) {
    const std::array state{id, quota.skip, quota.count, quota.chance, quota.hits, quota.passed};
    std::copy(state.begin(), state.end(), words.begin());
}

void load(ConstStateWords words, std::uint32_t &id, RuleQuota &quota) {
    id = words[0];
    quota = {.skip = words[1], .count = words[2], .chance = words[3], .passed = words[5], .hits = words[4]};
}

} // namespace nitroscope::rules
