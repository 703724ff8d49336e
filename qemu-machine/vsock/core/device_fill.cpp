// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packets for the guest. They are made when there is a buffer to put them in: data is read from the host
// straight into the guest's buffers, several of them with one call, and never queued here.
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/capture/core/format.h"
#include "qemu-machine/vsock/core/device.hpp"

#include <algorithm>

namespace nitroscope::vsock {

namespace {

// Copies `bytes` to `offset` of the buffer.
void scatter(std::span<const WritableBytes> pieces, std::size_t offset, Bytes bytes) {
    for (const WritableBytes &piece : pieces) {
        if (offset >= piece.size()) {
            offset -= piece.size();
            continue;
        }
        const std::size_t count = std::min(bytes.size(), piece.size() - offset);
        std::copy_n(bytes.begin(), count, piece.begin() + static_cast<std::ptrdiff_t>(offset));
        bytes = bytes.subspan(count);
        offset = 0;
        if (bytes.empty())
            return;
    }
}

// The `size` bytes at `offset` of the buffer, appended to `out`.
template <class Out>
void slice(std::span<const WritableBytes> pieces, std::size_t offset, std::size_t size, Out &out) {
    for (const WritableBytes &piece : pieces) {
        if (size == 0)
            return;
        if (offset >= piece.size()) {
            offset -= piece.size();
            continue;
        }
        const std::size_t count = std::min(size, piece.size() - offset);
        out.push_back(piece.subspan(offset, count));
        size -= count;
        offset = 0;
    }
}

} // namespace

void Device::makeReady(Flow &flow) noexcept {
    if (!flow.ready && !flow.dead())
        guarded([&] { m_ready.push_back(&flow), flow.ready = true; }, [&] { breakOff(flow); });
    m_callbacks.work(m_callbacks.opaque);
}

bool Device::wantsBuffers() const {
    return !m_gate &&
           (m_someBroken || !m_resets.empty() || !m_out.empty() || !m_ready.empty() || !m_marked.empty());
}

bool Device::wantsOutput(const Flow &flow) const {
    if (flow.dead() || isHeldBack(flow))
        return false;
    if (flow.sendRequest || flow.sendResponse || flow.sendCreditUpdate || flow.askForCredit ||
        flow.sendShutdown != 0)
        return true;
    return flow.mayRead && flow.state == VSOCK_ESTABLISHED && flow.frozenToGuest == 0 &&
           flow.send.window(flow.messagePackets) != 0;
}

std::size_t Device::fill(std::span<RxBuffer> buffers) {
    turn();
    std::size_t used = 0;
    std::size_t idle = 0; // flows in a row that had nothing after all
    while (used < buffers.size() && !m_gate) {
        RxBuffer &buffer = buffers[used];
        if (totalBytes(buffer.pieces) < headerBytes) {
            buffer.used = 0;
            ++used;
            receiveBroken("a buffer for received packets that is shorter than a header");
        } else if (!m_resets.empty() || !m_out.empty()) {
            used += deliverWaiting(buffer);
        } else if (!m_ready.empty() && idle <= m_ready.size()) {
            Flow &flow = *m_ready.front();
            m_ready.pop_front();
            flow.ready = false;
            m_working = &flow;
            const std::size_t count = flow.dead() ? 0 : produce(flow, buffers.subspan(used));
            used += count;
            idle = count != 0 ? 0 : idle + 1;
            if (wantsOutput(flow))
                makeReady(flow);
        } else {
            break;
        }
    }
    purge();
    if (used < buffers.size() && wantsBuffers())
        m_callbacks.work(m_callbacks.opaque); // somebody's packets were held or lost on purpose: go on later
    return used;
}

std::size_t Device::produce(Flow &flow, std::span<RxBuffer> buffers) {
    if (isHeldBack(flow))
        return 0;
    std::size_t used = 0;
    Header header;
    const auto control = [&] {
        while (used < buffers.size() && !flow.dead() && nextControl(flow, header))
            used += sendControl(flow, header, buffers[used]);
    };
    if (flow.sendRequest || flow.sendResponse)
        control();
    if (used < buffers.size() && !flow.dead() && flow.mayRead && flow.state == VSOCK_ESTABLISHED &&
        flow.frozenToGuest == 0)
        used += produceData(flow, buffers.subspan(used));
    if (!flow.dead() && flow.mayRead && flow.state == VSOCK_ESTABLISHED && flow.frozenToGuest == 0 &&
        flow.send.window(flow.messagePackets) == 0)
        noCredit(flow);
    control();
    return used;
}

bool Device::nextControl(Flow &flow, Header &header) {
    if (std::exchange(flow.sendRequest, false))
        header = headerFor(flow, Op::request);
    else if (std::exchange(flow.sendResponse, false))
        header = headerFor(flow, Op::response);
    else if (flow.sendShutdown != 0)
        header = headerFor(flow, Op::shutdown, 0, std::exchange(flow.sendShutdown, 0));
    else if (std::exchange(flow.sendCreditUpdate, false))
        header = headerFor(flow, Op::creditUpdate);
    else if (std::exchange(flow.askForCredit, false))
        header = headerFor(flow, Op::creditRequest);
    else
        return false;
    return true;
}

Header Device::headerFor(Flow &flow, Op op, std::uint32_t length, std::uint32_t flags) {
    Header header;
    header.source = {flow.key.peerCid, flow.key.peerPort};
    header.destination = {m_guestCid, flow.key.guestPort};
    header.length = length;
    header.type = flow.key.type;
    header.op = op;
    header.flags = flags;
    header.bufAlloc = flow.receive.bufAlloc();
    header.fwdCnt = flow.frozenFromGuest != 0 ? flow.receive.announcedCount() : flow.receive.announce();
    return header;
}

std::size_t Device::produceData(Flow &flow, std::span<RxBuffer> buffers) {
    if (totalBytes(buffers.front().pieces) == headerBytes) {
        buffers.front().used = 0; // no room for data: the guest sees an empty buffer come back
        return 1;
    }
    if (judging(&flow))
        return produceJudgedData(flow, buffers.front());

    m_pieces.clear();
    m_plan.clear();
    std::uint32_t planned = 0;
    const bool seqpacket = flow.kind() == Kind::seqpacket;
    for (const RxBuffer &buffer : buffers) {
        const std::size_t bytes = totalBytes(buffer.pieces);
        if (bytes <= headerBytes || planned >= readQuantum)
            break;
        const std::size_t own = seqpacket ? flow.messagePackets + m_plan.size() : 0;
        const std::size_t take =
            std::min<std::size_t>({bytes - headerBytes, maxPayload, readQuantum - planned,
                                   flow.send.window(own, planned, m_plan.size())});
        if (take == 0)
            break;
        slice(buffer.pieces, headerBytes, take, m_pieces);
        m_plan.push_back(static_cast<std::uint32_t>(take));
        planned += static_cast<std::uint32_t>(take);
    }
    if (planned == 0) {
        noCredit(flow);
        return 0;
    }
    hasCredit(flow);
    const ReadResult result = flow.end->read(m_pieces);
    std::size_t left = std::min<std::size_t>(result.bytes, planned);
    std::size_t used = 0;
    while (left != 0) {
        RxBuffer &buffer = buffers[used];
        const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(left, m_plan[used]));
        left -= count;
        const bool last = left == 0 && result.endOfMessage;
        const Header header = headerFor(flow, Op::rw, count, seqpacket && last ? endOfMessage : 0);
        flow.sendCreditUpdate = false; // told with this packet
        const HeaderBytes bytes = header.encode();
        scatter(buffer.pieces, 0, bytes);
        buffer.used = headerBytes + count;
        ++used;
        flow.sentToGuest.count(header);
        account(flow, header);
        if (m_callbacks.packet != nullptr) {
            std::vector<Bytes> &payload = m_seenPieces;
            payload.clear();
            slice(buffer.pieces, headerBytes, count, payload);
            observe(bytes, payload, {VSOCK_TO_GUEST, flow.id, 0, 0, {}});
        }
    }
    afterRead(flow, result);
    return used;
}

