// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packets under rules. Without rules none of this runs. A packet that is delayed waits in a line of its own
// direction and flow: everything behind it waits, too, so the order stays. Packets from the guest wait before
// the device has seen them, so the guest's credit bounds them; packets for the guest wait after they were
// charged to its credit. A guest can say of its credit what it likes, so both lines have bounds of their own: a flow
// that goes beyond from the guest is reset, and nothing more is made of a flow towards the guest until less waits.
#include "qemu-machine/capture/core/format.h"
#include "qemu-machine/vsock/core/device.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

constexpr std::int64_t sliceGap = nanosecondsPerMillisecond; // between the parts of a sliced packet
constexpr std::size_t lineBytes = 1024 * 1024;               // of one flow's waiting packets in one direction
constexpr std::size_t linePackets = 4096;                    // to the guest; the last one may be in slices
constexpr std::size_t blackholeLimit = flowLimit;

FlowKey keyOf(const Header &header, VsockDirection direction) {
    const bool toGuest = direction == VSOCK_TO_GUEST;
    const Address &guest = toGuest ? header.destination : header.source;
    const Address &peer = toGuest ? header.source : header.destination;
    return {guest.port, peer.port, peer.cid, header.type};
}

void flipBit(std::vector<std::byte> &payload, std::uint64_t random) {
    if (!payload.empty())
        payload[(random >> 3) % payload.size()] ^= static_cast<std::byte>(1u << (random & 7));
}

int verdictNumber(const Verdict &verdict) {
    if (verdict.has(VSOCK_CORRUPT) || verdict.has(VSOCK_DUPLICATE) || verdict.has(VSOCK_SLICE))
        return NITRO_CAPTURE_CHANGED;
    return verdict.has(VSOCK_DELAY) || verdict.has(VSOCK_THROTTLE) ? NITRO_CAPTURE_DELAYED
                                                                   : NITRO_CAPTURE_PASSED;
}

// Bytes at `rate` bytes per second take so many nanoseconds.
std::int64_t duration(std::uint32_t bytes, std::uint64_t rate) {
    return static_cast<std::int64_t>(bytes * 1'000'000'000ull / rate);
}

} // namespace

bool Device::judging(const Flow *flow) const {
    return !m_faults.empty() || !m_breaks.empty() || (flow != nullptr && flow->heldToGuest != 0);
}

PacketView Device::viewOf(const Header &header, std::span<const Bytes> payload, VsockDirection direction,
                          const Flow *flow) const {
    const FlowKey key = keyOf(header, direction);
    PacketView view;
    view.direction = direction;
    view.peerCid = key.peerCid;
    view.type = header.type;
    view.op = header.op;
    view.payload = payload;
    view.service = key.peerPort;
    view.number = 1;
    if (flow != nullptr) {
        view.flow = flow->id;
        view.service = flow->service();
        const bool toGuest = direction == VSOCK_TO_GUEST;
        const Sent &sent = toGuest ? flow->sentToGuest : flow->sentFromGuest;
        view.number = 1 + sent.packets;
        view.offset = sent.bytes;
    } else if (direction == VSOCK_TO_GUEST && header.op == Op::request) {
        view.service = key.guestPort;
    }
    return view;
}

std::string Device::noteOf(const Verdict &verdict) const {
    std::string note = "fault " + std::to_string(verdict.rule) + ":";
    const char *separator = " ";
    for (int action = VSOCK_BREAK + 1; action < VSOCK_ACTIONS; ++action) {
        if (!verdict.has(static_cast<VsockAction>(action)))
            continue;
        note += separator + std::string(vsock_action_name(static_cast<VsockAction>(action)));
        separator = ", ";
        if (action == VSOCK_DELAY)
            note += " " + std::to_string(verdict.delay / nanosecondsPerMillisecond) + " ms";
    }
    return note;
}

void Device::breakOn(const PacketView &view, const Header &header) {
    if (m_breaks.empty() || m_callbacks.break_hit == nullptr)
        return;
    m_breaks.matching(view, m_breakIds);
    if (m_breakIds.empty())
        return;
    VsockPacket packet{};
    const HeaderBytes bytes = header.encode();
    std::copy_n(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size(), packet.header);
    packet.direction = view.direction;
    packet.flow = view.flow;
    m_callbacks.break_hit(m_callbacks.opaque, m_breakIds.data(), m_breakIds.size(), &packet);
}

