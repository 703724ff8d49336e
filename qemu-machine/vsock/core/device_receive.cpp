// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packets of the guest. What each operation means in each state:
//
//   operation  unknown   connecting  requested    established      closing
//   REQUEST    start     RST, end    RST, end     RST, end         start anew
//   RESPONSE   RST       RST, end    established  ignored          ignored
//   RST        dropped   end         end          end              end
//   RW         RST       RST, end    RST, end     data             RST, end
//   SHUTDOWN   RST       RST, end    RST, end     half-close       RST, end
//   CREDIT_*   RST       credit      ignored      credit, answer   ignored
//   any other  RST       RST, end    RST, end     RST, end         ignored
//
// An RST is never answered: that would hit a later connection with the same ports. A wrong source CID is
// dropped: the guest must not speak for others. Whatever else is wrong is answered with RST, so that the
// guest does not wait.
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/capture/core/format.h"
#include "qemu-machine/vsock/core/device.hpp"

namespace nitroscope::vsock {

void Device::receive(const HeaderBytes &bytes, std::span<const Bytes> pieces) {
    Header header = Header::decode(bytes);
    const FlowKey key = keyOf(header);
    Flow *flow = find(key);
    ++m_counters.packets_from_guest;
    // Buffers may be longer than the packet.
    std::size_t left = header.length;
    std::vector<Bytes> cut;
    std::size_t count = 0;
    while (count < pieces.size() && left >= pieces[count].size())
        left -= pieces[count++].size();
    if (left != 0 && count < pieces.size()) {
        cut.assign(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(count) + 1);
        cut.back() = cut.back().first(left);
        pieces = cut;
        left = 0;
    } else {
        pieces = pieces.first(count);
    }

    if (left != 0 || header.source.cid != m_guestCid) {
        observe(bytes, pieces, {VSOCK_FROM_GUEST, 0, NITRO_CAPTURE_MALFORMED, 0, {}});
        guestError(header, left != 0 ? "the payload is shorter than the header says"
                                     : "the source CID is not its own");
        if (header.source.cid == m_guestCid && header.op != Op::rst) {
            if (flow != nullptr)
                finish(*flow, Reason::protocolError, Answer::reset, Close::abort);
            else
                refuse(header, Reason::protocolError);
        }
        return purge();
    }
    if (judging(flow) || !m_lines.empty() || !m_blackholes.empty()) {
        judgeReceived(header, pieces);
    } else {
        if (m_callbacks.packet != nullptr)
            observe(bytes, pieces, {VSOCK_FROM_GUEST, flowIdOf(header, flow), 0, 0, {}});
        if (flow != nullptr)
            flow->sentFromGuest.count(header);
        process(header, pieces);
    }
    purge();
}

void Device::receiveBroken(const char *what) {
    ++m_counters.packets_from_guest;
    guestError(Header{}, what);
}

void Device::process(const Header &header, std::span<const Bytes> payload) {
    const FlowKey key = keyOf(header);
    Flow *flow = find(key);
    m_working = flow;
    if (flow == nullptr)
        return processUnknown(header, key);
    flow->last = m_clock.now();
    ++flow->packetsFromGuest;
    flow->send.update(header.bufAlloc, header.fwdCnt);
    switch (flow->state) {
    case VSOCK_CONNECTING:
        processConnecting(*flow, header);
        break;
    case VSOCK_REQUESTED:
        processRequested(*flow, header);
        break;
    case VSOCK_CLOSING:
        processClosing(*flow, header);
        break;
    default:
        processEstablished(*flow, header, payload);
        break;
    }
    if (!flow->dead())
        creditArrived(*flow);
}

bool Device::isAcceptable(Kind kind) const {
    return kind == Kind::stream || (kind == Kind::seqpacket && m_seqpacket);
}

// What is told of a packet before it is processed: a REQUEST has the id of the flow that it is about to
// start.
std::uint64_t Device::flowIdOf(const Header &header, const Flow *flow) {
    if (flow != nullptr)
        return flow->id;
    const bool starts = header.op == Op::request && isAcceptable(static_cast<Kind>(header.type)) &&
                        m_host != nullptr && m_byId.size() < m_flowLimit && isParent(header.destination.cid);
    return starts ? m_lastFlow + 1 : 0;
}

void Device::processUnknown(const Header &header, const FlowKey &key) {
    if (header.op == Op::rst) {
        ++m_counters.ignored;
        return;
    }
    if (!isAcceptable(static_cast<Kind>(header.type))) {
        guestError(header, "a socket type that was not negotiated");
        return refuse(header, Reason::badType);
    }
    if (!isParent(key.peerCid))
        return refuse(header, Reason::unknownCid);
    if (header.op != Op::request)
        return refuse(header, Reason::unknownFlow);
    startFlow(header);
}

void Device::processConnecting(Flow &flow, const Header &header) {
    switch (header.op) {
    case Op::rst:
        return finish(flow, Reason::guestReset, Answer::silence, Close::abort);
    case Op::creditUpdate:
    case Op::creditRequest:
        return; // counted; the RESPONSE will carry our side
    case Op::shutdown:
        return finish(flow, Reason::guestClosed, Answer::reset, Close::abort);
    default:
        guestError(header, "the connection is not established");
        return finish(flow, Reason::protocolError, Answer::reset, Close::abort);
    }
}

void Device::processRequested(Flow &flow, const Header &header) {
    switch (header.op) {
    case Op::response:
        // Before the REQUEST was delivered this would be a guess.
        if (!flow.requestDelivered)
            break;
        establish(flow);
        flow.end->accepted();
        return;
    case Op::rst:
        return finish(flow, Reason::refusedByGuest, Answer::silence, Close::abort);
    case Op::creditUpdate:
    case Op::creditRequest:
        ++m_counters.ignored;
        return;
    case Op::shutdown:
        return finish(flow, Reason::guestClosed, Answer::reset, Close::abort);
    default:
        break;
    }
    guestError(header, "the connection is not established");
    finish(flow, Reason::protocolError, Answer::reset, Close::abort);
}

void Device::processEstablished(Flow &flow, const Header &header, std::span<const Bytes> payload) {
    switch (header.op) {
    case Op::rw:
        return takeData(flow, header, payload);
    case Op::shutdown:
        return takeShutdown(flow, header.flags);
    case Op::rst:
        // Linux sends this on its own when it has waited 8 s for ours: then what it sent before is still
        // good.
        if (flow.guestSendShut && flow.hasBytesForHost())
            return linger(flow);
        return finish(flow, flow.guestSendShut ? Reason::guestClosed : Reason::guestReset, Answer::silence,
                      flow.guestSendShut ? Close::orderly : Close::abort);
    case Op::creditRequest:
        flow.sendCreditUpdate = true;
        return makeReady(flow);
    case Op::creditUpdate:
        return tellCreditWhenDue(flow); // its buffer may have become smaller
    case Op::response:
        ++m_counters.ignored;
        return;
    default:
        guestError(header, "not allowed in an established connection");
        return finish(flow, Reason::protocolError, Answer::reset, Close::abort);
    }
}

// SHUTDOWN of both directions is on its way to the guest, or there already.
void Device::processClosing(Flow &flow, const Header &header) {
    switch (header.op) {
    case Op::rst:
        return finish(flow, flow.reason, Answer::silence, Close::orderly);
    case Op::request:
        // The guest has forgotten the old connection: its RST got lost in a reset, say.
        finish(flow, flow.reason, Answer::silence, Close::orderly);
        return processUnknown(header, flow.key);
    case Op::rw:
    case Op::shutdown:
        // A guest that closes at the same time ignores our SHUTDOWN and waits for RST.
        return finish(flow, flow.reason, Answer::reset, Close::orderly);
    default:
        ++m_counters.ignored;
    }
}

void Device::takeData(Flow &flow, const Header &header, std::span<const Bytes> payload) {
    if (flow.guestSendShut) {
        guestError(header, "data after the end of data");
        return finish(flow, Reason::protocolError, Answer::reset, Close::abort);
    }
    // A message without bytes does not exist (host.hpp), and no credit would bound how many of them wait.
    if (header.length == 0 && flow.partialMessage == 0) {
        ++m_counters.ignored;
        return;
    }
    if (!flow.receive.received(header.length)) {
        guestError(header, "more data than the credit allows");
        return finish(flow, Reason::creditOverrun, Answer::reset, Close::abort);
    }
    flow.bytesFromGuest += header.length;
    m_counters.bytes_from_guest += header.length;
    if (flow.hostReceiveShut) {
        flow.receive.passedOn(header.length);
        return afterWriting(flow);
    }
    const bool stream = flow.kind() == Kind::stream;
    const bool whole = stream || (header.flags & endOfMessage) != 0;
    if (header.length >= directWrite && flow.toHost.empty() && whole) {
        // From the guest's memory to the host without a copy.
        const WriteResult result = flow.end->write(payload);
        flow.receive.passedOn(static_cast<std::uint32_t>(result.bytes));
        if (!handleWrite(flow, result))
            return;
        std::size_t skip = result.bytes;
        for (const Bytes &piece : payload) {
            const std::size_t taken = std::min(skip, piece.size());
            skip -= taken;
            if (taken < piece.size())
                flow.toHost.append(piece.subspan(taken));
        }
        if (!stream && result.bytes == 0)
            flow.messages.push(header.length);
        return afterWriting(flow);
    }
    for (const Bytes &piece : payload)
        flow.toHost.append(piece);
    if (!stream) {
        flow.partialMessage += header.length;
        if (whole)
            flow.messages.push(std::exchange(flow.partialMessage, 0));
        else if (flow.partialMessage >= flow.receive.bufAlloc())
            // It can never become whole: the guest has no credit left.
            return finish(flow, Reason::messageTooLong, Answer::reset, Close::abort);
    }
    if (!flow.dirty) {
        m_dirty.push_back(&flow);
        flow.dirty = true;
    }
}

void Device::endOfBatch() {
    writeDirty();
    purge();
}

void Device::writeDirty() {
    for (std::size_t i = 0; i < m_dirty.size(); ++i) {
        Flow &flow = *m_dirty[i];
        flow.dirty = false;
        m_working = &flow;
        if (!flow.dead())
            guarded([&] { writeOut(flow); }, [this] { outOfMemory(); });
    }
    m_dirty.clear();
}

void Device::takeShutdown(Flow &flow, std::uint32_t flags) {
    if ((flags & shutdownSend) != 0)
        flow.guestSendShut = true;
    if ((flags & shutdownReceive) != 0 && !flow.guestReceiveShut) {
        flow.guestReceiveShut = true;
        flow.mayRead = false;
        hasCredit(flow);
        if (!flow.guestSendShut)
            flow.end->guestStoppedReading();
    }
    writeOut(flow);
    if (!flow.dead() && flow.guestSendShut && flow.guestReceiveShut && flow.timer == 0)
        startTimer(flow, closeLimit, &Device::closeExpired);
}

void Device::creditArrived(Flow &flow) {
    if (flow.mayRead && flow.state == VSOCK_ESTABLISHED && flow.send.window(flow.messagePackets) != 0)
        makeReady(flow);
}

} // namespace nitroscope::vsock