// What a read means beyond its bytes.
void Device::afterRead(Flow &flow, const ReadResult &result) {
    if (flow.dead())
        return;
    if (result.endOfMessage)
        flow.messageBytes = 0, flow.messagePackets = 0;
    switch (result.status) {
    case ReadStatus::more:
        break;
    case ReadStatus::wouldBlock:
        flow.mayRead = false;
        break;
    default:
        hostEnded(flow, result.status);
    }
}

// Counts a packet that is on its way to the guest.
void Device::account(Flow &flow, const Header &header) {
    flow.last = m_clock.now();
    ++flow.packetsToGuest;
    ++m_counters.packets_to_guest;
    if (header.op != Op::rw)
        return;
    flow.send.sent(header.length);
    flow.bytesToGuest += header.length;
    m_counters.bytes_to_guest += header.length;
    if (flow.kind() == Kind::seqpacket) {
        flow.messageBytes += header.length;
        ++flow.messagePackets;
    }
}

void Device::noCredit(Flow &flow) {
    // The guest hands over whole messages only: when nothing else is under way, it never makes room for the
    // rest.
    if (flow.messageBytes != 0 && flow.send.underWay() == flow.messageBytes)
        return finish(flow, Reason::messageTooLong, Answer::reset, Close::abort);
    if (!flow.inStall) {
        flow.inStall = true;
        flow.stallStart = m_clock.now();
        ++flow.stalls;
    }
    // Linux tells by itself, but asking once costs little, and other guests may wait for it.
    if (!std::exchange(flow.creditAsked, true))
        flow.askForCredit = true;
}

