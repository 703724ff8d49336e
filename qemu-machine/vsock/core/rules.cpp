// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/rules.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

constexpr std::uint32_t longestDelay = 3'600'000; // ms

bool makesSense(const VsockRule &rule) {
    const VsockMatch &match = rule.match;
    if (match.pattern_size > VSOCK_PATTERN_MAX || match.chance > 100 || match.direction > VSOCK_FROM_GUEST)
        return false;
    if (match.port_last != 0 && match.port_last < match.port_first)
        return false;
    switch (rule.action) {
    case VSOCK_DELAY:
        return rule.milliseconds <= longestDelay && rule.jitter <= longestDelay &&
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
    if (m_rules.size() >= VSOCK_RULES_MAX || !makesSense(rule) || (rule.id != 0 && find(rule.id) != nullptr))
        return 0;
    if (rule.id == 0)
        rule.id = m_lastId + 1;
    m_lastId = std::max(m_lastId, rule.id);
    rule.hits = rule.passed = 0;
    const auto after =
        std::find_if(m_rules.begin(), m_rules.end(), [&](const auto &r) { return r.id > rule.id; });
    m_rules.insert(after, rule);
    return rule.id;
}

bool RuleTable::remove(std::uint32_t id) {
    return std::erase_if(m_rules, [id](const VsockRule &rule) { return rule.id == id; }) != 0;
}

const VsockRule *RuleTable::find(std::uint32_t id) const {
    const auto found =
        std::find_if(m_rules.begin(), m_rules.end(), [id](const auto &rule) { return rule.id == id; });
    return found == m_rules.end() ? nullptr : &*found;
}

// SplitMix64: any seed is a good one.
std::uint64_t RuleTable::random() {
    std::uint64_t z = m_random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

Verdict RuleTable::apply(const PacketView &packet) {
    Verdict verdict;
    for (VsockRule &rule : m_rules) {
        // A rule that was used up stays in the list, so that its hits can be seen.
        if ((rule.match.count != 0 && rule.hits >= rule.match.count) ||
            !matches(rule.match, packet, m_scratch))
            continue;
        if (rule.match.chance != 0 && rule.match.chance < 100 && random() % 100 >= rule.match.chance)
            continue;
        if (rule.passed < rule.match.skip) {
            ++rule.passed;
            continue;
        }
        ++rule.hits;
        verdict.actions |= 1u << rule.action;
        verdict.rule = verdict.rule != 0 ? verdict.rule : rule.id;
        verdict.violate = verdict.violate || rule.violate != 0;
        if (rule.action == VSOCK_DELAY) {
            const std::uint64_t jitter = rule.jitter != 0 ? random() % (rule.jitter * 1'000'000ull + 1) : 0;
            verdict.delay += static_cast<std::int64_t>(rule.milliseconds * 1'000'000ull + jitter);
        }
        if (rule.action == VSOCK_THROTTLE)
            verdict.rate = verdict.rate != 0 ? std::min(verdict.rate, rule.rate) : rule.rate;
        if (rule.action == VSOCK_SLICE)
            verdict.slice = verdict.slice != 0 ? std::min(verdict.slice, rule.bytes) : rule.bytes;
        if (rule.action == VSOCK_CORRUPT)
            verdict.random = random();
    }
    return verdict;
}

void RuleTable::matching(const PacketView &packet, std::vector<std::uint32_t> &ids) {
    ids.clear();
    for (VsockRule &rule : m_rules)
        if (matches(rule.match, packet, m_scratch)) {
            ++rule.hits;
            ids.push_back(rule.id);
        }
}

bool RuleTable::restore(std::vector<VsockRule> rules, std::uint64_t randomState) {
    std::uint32_t last = 0;
    for (const VsockRule &rule : rules) {
        if (!makesSense(rule) || rule.id <= last || rules.size() > VSOCK_RULES_MAX)
            return false;
        last = rule.id;
    }
    m_rules = std::move(rules);
    m_lastId = std::max(m_lastId, last);
    m_random = randomState;
    return true;
}

} // namespace nitroscope::vsock