// The packet's end, or nothing: what the rules decide before anything else. True: the packet is gone.
bool Device::loseOrEnd(const Verdict &verdict, Flow *flow, const Header &header,
                       std::span<const Bytes> payload, Seen seen) {
    const FlowKey key = keyOf(header, seen.direction);
    const bool data = header.op == Op::rw;
    if (verdict.has(VSOCK_TRANSPORT_RESET)) {
        seen.verdict = NITRO_CAPTURE_DROPPED;
        observe(header.encode(), payload, seen);
        resetTransport(Reason::fault);
        return true;
    }
    if (verdict.has(VSOCK_RESET) || (verdict.has(VSOCK_REFUSE) && header.op == Op::request) ||
        (verdict.has(VSOCK_DROP) && data && !verdict.violate)) {
        seen.verdict = NITRO_CAPTURE_REFUSED;
        observe(header.encode(), payload, seen);
        const bool toldGuest = seen.direction == VSOCK_FROM_GUEST || header.op != Op::request;
        if (flow != nullptr)
            finish(*flow, Reason::fault, toldGuest ? Answer::reset : Answer::silence, Close::abort);
        else if (seen.direction == VSOCK_FROM_GUEST && header.op != Op::rst)
            refuse(header, Reason::fault);
        return true;
    }
    if (!verdict.has(VSOCK_BLACKHOLE) && !verdict.has(VSOCK_DROP))
        return false;
    if (verdict.has(VSOCK_BLACKHOLE))
        openBlackhole(key, verdict.rule);
    seen.verdict = NITRO_CAPTURE_DROPPED;
    observe(header.encode(), payload, seen);
    return true;
}

// A blackhole ends with its rule, or when the ports belong to a new flow. Nobody tells the device when a guest has given up a
// connection whose packets are lost, so there may be more of them than flows: then the older half of those goes that have none.
void Device::openBlackhole(const FlowKey &key, std::uint32_t rule) {
    if (m_blackholes.size() >= blackholeLimit)
        std::erase_if(m_blackholes, [this](const auto &entry) {
            return m_lastBlackhole - entry.second.number >= blackholeLimit / 2 &&
                   find(entry.first) == nullptr;
        });
    m_blackholes[key] = {rule, ++m_lastBlackhole};
}

// Whether the packet is lost because one before it was.
bool Device::intoBlackhole(const Header &header, std::span<const Bytes> payload, VsockDirection direction,
                           std::uint64_t flow) {
    const auto hole = m_blackholes.find(keyOf(header, direction));
    if (hole == m_blackholes.end())
        return false;
    observe(header.encode(), payload, {direction, flow, NITRO_CAPTURE_DROPPED, hole->second.rule, {}});
    return true;
}

void Device::tellFault(const Verdict &verdict, const Seen &seen) {
    if (m_callbacks.fault_applied != nullptr)
        m_callbacks.fault_applied(m_callbacks.opaque, verdict.rule, seen.note.c_str(), seen.flow);
}

// ---- From the guest
// --------------------------------------------------------------------------------------------

