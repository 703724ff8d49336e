// SPDX-License-Identifier: GPL-2.0-or-later
//
// Life of the device and of its flows.
#include "qemu-machine/vsock/core/device.hpp"
#include "qemu-machine/abi/guard.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

constexpr std::int64_t milliseconds = nanosecondsPerMillisecond;
constexpr std::int64_t lingerLimit = 60000 * milliseconds; // without the host taking a byte
constexpr std::int64_t gateLimit = 5000 * milliseconds;    // for a driver that never refills its event queue
constexpr std::uint32_t firstHostPort = 1u << 30, lastHostPort = (1u << 31) - 1;

std::uint32_t taxOf(const VsockOptions &options) {
    return options.packet_tax == 0              ? defaultPacketTax
           : options.packet_tax == VSOCK_NO_TAX ? 0
                                                : options.packet_tax;
}

} // namespace

Device::Device(const VsockCallbacks &callbacks, const VsockOptions &options)
    : m_callbacks(callbacks), m_clock(m_callbacks), m_timers(m_clock),
      m_guestCid(options.guest_cid != 0 ? options.guest_cid : defaultGuestCid),
      m_parentCid(options.parent_cid != 0 ? options.parent_cid : parentCid),
      m_answerCid2(options.refuse_cid2 == 0),
      m_bufferBytes(options.buffer_bytes != 0 ? options.buffer_bytes : defaultBufferBytes),
      m_tax(taxOf(options)),
      m_flowLimit(options.flows != 0 ? std::min<std::size_t>(options.flows, flowLimit) : flowLimit),
      m_lastPort(firstHostPort) {}

Device::~Device() {
    // The host side may be gone; its ends are only destroyed.
    for (auto &[id, flow] : m_byId)
        flow->end.reset();
}

void Device::start(bool seqpacket) {
    m_started = true;
    m_seqpacket = seqpacket;
    if (wantsBuffers())
        m_callbacks.work(m_callbacks.opaque);
}

void Device::reset() {
    m_started = false;
    m_gate = false;
    m_timers.cancel(std::exchange(m_gateTimer, 0));
    m_resetAfterGate.clear();
    // Every driver begins with a reset: a program that was there first waits for the driver to be ready.
    endFlows(Reason::deviceReset, Undelivered::keep);
    purge();
}

void Device::closeFlows(Reason reason) {
    endFlows(reason);
    purge();
}

void Device::endFlows(Reason reason, Undelivered undelivered) {
    for (auto next = m_byId.begin(); next != m_byId.end();) {
        Flow &flow = *(next++)->second;
        if (undelivered == Undelivered::end || flow.state != VSOCK_REQUESTED || flow.requestDelivered)
            finish(flow, reason, Answer::silence, Close::abort);
    }
    m_resets.clear();
    m_out.clear();
    m_heldToGuest.clear();
    m_heldFromGuest.clear();
    m_heldFromGuestBytes = m_heldToGuestBytes = 0;
    m_someHeldBack = false;
    m_lines.clear();
    m_blackholes.clear();
    armHeld();
    for (auto &[id, flow] : m_byId) {
        flow->heldToGuest = flow->heldToGuestBytes = 0; // a fault may have held the REQUEST
        flow->heldBack = false;
        flow->sentToGuest = {};
        flow->sendRequest = true;
        makeReady(*flow);
    }
    if (m_host != nullptr)
        m_host->guestReset();
}

void Device::announceTransportReset(Reason reason) {
    resetTransport(reason);
    purge();
}

void Device::resetTransport(Reason reason) {
    // Linux resets connected sockets by itself, but leaves those that wait for an answer waiting.
    for (auto &[key, flow] : m_flows)
        if (flow->state == VSOCK_CONNECTING)
            m_resetAfterGate.push_back(key);
    endFlows(reason);
    m_gate = true;
    m_timers.cancel(m_gateTimer);
    m_gateTimer = m_timers.start(gateLimit, [this] { transportResetDone(); });
    m_callbacks.transport_reset(m_callbacks.opaque);
}

