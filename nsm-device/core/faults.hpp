// SPDX-License-Identifier: GPL-2.0-or-later
//
// Faults on request: rules that make the module misbehave in a chosen way for chosen requests, so that a
// client's or a verifier's handling of it can be tested. The same seed and the same requests give the same
// misbehaviour.
#pragma once

#include "nsm-device/core/nsm.h"
#include "qemu-machine/rules/table.hpp"

#include <cstdint>
#include <vector>

namespace nitroscope::nsm {

// The PCRs a request touches, [first, last]; none when first > last.
struct PcrRange {
    unsigned first = 1, last = 0;
    bool contains(unsigned index) const { return first <= index && index <= last; }
};

// What all matching rules together do to one request.
struct Faults {
    std::uint32_t actions = 0; // bit n = NsmFaultAction n
    std::uint32_t rule = 0;    // id of the first rule that acts; 0 = none
    NsmError error = NSM_SUCCESS;
    std::uint32_t delayMs = 0;
    std::uint64_t staleMs = 0;
    std::uint64_t random = 0; // for the choice of a byte

    bool has(NsmFaultAction action) const { return (actions >> action & 1) != 0; }
};

class FaultTable {
public:
    // The new rule's id, 0 when the rule makes no sense or the table is full.
    std::uint32_t add(NsmFaultRule rule);
    bool remove(std::uint32_t id) { return m_table.remove(id); }
    void clear() { m_table.clear(); }
    const std::vector<NsmFaultRule> &rules() const { return m_table.rules(); }

    void seed(std::uint64_t value) { m_table.random().seed(value); }
    std::uint64_t state() const { return m_table.random().state(); }

    // Consults the rules in the order of their ids and counts those that apply; used-up rules go away.
    Faults apply(NsmRequestKind kind, PcrRange pcrs);

    // Puts saved rules back; false, and nothing changed, when one of them makes no sense.
    bool restore(std::vector<NsmFaultRule> rules, std::uint64_t state);

private:
    rules::Table<NsmFaultRule> m_table{NSM_FAULTS_MAX, rules::UsedUp::goes};
};

} // namespace nitroscope::nsm