void Device::judgeReceived(const Header &header, std::span<const Bytes> payload) {
    const FlowKey key = keyOf(header, VSOCK_FROM_GUEST);
    Flow *flow = find(key);
    if (header.op == Op::request && m_blackholes.erase(key) != 0 && flow != nullptr) {
        // The guest has given up the old connection, which the device could not hear.
        finish(*flow, Reason::fault, Answer::silence, Close::abort);
        flow = nullptr;
    }
    Seen seen{VSOCK_FROM_GUEST, flow != nullptr ? flow->id : 0, NITRO_CAPTURE_PASSED, 0, {}};
    if (intoBlackhole(header, payload, VSOCK_FROM_GUEST, seen.flow)) {
        if (flow != nullptr)
            flow->sentFromGuest.count(header);
        return;
    }
    auto line = m_lines.find(key);
    PacketView view = viewOf(header, payload, VSOCK_FROM_GUEST, flow);
    if (flow != nullptr)
        flow->sentFromGuest.count(header);
    else if (line != m_lines.end())
        view.number += line->second.packets; // its REQUEST waits
    breakOn(view, header);
    const Verdict verdict = m_faults.apply(view);
    if (verdict.rule == 0 && line == m_lines.end()) {
        seen.flow = flowIdOf(header, flow);
        observe(header.encode(), payload, seen);
        return process(header, payload);
    }
    if (verdict.rule != 0) {
        seen.rule = verdict.rule;
        seen.note = noteOf(verdict);
        tellFault(verdict, seen);
        if (loseOrEnd(verdict, flow, header, payload, seen)) {
            if (flow != nullptr && !flow->dead()) {
                ++flow->packetsFromGuest;
                flow->bytesFromGuest += header.length;
                if (flow->receive.received(header.length))
                    flow->receive.passedOn(header.length); // lost, but the guest's credit stays right
            }
            return;
        }
        if (flow != nullptr && verdict.has(VSOCK_FREEZE_CREDIT))
            flow->frozenFromGuest = verdict.rule;
    }
    seen.verdict = verdictNumber(verdict);

    const std::int64_t now = m_clock.now();
    std::int64_t release = now + verdict.delay;
    if (verdict.rate != 0 && flow != nullptr) {
        flow->throttleFromGuest =
            std::max(now, flow->throttleFromGuest) + duration(header.length, verdict.rate);
        release = std::max(release, flow->throttleFromGuest);
    }
    if (line != m_lines.end())
        release = std::max(release, line->second.release);
    observe(header.encode(), payload, seen);

    std::vector<std::byte> copy;
    for (const Bytes &piece : payload)
        copy.insert(copy.end(), piece.begin(), piece.end());
    if (verdict.has(VSOCK_CORRUPT))
        flipBit(copy, verdict.random);
    const bool twice = verdict.has(VSOCK_DUPLICATE) && (header.op != Op::rw || verdict.violate);
    const bool sliced = verdict.slice != 0 && header.op == Op::rw;
    const std::size_t part = sliced ? verdict.slice : std::max<std::size_t>(copy.size(), 1);
    for (int round = 0; round < (twice ? 2 : 1); ++round) {
        for (std::size_t at = 0; at == 0 || at < copy.size(); at += part, release += sliced ? sliceGap : 0) {
            const std::size_t size = std::min(part, copy.size() - at);
            Waiting packet;
            packet.header = header;
            packet.header.length = static_cast<std::uint32_t>(size);
            if (at + size < copy.size())
                packet.header.flags &= ~(endOfMessage | endOfRecord);
            const auto from = copy.begin() + static_cast<std::ptrdiff_t>(at);
            packet.payload.assign(from, from + static_cast<std::ptrdiff_t>(size));
            packet.flow = seen.flow;
            if (release <= now && m_lines.find(key) == m_lines.end()) {
                const std::array<Bytes, 1> pieces{Bytes(packet.payload)};
                process(packet.header, std::span(pieces).first(size == 0 ? 0 : 1));
            } else if (!holdFromGuest(key, std::move(packet), release)) {
                return;
            }
        }
    }
    armHeld();
}

// False: the guest has sent far more than its credit allows.
bool Device::holdFromGuest(const FlowKey &key, Waiting packet, std::int64_t release) {
    Line &line = m_lines[key];
    const std::size_t bytes = packet.payload.size();
    if (line.bytes + bytes > lineBytes || m_heldFromGuest.size() >= heldPacketLimit ||
        m_heldFromGuestBytes + bytes > heldByteLimit) {
        guestError(packet.header, "more packets than a fault can hold back");
        if (Flow *flow = find(key); flow != nullptr)
            finish(*flow, Reason::creditOverrun, Answer::reset, Close::abort);
        if (const auto found = m_lines.find(key); found != m_lines.end() && found->second.packets == 0)
            m_lines.erase(found);
        return false;
    }
    ++line.packets;
    line.bytes += bytes;
    line.release = release;
    m_heldFromGuest.emplace(release, std::move(packet));
    m_heldFromGuestBytes += bytes;
    return true;
}

// ---- To the guest
// ----------------------------------------------------------------------------------------------