void Device::hasCredit(Flow &flow) {
    flow.creditAsked = false;
    if (std::exchange(flow.inStall, false))
        flow.stalled += m_clock.now() - flow.stallStart;
}

void Device::writePacket(RxBuffer &buffer, const Header &header, Bytes payload) {
    const HeaderBytes bytes = header.encode();
    scatter(buffer.pieces, 0, bytes);
    scatter(buffer.pieces, headerBytes, payload);
    buffer.used = headerBytes + payload.size();
}

// The oldest packet that only waits for a buffer.
std::size_t Device::deliverWaiting(RxBuffer &buffer) {
    std::deque<Waiting> &queue = m_resets.empty() ? m_out : m_resets;
    const auto owner = m_byId.find(queue.front().flow);
    m_working = owner != m_byId.end() ? owner->second : nullptr;
    if (!queue.front().judged && judging(nullptr)) {
        Waiting packet = std::move(queue.front());
        queue.pop_front();
        if (!judgeReset(packet))
            return 0;
        queue.push_front(std::move(packet));
    }
    Waiting &packet = queue.front();
    const std::size_t room = totalBytes(buffer.pieces) - headerBytes;
    Header header = packet.header;
    Bytes payload = packet.payload;
    const bool rest = payload.size() > room;
    if (rest) {
        if (room == 0) {
            buffer.used = 0;
            return 1;
        }
        payload = payload.first(room);
        header.length = static_cast<std::uint32_t>(room);
        header.flags &= ~(endOfMessage | endOfRecord);
    }
    writePacket(buffer, header, payload);
    const bool reset = header.op == Op::rst && packet.reason != Reason::none;
    if (reset)
        ++m_counters.packets_to_guest;
    std::string note = packet.note;
    if (note.empty() && reset)
        note = std::string("reset: ") + reasonName(packet.reason);
    const std::array<Bytes, 1> pieces{payload};
    observe(header.encode(), std::span(pieces).first(payload.empty() ? 0 : 1),
            {VSOCK_TO_GUEST, packet.flow, packet.verdict, packet.rule, std::move(note)});
    delivered(packet.flow, header);
    const std::uint64_t flow = packet.flow;
    const std::size_t bytes = payload.size();
    if (rest) {
        packet.payload.erase(packet.payload.begin(),
                             packet.payload.begin() + static_cast<std::ptrdiff_t>(room));
        packet.header.length -= static_cast<std::uint32_t>(room);
    } else {
        queue.pop_front();
    }
    heldLess(flow, rest ? 0 : 1, bytes);
    return 1;
}

// The guest has the packet: deadlines start.
void Device::delivered(std::uint64_t id, const Header &header) {
    if (header.op != Op::request && header.op != Op::shutdown)
        return;
    const auto found = m_byId.find(id);
    if (found == m_byId.end())
        return;
    Flow &flow = *found->second;
    if (header.op == Op::request && flow.state == VSOCK_REQUESTED) {
        flow.requestDelivered = true;
        flow.asked = m_clock.now();
        startTimer(flow, guestAnswerLimit, &Device::guestExpired);
    } else if (flow.state == VSOCK_CLOSING && header.flags == shutdownBoth) {
        startTimer(flow, closeLimit, &Device::closeExpired);
    }
}

void Device::observe(const HeaderBytes &header, std::span<const Bytes> payload, const Seen &seen) {
    if (m_callbacks.packet == nullptr)
        return;
    m_seenAbi.clear();
    for (const Bytes &piece : payload)
        m_seenAbi.push_back({const_cast<std::byte *>(piece.data()), piece.size()});
    VsockPacket packet{};
    packet.direction = seen.direction;
    std::copy_n(reinterpret_cast<const std::uint8_t *>(header.data()), header.size(), packet.header);
    packet.payload = m_seenAbi.data();
    packet.pieces = m_seenAbi.size();
    packet.flow = seen.flow;
    packet.verdict = seen.verdict;
    packet.rule = seen.rule;
    packet.note = seen.note.empty() ? nullptr : seen.note.c_str();
    m_callbacks.packet(m_callbacks.opaque, &packet);
}

} // namespace nitroscope::vsock
