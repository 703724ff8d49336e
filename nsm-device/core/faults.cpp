// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fault rules; nsm.h describes what each field means.
#include "nsm-device/core/faults.hpp"

#include <algorithm>

namespace nitroscope::nsm {

namespace {

bool makesSense(const NsmFaultRule &rule) {
    if (rule.kind > NSM_REQUEST_KINDS || rule.index < -1 ||
        rule.index >= static_cast<std::int32_t>(NSM_PCR_COUNT))
        return false;
    if (rule.action >= NSM_FAULT_ACTIONS || rule.chance < 1 || rule.chance > 100)
        return false;
    return rule.action != NSM_FAULT_ERROR || (rule.error > NSM_SUCCESS && rule.error < NSM_ERRORS);
}

} // namespace

std::uint32_t FaultTable::add(NsmFaultRule rule) {
    if (rule.chance == 0)
        rule.chance = 100;
    if (!makesSense(rule) || m_rules.size() == NSM_FAULTS_MAX)
        return 0;
    rule.id = ++m_lastId;
    rule.hits = 0;
    m_rules.push_back(rule);
    return rule.id;
}

bool FaultTable::remove(std::uint32_t id) {
    return std::erase_if(m_rules, [id](const NsmFaultRule &rule) { return rule.id == id; }) != 0;
}

Faults FaultTable::apply(NsmRequestKind kind, PcrRange pcrs) {
    Faults faults;
    for (NsmFaultRule &rule : m_rules) {
        if (rule.kind != NSM_REQUEST_KINDS && rule.kind != kind)
            continue;
        if (rule.index >= 0 && !pcrs.contains(static_cast<unsigned>(rule.index)))
            continue;
        if (rule.skip > 0) {
            --rule.skip;
            continue;
        }
        if (rule.chance < 100 && next() % 100 >= rule.chance)
            continue;
        ++rule.hits;
        faults.actions |= 1U << rule.action;
        if (faults.rule == 0)
            faults.rule = rule.id;
        if (rule.action == NSM_FAULT_ERROR && faults.error == NSM_SUCCESS)
            faults.error = rule.error;
        if (rule.action == NSM_FAULT_DELAY)
            faults.delayMs += std::min(rule.milliseconds, NSM_DELAY_MAX - faults.delayMs);
        if (rule.action == NSM_FAULT_STALE_TIMESTAMP)
            faults.staleMs += rule.milliseconds;
    }
    if (faults.actions != 0)
        faults.random = next();
    std::erase_if(m_rules,
                  [](const NsmFaultRule &rule) { return rule.count != 0 && rule.hits >= rule.count; });
    return faults;
}

bool FaultTable::restore(std::vector<NsmFaultRule> rules, std::uint64_t state) {
    if (rules.size() > NSM_FAULTS_MAX || !std::all_of(rules.begin(), rules.end(), makesSense))
        return false;
    m_rules = std::move(rules);
    m_state = state;
    for (const NsmFaultRule &rule : m_rules)
        m_lastId = std::max(m_lastId, rule.id);
    return true;
}

// SplitMix64: small, and the whole state is one number that a snapshot can carry.
std::uint64_t FaultTable::next() {
    std::uint64_t z = m_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

} // namespace nitroscope::nsm