// A control packet.
std::size_t Device::sendControl(Flow &flow, const Header &header, RxBuffer &buffer) {
    if (!judging(&flow)) {
        flow.sentToGuest.count(header);
        account(flow, header);
        writePacket(buffer, header, {});
        if (m_callbacks.packet != nullptr)
            observe(header.encode(), {}, {VSOCK_TO_GUEST, flow.id, 0, 0, {}});
        delivered(flow.id, header);
        return 1;
    }
    return sendJudged(flow, header, {}, buffer);
}

std::size_t Device::produceJudgedData(Flow &flow, RxBuffer &buffer) {
    const bool seqpacket = flow.kind() == Kind::seqpacket;
    const std::size_t room = std::min<std::size_t>({totalBytes(buffer.pieces) - headerBytes, maxPayload,
                                                    flow.send.window(seqpacket ? flow.messagePackets : 0)});
    if (room == 0) {
        noCredit(flow);
        return 0;
    }
    hasCredit(flow);
    std::vector<std::byte> payload(room);
    const std::array<WritableBytes, 1> pieces{WritableBytes(payload)};
    const ReadResult result = flow.end->read(pieces);
    payload.resize(std::min(result.bytes, room));
    std::size_t used = 0;
    if (!payload.empty()) {
        const Header header = headerFor(flow, Op::rw, static_cast<std::uint32_t>(payload.size()),
                                        seqpacket && result.endOfMessage ? endOfMessage : 0);
        flow.sendCreditUpdate = false;
        used = sendJudged(flow, header, std::move(payload), buffer);
    }
    if (!flow.dead() && flow.end != nullptr)
        afterRead(flow, result);
    return used;
}

std::size_t Device::sendJudged(Flow &flow, Header header, std::vector<std::byte> payload, RxBuffer &buffer) {
    const std::array<Bytes, 1> whole{Bytes(payload)};
    const std::span<const Bytes> pieces = std::span(whole).first(payload.empty() ? 0 : 1);
    Seen seen{VSOCK_TO_GUEST, flow.id, NITRO_CAPTURE_PASSED, 0, {}};
    const PacketView view = viewOf(header, pieces, VSOCK_TO_GUEST, &flow);
    flow.sentToGuest.count(header);
    if (intoBlackhole(header, pieces, VSOCK_TO_GUEST, flow.id)) {
        account(flow, header);
        delivered(flow.id, header); // so that deadlines run
        return 0;
    }
    breakOn(view, header);
    const Verdict verdict = m_faults.apply(view);
    if (verdict.rule != 0) {
        seen.rule = verdict.rule;
        seen.note = noteOf(verdict);
        tellFault(verdict, seen);
        if (loseOrEnd(verdict, &flow, header, pieces, seen)) {
            if (!flow.dead()) {
                ++flow.packetsToGuest;
                flow.bytesToGuest += header.length;
                delivered(flow.id, header);
            }
            return 0;
        }
        if (verdict.has(VSOCK_FREEZE_CREDIT))
            flow.frozenToGuest = verdict.rule;
    }
    seen.verdict = verdictNumber(verdict);
    if (verdict.has(VSOCK_CORRUPT))
        flipBit(payload, verdict.random);

    const std::int64_t now = m_clock.now();
    std::int64_t release = now + verdict.delay;
    if (verdict.rate != 0) {
        flow.throttleToGuest = std::max(now, flow.throttleToGuest) + duration(header.length, verdict.rate);
        release = std::max(release, flow.throttleToGuest);
    }
    const bool twice = verdict.has(VSOCK_DUPLICATE) && (header.op != Op::rw || verdict.violate);
    const bool sliced = verdict.slice != 0 && header.op == Op::rw && payload.size() > verdict.slice;
    if (release <= now && flow.heldToGuest == 0 && !twice && !sliced) {
        account(flow, header);
        writePacket(buffer, header, payload);
        observe(header.encode(), pieces, seen);
        delivered(flow.id, header);
        return 1;
    }
    const std::size_t part = sliced ? verdict.slice : std::max<std::size_t>(payload.size(), 1);
    for (int round = 0; round < (twice ? 2 : 1) && !flow.dead(); ++round) {
        for (std::size_t at = 0; at == 0 || at < payload.size();
             at += part, release += sliced ? sliceGap : 0) {
            const std::size_t size = std::min(part, payload.size() - at);
            Waiting packet;
            packet.header = header;
            packet.header.length = static_cast<std::uint32_t>(size);
            if (at + size < payload.size())
                packet.header.flags &= header.op == Op::rw ? ~(endOfMessage | endOfRecord) : ~0u;
            const auto from = payload.begin() + static_cast<std::ptrdiff_t>(at);
            packet.payload.assign(from, from + static_cast<std::ptrdiff_t>(size));
            packet.flow = flow.id;
            packet.judged = true;
            packet.verdict = seen.verdict;
            packet.rule = seen.rule;
            packet.note = seen.note;
            account(flow, packet.header);
            holdToGuest(flow, std::move(packet), release);
        }
    }
    releaseHeld();
    return 0;
}

