// SPDX-License-Identifier: GPL-2.0-or-later
//
// Descriptions of flows for the user, and snapshots.
//
// A snapshot has everything but the host's ends: sockets of programs that know nothing of it. So the flows in
// it are only named, to tell their ports after loading from those of new flows, and to answer the guest's
// connections that were under way. Break conditions belong to the debugger and are not in it, either.
// Numbers are little-endian; the first is the version.
#include "qemu-machine/vsock/core/device.hpp"

#include <algorithm>
#include <cstring>

namespace nitroscope::vsock {

namespace {

constexpr std::uint32_t stateVersion = 2;

class Writer {
public:
    template <class T>
    void number(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i)
            m_bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
    void rules(const RuleTable &table) {
        number(static_cast<std::uint32_t>(table.rules().size()));
        number(table.randomState());
        for (const VsockRule &rule : table.rules()) {
            const VsockMatch &m = rule.match;
            for (const std::uint64_t value :
                 {static_cast<std::uint64_t>(rule.action), std::uint64_t{rule.milliseconds},
                  std::uint64_t{rule.jitter}, rule.rate, std::uint64_t{rule.bytes},
                  static_cast<std::uint64_t>(rule.violate != 0), static_cast<std::uint64_t>(m.direction),
                  m.flow, m.cid, std::uint64_t{m.port_first}, std::uint64_t{m.port_last},
                  std::uint64_t{m.type}, std::uint64_t{m.op}, std::uint64_t{m.nth},
                  static_cast<std::uint64_t>(m.has_offset != 0), m.offset, std::uint64_t{m.pattern_size}})
                number(value);
            for (const std::uint8_t byte : m.pattern)
                number(byte);
            std::array<std::uint32_t, RULE_STATE_WORDS> words{};
            rules::save(rule.id, rule.quota, words);
            for (const std::uint32_t word : words)
                number(word);
        }
    }
    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    std::vector<std::byte> m_bytes;
};

class Reader {
public:
    explicit Reader(Bytes bytes) : m_bytes(bytes) {}
    bool good() const { return m_good; }
    bool atEnd() const { return m_bytes.empty(); }