void Device::transportResetDone() {
    if (!m_gate)
        return;
    m_gate = false;
    m_timers.cancel(std::exchange(m_gateTimer, 0));
    for (const FlowKey &key : std::exchange(m_resetAfterGate, {}))
        queueReset(key, Reason::transportReset, 0);
    m_callbacks.work(m_callbacks.opaque);
}

bool Device::isParent(std::uint64_t cid) {
    if (cid == m_parentCid)
        return true;
    if (cid != hostCid || !m_answerCid2)
        return false;
    if (!std::exchange(m_cid2Told, true))
        notice(VSOCK_LINT, "the enclave dials CID 2; on EC2 its parent has CID 3 and nobody answers there");
    return true;
}

void Device::notice(VsockNotice kind, const std::string &text) {
    if (m_callbacks.notice != nullptr)
        m_callbacks.notice(m_callbacks.opaque, kind, text.c_str());
}

void Device::guestError(const Header &header, const char *what) {
    ++m_counters.guest_errors;
    if (m_noticesLeft == 0)
        return;
    --m_noticesLeft;
    notice(VSOCK_GUEST_ERROR, std::string(opName(header.op)) + " from " + std::to_string(header.source.cid) +
                                  ":" + std::to_string(header.source.port) + " to " +
                                  std::to_string(header.destination.cid) + ":" +
                                  std::to_string(header.destination.port) + ": " + what +
                                  (m_noticesLeft == 0 ? " (no more of these are reported)" : ""));
}

// ---- Flow table
// ------------------------------------------------------------------------------------------------

Flow *Device::find(const FlowKey &key) const {
    const auto found = m_flows.find(key);
    return found == m_flows.end() ? nullptr : found->second.get();
}

Flow &Device::add(const FlowKey &key, bool guestDialed) {
    auto flow = std::make_unique<Flow>(*this, ++m_lastFlow, key, m_tax, m_bufferBytes);
    flow->guestDialed = guestDialed;
    flow->state = guestDialed ? VSOCK_CONNECTING : VSOCK_REQUESTED;
    flow->opened = flow->last = flow->asked = m_clock.now();
    Flow &added = *flow;
    const auto listed = m_byId.emplace(added.id, &added).first;
    try {
        m_flows.insert_or_assign(key, std::move(flow));
    } catch (...) {
        m_byId.erase(listed);
        throw;
    }
    m_working = &added;
    // An RST for the former user of these ports would hit the new one.
    forgetReset(key);
    return added;
}

// The guest dials.
void Device::startFlow(const Header &header) {
    if (m_byId.size() >= m_flowLimit)
        return refuse(header, Reason::tooManyFlows);
    if (m_host == nullptr)
        return refuse(header, Reason::noRoute);
    const FlowKey key = keyOf(header);
    Flow &flow = add(key, true);
    flow.send.update(header.bufAlloc, header.fwdCnt);
    flow.packetsFromGuest = 1;
    flow.sentFromGuest.packets = 1;
    ++m_counters.flows_opened;
    startTimer(flow, ConnectTimes::limit, &Device::connectExpired);
    ConnectAnswer answer = m_host->connect({flow.id, flow.kind(), header.source, header.destination}, flow);
    if (answer.end == nullptr)
        return finish(flow, answer.refusal != Reason::none ? answer.refusal : Reason::noRoute, Answer::reset,
                      Close::abort);
    flow.end = std::move(answer.end);
}