// An RST of a flow that is gone. False: it does not go now.
bool Device::judgeReset(Waiting &packet) {
    packet.judged = true;
    Seen seen{VSOCK_TO_GUEST, packet.flow, NITRO_CAPTURE_DROPPED, 0, {}};
    if (intoBlackhole(packet.header, {}, VSOCK_TO_GUEST, packet.flow))
        return false;
    PacketView view = viewOf(packet.header, {}, VSOCK_TO_GUEST, nullptr);
    view.number = packet.number;
    breakOn(view, packet.header);
    const Verdict verdict = m_faults.apply(view);
    if (verdict.rule == 0)
        return true;
    seen.rule = packet.rule = verdict.rule;
    seen.note = packet.note = noteOf(verdict);
    tellFault(verdict, seen);
    if (verdict.has(VSOCK_DROP) || verdict.has(VSOCK_BLACKHOLE)) {
        observe(packet.header.encode(), {}, seen);
        return false;
    }
    packet.verdict = verdictNumber(verdict);
    if (verdict.delay == 0)
        return true;
    if (holdsEnough()) {
        packet.verdict = NITRO_CAPTURE_PASSED;
        packet.note += ", which is left out: no more can be held back";
        return true;
    }
    m_heldToGuest.emplace(m_clock.now() + verdict.delay, std::move(packet));
    m_someHeldBack = m_someHeldBack || holdsEnough();
    armHeld();
    return false;
}

void Device::holdToGuest(Flow &flow, Waiting packet, std::int64_t release) {
    if (flow.heldToGuest != 0)
        release = std::max(release, flow.releaseToGuest);
    const std::size_t bytes = packet.payload.size();
    const std::uint32_t rule = packet.rule;
    m_heldToGuest.emplace(release, std::move(packet));
    ++flow.heldToGuest;
    flow.heldToGuestBytes += bytes;
    m_heldToGuestBytes += bytes;
    flow.releaseToGuest = release;
    if (rule != 0)
        flow.heldRule = rule;
    if (isHeldBack(flow))
        holdBack(flow);
}

// Packets for the guest; m_out has those whose time has come, which wait for buffers of the guest's.
bool Device::holdsEnough() const {
    return m_heldToGuest.size() + m_out.size() >= heldPacketLimit || m_heldToGuestBytes >= heldByteLimit;
}

bool Device::isHeldBack(const Flow &flow) const {
    return flow.heldToGuest >= linePackets || flow.heldToGuestBytes >= lineBytes ||
           (holdsEnough() && judging(&flow));
}

// Nothing more is made of this flow until heldLess().
void Device::holdBack(Flow &flow) {
    flow.heldBack = true;
    m_someHeldBack = m_someHeldBack || holdsEnough();
    if (std::exchange(flow.heldBackTold, true) || m_callbacks.fault_applied == nullptr)
        return;
    const std::string note = "as much is held back as can be (" + std::to_string(flow.heldToGuest) +
                             " packets, " + std::to_string(flow.heldToGuestBytes) +
                             " bytes of this flow): the host waits";
    m_callbacks.fault_applied(m_callbacks.opaque, flow.heldRule, note.c_str(), flow.id);
}

