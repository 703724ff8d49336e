// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/rules.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

constexpr std::uint32_t maxDelay = 3'600'000; // ms

bool makesSense(const VsockRule &rule) {
    const VsockMatch &match = rule.match;
    if (match.pattern_size > VSOCK_PATTERN_MAX || match.direction > VSOCK_FROM_GUEST)
        return false;
    if (match.port_last != 0 && match.port_last < match.port_first)
        return false;
    switch (rule.action) {
    case VSOCK_DELAY:
        return rule.milliseconds <= maxDelay && rule.jitter <= maxDelay &&
               rule.milliseconds + rule.jitter > 0;
    case VSOCK_THROTTLE:
        return rule.rate > 0;
    case VSOCK_SLICE:
        return rule.bytes > 0;
    default:
        return rule.action >= VSOCK_BREAK && rule.action < VSOCK_ACTIONS;
    }
}

bool contains(std::span<const Bytes> payload, Bytes pattern, std::vector<std::byte> &scratch) {
    Bytes whole;
    if (payload.size() == 1) {
        whole = payload.front();
    } else {
        scratch.clear();
        for (const Bytes &piece : payload)
            scratch.insert(scratch.end(), piece.begin(), piece.end());
        whole = scratch;
    }
    return std::search(whole.begin(), whole.end(), pattern.begin(), pattern.end()) != whole.end();
}

bool matches(const VsockMatch &match, const PacketView &packet, std::vector<std::byte> &scratch) {
    const auto agrees = [](auto wanted, auto found) { return wanted == 0 || wanted == found; };
    if (!agrees(static_cast<int>(match.direction), static_cast<int>(packet.direction)) ||
        !agrees(match.flow, packet.flow) || !agrees(match.cid, packet.peerCid) ||
        !agrees(match.type, packet.type) || !agrees(match.op, static_cast<std::uint16_t>(packet.op)) ||
        !agrees(static_cast<std::uint64_t>(match.nth), packet.number))
        return false;
    const std::uint32_t last = match.port_last != 0 ? match.port_last : match.port_first;
    if (match.port_first != 0 && (packet.service < match.port_first || packet.service > last))
        return false;
    if (match.port_first == 0 && match.port_last != 0 && packet.service > match.port_last)
        return false;
    if (match.has_offset != 0 && (packet.op != Op::rw || match.offset < packet.offset ||
                                  match.offset - packet.offset >= totalBytes(packet.payload)))
        return false;
    return match.pattern_size == 0 ||
           contains(packet.payload, std::as_bytes(std::span(match.pattern, match.pattern_size)), scratch);
}

} // namespace

std::uint32_t RuleTable::add(VsockRule rule) {
    return makesSense(rule) ? m_table.add(rule) : 0;
}

Verdict RuleTable::apply(const PacketView &packet) {
    Verdict verdict;
    rules::Random &random = m_table.random();
    const auto isMeant = [&](const VsockRule &rule) { return matches(rule.match, packet, m_scratch); };
    m_table.consult(isMeant, [&](const VsockRule &rule) {
        verdict.actions |= 1u << rule.action;
        verdict.rule = verdict.rule != 0 ? verdict.rule : rule.id;
        verdict.violate = verdict.violate || rule.violate != 0;
        if (rule.action == VSOCK_DELAY) {
            const std::uint64_t jitter =
                rule.jitter != 0 ? random.next() % (rule.jitter * 1'000'000ull + 1) : 0;
            verdict.delay += static_cast<std::int64_t>(rule.milliseconds * 1'000'000ull + jitter);
        }
        if (rule.action == VSOCK_THROTTLE)
            verdict.rate = verdict.rate != 0 ? std::min(verdict.rate, rule.rate) : rule.rate;
        if (rule.action == VSOCK_SLICE)
            verdict.slice = verdict.slice != 0 ? std::min(verdict.slice, rule.bytes) : rule.bytes;
        if (rule.action == VSOCK_CORRUPT)
            verdict.random = random.next();
    });
    return verdict;
}

void RuleTable::matching(const PacketView &packet, std::vector<std::uint32_t> &ids) {
    ids.clear();
    for (const VsockRule &rule : rules())
        if (matches(rule.match, packet, m_scratch))
            ids.push_back(rule.id);
}

bool RuleTable::restore(std::vector<VsockRule> rules, std::uint64_t randomState) {
    return std::all_of(rules.begin(), rules.end(), makesSense) &&
           m_table.restore(std::move(rules), randomState);
}

} // namespace nitroscope::vsock