OpenAnswer Device::open(const OpenRequest &request, std::unique_ptr<HostEnd> end) {
    OpenAnswer answer;
    if (request.kind == Kind::seqpacket && m_started && !m_seqpacket)
        answer.refusal = Reason::badType;
    else if (m_byId.size() >= m_flowLimit)
        answer.refusal = Reason::tooManyFlows;
    FlowKey key{request.guestPort, request.sourcePort, request.sourceCid,
                static_cast<std::uint16_t>(request.kind)};
    // Ports go round, so that one is not used again soon: packets of its last flow may be under way. There
    // are far more ports than flows.
    while (answer.refusal == Reason::none && request.sourcePort == 0 &&
           (key.peerPort == 0 || find(key) != nullptr)) {
        m_lastPort = m_lastPort >= lastHostPort ? firstHostPort : m_lastPort + 1;
        key.peerPort = m_lastPort;
    }
    if (answer.refusal == Reason::none && find(key) != nullptr)
        answer.refusal = Reason::tooManyFlows;
    if (answer.refusal != Reason::none) {
        ++m_counters.flows_refused;
        return answer;
    }
    m_blackholes.erase(key); // of the former user of these ports
    // The host side does not know yet what a flow that is broken off would tell it.
    return guarded(
        [&] {
            PeerInfo peer = request.peer;
            Flow &flow = add(key, false);
            flow.peer = std::move(peer);
            flow.end = std::move(end);
            flow.sendRequest = true;
            ++m_counters.flows_opened;
            makeReady(flow);
            answer.events = &flow;
            answer.flow = flow.id;
            answer.sourcePort = key.peerPort;
            return answer;
        },
        [&] {
            ++m_counters.flows_refused;
            ++m_counters.out_of_memory;
            answer.refusal = Reason::outOfMemory;
            return answer;
        });
}

void Device::establish(Flow &flow) {
    stopTimer(flow);
    flow.state = VSOCK_ESTABLISHED;
    flow.wasEstablished = true;
    flow.roundTrip = m_clock.now() - flow.asked;
    flow.mayRead = true;
    if (m_callbacks.flow_opened != nullptr) {
        const VsockFlowInfo info = describe(flow);
        m_callbacks.flow_opened(m_callbacks.opaque, &info);
    }
    makeReady(flow);
}

void Device::finish(Flow &flow, Reason reason, Answer answer, Close close) {
    if (flow.dead())
        return;
    // What needs memory comes first: from then on nothing fails half-way.
    if (m_dead.size() == m_dead.capacity())
        m_dead.reserve(std::max<std::size_t>(16, 2 * m_dead.size()));
    if (answer == Answer::reset)
        queueReset(flow.key, reason, flow.id, flow.sentToGuest.packets + 1);
    if (m_working == &flow)
        m_working = nullptr;
    stopTimer(flow);
    hasCredit(flow);
    flow.state = VSOCK_CLOSED;
    flow.reason = reason;
    flow.closed = m_clock.now();
    ++m_counters.flows_closed;
    if (!flow.wasEstablished)
        ++m_counters.flows_refused;
    dropHeld(flow.id);
    if (flow.end != nullptr)
        flow.end->close(close, reason);
    const VsockFlowInfo info = describe(flow);
    remember(info);
    if (m_callbacks.flow_closed != nullptr)
        m_callbacks.flow_closed(m_callbacks.opaque, &info);

    m_byId.erase(flow.id);
    if (const auto found = m_flows.find(flow.key); found != m_flows.end() && found->second.get() == &flow) {
        m_dead.push_back(std::move(found->second));
        m_flows.erase(found);
        return;
    }
    const auto lingering = std::find_if(m_lingering.begin(), m_lingering.end(),
                                        [&](const auto &other) { return other.get() == &flow; });
    if (lingering != m_lingering.end()) {
        m_dead.push_back(std::move(*lingering));
        m_lingering.erase(lingering);
    }
}

// The list of flows that ended is worth less than their orderly end: it may lose one.
void Device::remember(const VsockFlowInfo &flow) noexcept {
    guarded(
        [&] {
            m_closed.push_front(flow);
            if (m_closed.size() > closedFlowsKept)
                m_closed.pop_back();
        },
        [] {});
}

// The guest has closed and may use its port again; the host still has bytes to take.
void Device::linger(Flow &flow) {
    flow.state = VSOCK_LINGERING;
    flow.guestSendShut = flow.guestReceiveShut = true;
    flow.mayRead = false;
    // What it still had to say would reach the next flow of these ports.
    flow.sendRequest = flow.sendResponse = flow.sendCreditUpdate = flow.askForCredit = false;
    flow.sendShutdown = 0;
    hasCredit(flow);
    dropHeld(flow.id);
    const auto found = m_flows.find(flow.key);
    m_lingering.push_back(std::move(found->second));
    m_flows.erase(found);
    startTimer(flow, lingerLimit, &Device::lingerExpired);
}