// Packets of a flow, or a part of one, wait no longer. What was held back because of them goes on when half has gone.
void Device::heldLess(std::uint64_t id, std::size_t packets, std::size_t bytes) {
    m_heldToGuestBytes -= std::min(bytes, m_heldToGuestBytes);
    const auto found = m_byId.find(id);
    if (found != m_byId.end()) {
        Flow &flow = *found->second;
        flow.heldToGuest -= std::min(packets, flow.heldToGuest);
        flow.heldToGuestBytes -= std::min(bytes, flow.heldToGuestBytes);
        if (flow.heldBack && flow.heldToGuest <= linePackets / 2 && flow.heldToGuestBytes <= lineBytes / 2) {
            flow.heldBack = false;
            if (wantsOutput(flow))
                makeReady(flow);
        }
    }
    if (!m_someHeldBack || m_heldToGuest.size() + m_out.size() > heldPacketLimit / 2 ||
        m_heldToGuestBytes > heldByteLimit / 2)
        return;
    m_someHeldBack = false;
    for (auto &[other, flow] : m_byId)
        if (wantsOutput(*flow))
            makeReady(*flow);
}

// ---- Waiting packets
// -------------------------------------------------------------------------------------------

void Device::releaseHeld() {
    const std::int64_t now = m_clock.now();
    while (!m_heldToGuest.empty() && m_heldToGuest.begin()->first <= now) {
        m_out.push_back(std::move(m_heldToGuest.begin()->second));
        m_heldToGuest.erase(m_heldToGuest.begin());
    }
    bool received = false;
    while (!m_heldFromGuest.empty() && m_heldFromGuest.begin()->first <= now) {
        const Waiting packet = std::move(m_heldFromGuest.begin()->second);
        m_heldFromGuest.erase(m_heldFromGuest.begin());
        m_heldFromGuestBytes -= packet.payload.size();
        const auto line = m_lines.find(keyOf(packet.header, VSOCK_FROM_GUEST));
        if (line != m_lines.end()) {
            line->second.bytes -= packet.payload.size();
            if (--line->second.packets == 0)
                m_lines.erase(line);
        }
        const std::array<Bytes, 1> pieces{Bytes(packet.payload)};
        process(packet.header, std::span(pieces).first(packet.payload.empty() ? 0 : 1));
        received = true;
    }
    if (received)
        writeDirty();
    armHeld();
    if (!m_out.empty())
        m_callbacks.work(m_callbacks.opaque);
}

void Device::armHeld() {
    std::int64_t next = -1;
    if (!m_heldToGuest.empty())
        next = m_heldToGuest.begin()->first;
    if (!m_heldFromGuest.empty() && (next < 0 || m_heldFromGuest.begin()->first < next))
        next = m_heldFromGuest.begin()->first;
    if (next == m_heldTime && m_heldTimer != 0 && next >= 0)
        return;
    m_timers.cancel(std::exchange(m_heldTimer, 0));
    m_heldTime = next;
    if (next >= 0)
        m_heldTimer = m_timers.start(next - m_clock.now(), [this] {
            m_heldTimer = 0;
            releaseHeld();
            purge();
        });
}

// The flow has ended: what it had for the guest is void. What the guest sent goes on and finds no flow.
void Device::dropHeld(std::uint64_t id) {
    if (m_heldToGuest.empty() && m_out.empty())
        return;
    std::size_t packets = 0, bytes = 0;
    const auto isOfFlow = [&](const Waiting &packet) {
        if (packet.flow != id)
            return false;
        ++packets;
        bytes += packet.payload.size();
        return true;
    };
    std::erase_if(m_heldToGuest, [&](const auto &entry) { return isOfFlow(entry.second); });
    std::erase_if(m_out, isOfFlow);
    if (packets != 0)
        heldLess(id, packets, bytes);
}

void Device::releaseRules() {
    const auto gone = [this](std::uint32_t rule) { return rule != 0 && m_faults.find(rule) == nullptr; };
    std::erase_if(m_blackholes, [&](const auto &entry) { return gone(entry.second.rule); });
    for (auto &[key, flow] : m_flows) {
        if (gone(flow->frozenToGuest))
            flow->frozenToGuest = 0;
        if (gone(flow->frozenFromGuest)) {
            flow->frozenFromGuest = 0;
            flow->sendCreditUpdate = flow->state == VSOCK_ESTABLISHED;
        }
        if (wantsOutput(*flow))
            makeReady(*flow);
    }
}

} // namespace nitroscope::vsock
