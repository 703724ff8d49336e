// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fault rules; nsm.h describes what each field means.
#include "nsm-device/core/faults.hpp"

#include <algorithm>

namespace nitroscope::nsm {

namespace {

bool makesSense(const NsmFaultRule &rule) {
    if (rule.kind > NSM_REQUEST_KINDS || rule.index < -1 ||
        rule.index >= static_cast<std::int32_t>(NSM_PCR_COUNT) || rule.action >= NSM_FAULT_ACTIONS)
        return false;
    return rule.action != NSM_FAULT_ERROR || (rule.error > NSM_SUCCESS && rule.error < NSM_ERRORS);
}

} // namespace

std::uint32_t FaultTable::add(NsmFaultRule rule) {
    rule.id = 0;
    return makesSense(rule) ? m_table.add(rule) : 0;
}

Faults FaultTable::apply(NsmRequestKind kind, PcrRange pcrs) {
    Faults faults;
    const auto matches = [&](const NsmFaultRule &rule) {
        return (rule.kind == NSM_REQUEST_KINDS || rule.kind == kind) &&
               (rule.index < 0 || pcrs.contains(static_cast<unsigned>(rule.index)));
    };
    m_table.consult(matches, [&](const NsmFaultRule &rule) {
        faults.actions |= 1U << rule.action;
        if (faults.rule == 0)
            faults.rule = rule.id;
        if (rule.action == NSM_FAULT_ERROR && faults.error == NSM_SUCCESS)
            faults.error = rule.error;
        if (rule.action == NSM_FAULT_DELAY)
            faults.delayMs += std::min(rule.milliseconds, NSM_DELAY_MAX - faults.delayMs);
        if (rule.action == NSM_FAULT_STALE_TIMESTAMP)
            faults.staleMs += rule.milliseconds;
    });
    if (faults.actions != 0)
        faults.random = m_table.random().next();
    return faults;
}

bool FaultTable::restore(std::vector<NsmFaultRule> rules, std::uint64_t state) {
    return std::all_of(rules.begin(), rules.end(), makesSense) && m_table.restore(std::move(rules), state);
}

} // namespace nitroscope::nsm