// Destroys flows that have ended, when nobody is working on them any more.
void Device::purge() {
    if (m_dead.empty())
        return;
    const auto dead = [](const Flow *flow) { return flow->dead(); };
    if (m_working != nullptr && dead(m_working))
        m_working = nullptr;
    std::erase_if(m_ready, dead);
    std::erase_if(m_marked, dead);
    std::erase_if(m_dirty, dead);
    for (auto &flow : m_dead)
        flow->end.reset(); // while its FlowEvents is there
    std::erase_if(m_marked, dead);
    m_dead.clear();
}

// ---- Resets
// ----------------------------------------------------------------------------------------------------

// Answers a packet that opens no flow.
void Device::refuse(const Header &header, Reason reason) {
    const FlowKey key = keyOf(header);
    if (header.op == Op::request) {
        ++m_counters.flows_refused;
        VsockFlowInfo info{};
        info.state = VSOCK_CLOSED;
        info.type = header.type;
        info.guest_dialed = 1;
        info.peer_cid = key.peerCid;
        info.guest_port = key.guestPort;
        info.peer_port = info.service = key.peerPort;
        info.opened_ns = info.closed_ns = info.last_ns = m_clock.now();
        info.round_trip_ns = info.peer_pid = -1;
        info.reason = static_cast<unsigned>(reason);
        remember(info);
        if (m_callbacks.flow_closed != nullptr)
            m_callbacks.flow_closed(m_callbacks.opaque, &info);
    }
    queueReset(key, reason, 0);
}

void Device::queueReset(const FlowKey &key, Reason reason, std::uint64_t flow, std::uint64_t number) {
    forgetReset(key); // one is enough
    Waiting packet;
    packet.header.source = {key.peerCid, key.peerPort};
    packet.header.destination = {m_guestCid, key.guestPort};
    packet.header.type = key.type;
    packet.header.op = Op::rst;
    packet.flow = flow;
    packet.reason = reason;
    packet.number = number;
    m_resets.push_back(std::move(packet));
    m_callbacks.work(m_callbacks.opaque);
}

void Device::forgetReset(const FlowKey &key) {
    if (m_resets.empty())
        return;
    std::erase_if(m_resets, [&](const Waiting &packet) {
        return packet.header.destination.port == key.guestPort && packet.header.source.port == key.peerPort &&
               packet.header.source.cid == key.peerCid && packet.header.type == key.type;
    });
}

// ---- Timers of a flow
// ------------------------------------------------------------------------------------------

void Device::startTimer(Flow &flow, std::int64_t delay, void (Device::*action)(Flow &)) {
    m_timers.cancel(flow.timer);
    flow.timer = m_timers.start(delay, [this, &flow, action] {
        flow.timer = 0;
        m_working = &flow;
        (this->*action)(flow);
        purge();
    });
}

void Device::stopTimer(Flow &flow) {
    m_timers.cancel(std::exchange(flow.timer, 0));
}

void Device::connectExpired(Flow &flow) {
    finish(flow, Reason::connectTimeout, Answer::reset, Close::abort);
}

void Device::guestExpired(Flow &flow) {
    finish(flow, Reason::guestTimeout, Answer::reset, Close::abort);
}

void Device::closeExpired(Flow &flow) {
    if (flow.state == VSOCK_CLOSING)
        return finish(flow, flow.reason, Answer::reset, Close::orderly);
    // The guest has closed and waits for its RST; what it sent may take longer.
    queueReset(flow.key, Reason::guestClosed, flow.id, flow.sentToGuest.packets + 1);
    linger(flow);
}

void Device::lingerExpired(Flow &flow) {
    finish(flow, Reason::closeTimeout, Answer::silence, Close::abort);
}

} // namespace nitroscope::vsock
