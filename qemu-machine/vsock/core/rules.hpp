// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules on packets: fault rules make the device misbehave in a chosen way, break conditions stop the machine.
// Both use the same matching. The same seed and the same packets give the same decisions.
#pragma once

#include "qemu-machine/rules/table.hpp"
#include "qemu-machine/vsock/core/packet.hpp"
#include "qemu-machine/vsock/core/vsock.h"

#include <vector>

namespace nitroscope::vsock {

// A packet at the guest's edge, as the rules see it.
struct PacketView {
    VsockDirection direction = VSOCK_ANY_DIRECTION;
    std::uint64_t flow = 0;    // 0: of no flow (yet)
    std::uint64_t peerCid = 0; // the guest's peer
    std::uint32_t service = 0; // the port that was dialed
    std::uint16_t type = 0;
    Op op = Op::invalid;
    std::uint64_t number = 0; // of the packet in its direction of the flow, from 1, as its sender counts
    std::uint64_t offset = 0; // of the payload's first byte in its direction of the flow
    std::span<const Bytes> payload;
};

// What all matching rules together do to one packet.
struct Verdict {
    std::uint32_t actions = 0; // bit n = VsockAction n
    std::uint32_t rule = 0;    // the first that applied
    std::int64_t delay = 0;    // nanoseconds
    std::uint64_t rate = 0;    // bytes per second; 0 = no limit
    std::uint32_t slice = 0;   // bytes; 0 = no limit
    bool violate = false;
    std::uint64_t random = 0; // for the choice of a bit

    bool has(VsockAction action) const { return (actions >> action & 1) != 0; }
};

class RuleTable {
public:
    // The new rule's id, 0 when the rule makes no sense, its id is taken or the table is full.
    std::uint32_t add(VsockRule rule);
    bool remove(std::uint32_t id) { return m_table.remove(id); }
    void clear() { m_table.clear(); }
    const VsockRule *find(std::uint32_t id) const { return m_table.find(id); }
    const std::vector<VsockRule> &rules() const { return m_table.rules(); }
    bool empty() const { return m_table.empty(); }

    void seed(std::uint64_t value) { m_table.random().seed(value); }
    std::uint64_t randomState() const { return m_table.random().state(); }

    // Consults the rules in the order of their ids and counts those that apply.
    Verdict apply(const PacketView &packet);

    // Ids of all rules that match, and nothing is counted.
    void matching(const PacketView &packet, std::vector<std::uint32_t> &ids);

    // Puts saved rules back; false, and nothing changed, when one of them makes no sense.
    bool restore(std::vector<VsockRule> rules, std::uint64_t randomState);

private:
    rules::Table<VsockRule> m_table{VSOCK_RULES_MAX, rules::UsedUp::stays};
    std::vector<std::byte> m_scratch; // payload in one piece, for the search
};

} // namespace nitroscope::vsock