    template <class T>
    T number() {
        if (m_bytes.size() < sizeof(T)) {
            m_good = false;
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            value |= std::to_integer<std::uint64_t>(m_bytes[i]) << (8 * i);
        m_bytes = m_bytes.subspan(sizeof(T));
        return static_cast<T>(value);
    }
    template <class T>
    void into(T &out) {
        out = static_cast<T>(number<std::uint64_t>());
    }
    bool rules(RuleTable &table) {
        const auto count = number<std::uint32_t>();
        const auto random = number<std::uint64_t>();
        std::vector<VsockRule> rules;
        for (std::uint32_t i = 0; i < count && i < VSOCK_RULES_MAX && m_good; ++i) {
            VsockRule rule{};
            VsockMatch &m = rule.match;
            into(rule.action), into(rule.milliseconds), into(rule.jitter), into(rule.rate);
            into(rule.bytes), into(rule.violate);
            into(m.direction), into(m.flow), into(m.cid), into(m.port_first), into(m.port_last), into(m.type);
            into(m.op), into(m.nth), into(m.has_offset), into(m.offset), into(m.pattern_size);
            for (std::uint8_t &byte : m.pattern)
                byte = number<std::uint8_t>();
            std::array<std::uint32_t, RULE_STATE_WORDS> words{};
            for (std::uint32_t &word : words)
                word = number<std::uint32_t>();
            rules::load(words, rule.id, rule.quota);
            rules.push_back(rule);
        }
        m_good = m_good && count <= VSOCK_RULES_MAX && table.restore(std::move(rules), random);
        return m_good;
    }

private:
    Bytes m_bytes;
    bool m_good = true;
};

// The counters in the order of their declaration.
template <class Counters, class Function>
void forEachCounter(Counters &counters, Function function) {
    for (auto *value : {&counters.packets_to_guest, &counters.packets_from_guest, &counters.bytes_to_guest,
                        &counters.bytes_from_guest, &counters.flows_opened, &counters.flows_closed,
                        &counters.flows_refused, &counters.guest_errors, &counters.ignored})
        function(*value);
}

} // namespace

VsockFlowInfo Device::describe(const Flow &flow) const {
    VsockFlowInfo info{};
    info.id = flow.id;
    info.state = flow.state;
    info.type = flow.key.type;
    info.guest_dialed = flow.guestDialed;
    info.peer_cid = flow.key.peerCid;
    info.guest_port = flow.key.guestPort;
    info.peer_port = flow.key.peerPort;
    info.service = flow.service();
    info.opened_ns = flow.opened;
    info.closed_ns = flow.closed;
    info.last_ns = flow.last;
    info.round_trip_ns = flow.roundTrip;
    info.bytes_to_guest = flow.bytesToGuest;
    info.bytes_from_guest = flow.bytesFromGuest;
    info.packets_to_guest = flow.packetsToGuest;
    info.packets_from_guest = flow.packetsFromGuest;
    info.guest_buf_alloc = flow.send.bufAlloc();
    info.guest_fwd_cnt = flow.send.fwdCnt();
    info.to_guest_count = flow.send.sentCount();
    info.host_buf_alloc = flow.receive.bufAlloc();
    info.host_fwd_cnt = flow.receive.passedOnCount();
    info.from_guest_count = flow.receive.receivedCount();
    info.packets_under_way = static_cast<std::uint32_t>(flow.send.packets());
    info.buffered = flow.receive.held();
    info.stalls = flow.stalls;
    info.stalled = flow.inStall;
    info.stalled_ns = flow.stalled + (flow.inStall ? m_clock.now() - flow.stallStart : 0);
    info.guest_sends = !flow.guestSendShut;
    info.guest_receives = !flow.guestReceiveShut;
    info.host_sends = !flow.hostSendShut;
    info.host_receives = !flow.hostReceiveShut;
    info.peer_pid = flow.peer.pid;
    const std::string &text = flow.peer.description;
    text.copy(info.peer, std::min(text.size(), sizeof info.peer - 1));
    info.reason = static_cast<unsigned>(flow.reason);
    return info;
}

std::vector<std::byte> Device::save() const {
    Writer out;
    out.number(stateVersion);
    out.number(m_guestCid);
    out.number(static_cast<std::uint8_t>(m_started));
    out.number(static_cast<std::uint8_t>(m_seqpacket));
    out.number(static_cast<std::uint8_t>(m_gate));
    out.number(static_cast<std::uint8_t>(m_cid2Told));
    out.number(m_lastFlow);
    out.number(m_lastPort);
    forEachCounter(m_counters, [&](std::uint64_t value) { out.number(value); });
    out.rules(m_faults);

    // Whom the guest waits for: connections under way, and RSTs that it has not got.
    std::vector<FlowKey> waiting = m_resetAfterGate;
    for (const auto &[key, flow] : m_flows)
        if (flow->state == VSOCK_CONNECTING)
            waiting.push_back(key);
    for (const Waiting &packet : m_resets)
        waiting.push_back({packet.header.destination.port, packet.header.source.port,
                           packet.header.source.cid, packet.header.type});
    out.number(static_cast<std::uint32_t>(waiting.size()));
    for (const FlowKey &key : waiting) {
        out.number(key.guestPort);
        out.number(key.peerPort);
        out.number(key.peerCid);
        out.number(key.type);
    }
    return out.take();
}

bool Device::isQuiet() const {
    return m_byId.empty() && m_resets.empty() && m_out.empty() && m_heldToGuest.empty() &&
           m_heldFromGuest.empty() && m_blackholes.empty() && m_resetAfterGate.empty() && m_marked.empty() &&
           m_timers.empty() && !m_gate;
}

void Device::forgetAll() {
    m_timers.clear();
    m_heldTimer = m_gateTimer = 0;
    m_working = nullptr;
    m_someBroken = m_someHeldBack = m_gate = false;
    m_ready.clear(), m_marked.clear(), m_dirty.clear();
    m_resets.clear(), m_out.clear(), m_resetAfterGate.clear();
    m_heldToGuest.clear(), m_heldFromGuest.clear(), m_lines.clear(), m_blackholes.clear();
    m_heldFromGuestBytes = m_heldToGuestBytes = 0;
    m_byId.clear(), m_closed.clear();
    m_lingering.clear(), m_dead.clear(), m_flows.clear();
    m_lastFlow = 0;
}

bool Device::load(Bytes state) {
    Reader in(state);
    if (in.number<std::uint32_t>() != stateVersion)
        return false;
    const auto cid = in.number<std::uint64_t>();
    const bool started = in.number<std::uint8_t>() != 0;
    const bool seqpacket = in.number<std::uint8_t>() != 0;
    const bool gate = in.number<std::uint8_t>() != 0;
    const bool told = in.number<std::uint8_t>() != 0;
    const auto lastFlow = in.number<std::uint64_t>();
    const auto lastPort = in.number<std::uint32_t>();
    VsockCounters counters{};
    forEachCounter(counters, [&](std::uint64_t &value) { value = in.number<std::uint64_t>(); });
    RuleTable faults;
    if (!in.rules(faults))
        return false;
    const auto count = in.number<std::uint32_t>();
    if (!in.good() || count > flowLimit + resetLimit)
        return false;
    std::vector<FlowKey> waiting;
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
        FlowKey key;
        key.guestPort = in.number<std::uint32_t>();
        key.peerPort = in.number<std::uint32_t>();
        key.peerCid = in.number<std::uint64_t>();
        key.type = in.number<std::uint16_t>();
        waiting.push_back(key);
    }
    if (!in.good() || !in.atEnd() || cid < firstGuestCid || cid > lastCid)
        return false;

    closeFlows(Reason::snapshotLoaded);
    m_guestCid = cid;
    m_started = started;
    m_seqpacket = seqpacket;
    m_gate = gate;
    m_cid2Told = told;
    m_lastFlow = std::max(m_lastFlow, lastFlow);
    m_lastPort = lastPort;
    counters.out_of_memory = m_counters.out_of_memory; // of this process
    m_counters = counters;
    m_counters.flows_closed = m_counters.flows_opened; // those of the snapshot are over, too
    m_faults = std::move(faults);
    m_resetAfterGate = std::move(waiting);
    return true;
}

} // namespace nitroscope::vsock
