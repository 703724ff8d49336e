// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host's ends: their events, bytes to them, and how a flow comes to its end.
//
//   the host ...                     the guest gets            then
//   shuts down its sending           SHUTDOWN(SEND)            guest → host goes on
//   closes                           SHUTDOWN(RECEIVE | SEND)  RST of the guest within 8 s, or ours
//   shuts down its receiving         SHUTDOWN(RECEIVE)         host → guest goes on; bytes for the host are
//   dropped breaks, or leaves data unread    RST the guest ...                    the host gets
//   SHUTDOWN(SEND)                   end of data, after all data
//   SHUTDOWN(RECEIVE)                an error when it writes
//   both                             all data, close           RST to the guest, after 8 s at the latest
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/vsock/core/device.hpp"

namespace nitroscope::vsock {

void Device::marked(Flow &flow) noexcept {
    if (!flow.marked && !flow.dead())
        guarded([&] { m_marked.push_back(&flow), flow.marked = true; }, [&] { breakOff(flow); });
    m_callbacks.work(m_callbacks.opaque);
}

void Device::turn() {
    if (m_someBroken)
        endBroken();
    // An event may cause others; those wait for the next turn.
    const std::vector<Flow *> flows = std::exchange(m_marked, {});
    for (Flow *flow : flows) {
        flow->marked = false;
        m_working = flow;
        if (!flow->dead())
            guarded([&] { takeEvents(*flow); }, [this] { outOfMemory(); });
    }
    purge();
}

void Device::outOfMemory() noexcept {
    if (m_counters.out_of_memory++ == 0 && m_callbacks.notice != nullptr)
        m_callbacks.notice(m_callbacks.opaque, VSOCK_TROUBLE, "memory ran out: connections are ended");
    if (Flow *flow = std::exchange(m_working, nullptr); flow != nullptr)
        breakOff(*flow);
    m_callbacks.work(m_callbacks.opaque);
}

void Device::breakOff(Flow &flow) noexcept {
    flow.broken = true;
    m_someBroken = true;
}

void Device::endBroken() {
    for (auto next = m_byId.begin(); next != m_byId.end();) {
        Flow &flow = *(next++)->second;
        if (flow.broken)
            finish(flow, Reason::outOfMemory, flow.state == VSOCK_LINGERING ? Answer::silence : Answer::reset,
                   Close::abort);
    }
    m_someBroken = false;
}

void Device::takeEvents(Flow &flow) {
    const Reason failure = flow.takeFailure();
    const Reason gone = flow.takeGone();
    const bool toldGuest = flow.guestDialed ? flow.state != VSOCK_LINGERING : flow.requestDelivered;
    const Answer answer = toldGuest ? Answer::reset : Answer::silence;
    if (failure != Reason::none)
        return finish(flow, failure, answer, Close::abort);
    if (gone == Reason::hostReset)
        return finish(flow, gone, flow.state == VSOCK_LINGERING ? Answer::silence : answer, Close::abort);
    if (flow.takeConnected() && flow.state == VSOCK_CONNECTING) {
        flow.sendResponse = true;
        establish(flow);
    }
    if (gone != Reason::none) {
        if (flow.state == VSOCK_REQUESTED)
            return finish(flow, Reason::cancelled, answer, Close::abort);
        if (flow.state == VSOCK_CONNECTING)
            return finish(flow, Reason::hostReset, Answer::reset, Close::abort);
        if (flow.state == VSOCK_LINGERING)
            return finish(flow, Reason::hostClosed, Answer::silence, Close::abort);
        dropBytesForHost(flow);
        if (flow.guestReceiveShut || flow.hostSendShut)
            return hostEnded(flow, ReadStatus::closed);
        flow.mayRead = true; // what it sent before comes first
        makeReady(flow);
    }
    if (flow.takeWritable())
        writeOut(flow);
    if (flow.takeReadable() && !flow.dead() && !flow.guestReceiveShut && !flow.hostSendShut &&
        flow.state == VSOCK_ESTABLISHED) {
        flow.mayRead = true;
        makeReady(flow);
    }
}

void Device::writeOut(Flow &flow) {
    const bool stream = flow.kind() == Kind::stream;
    std::size_t writes = 0;
    while (flow.end != nullptr && flow.hasBytesForHost()) {
        if (writes++ == writeQuantum) {
            flow.writable(); // the rest in the next turn: there may be a message in each byte
            break;
        }
        const std::size_t offered = stream ? flow.toHost.size() : flow.messages.front();
        const auto parts = flow.toHost.front(offered);
        const WriteResult result = flow.end->write(std::span(parts).first(parts[1].empty() ? 1 : 2));
        const std::size_t taken = std::min(result.bytes, offered);
        flow.toHost.drop(taken);
        flow.receive.passedOn(static_cast<std::uint32_t>(taken));
        if (taken == offered && !stream)
            flow.messages.pop();
        if (!handleWrite(flow, result))
            return;
        if (taken != 0 && flow.state == VSOCK_LINGERING)
            flow.last = m_clock.now();
        if (taken < offered)
            break; // writable() will come
    }
    afterWriting(flow);
}

// False: the host takes nothing more.
bool Device::handleWrite(Flow &flow, const WriteResult &result) {
    switch (result.status) {
    case WriteStatus::taken:
        return true;
    case WriteStatus::tooLong:
        finish(flow, Reason::messageTooLong, flow.state == VSOCK_LINGERING ? Answer::silence : Answer::reset,
               Close::abort);
        return false;
    case WriteStatus::receiveClosed:
        hostStoppedReading(flow);
        return false;
    case WriteStatus::reset:
        break;
    }
    // It may have sent something before it went.
    if (flow.state == VSOCK_ESTABLISHED && !flow.guestReceiveShut && !flow.hostSendShut) {
        hostStoppedReading(flow);
        if (!flow.dead() && flow.state == VSOCK_ESTABLISHED) {
            flow.mayRead = true;
            makeReady(flow);
        }
    } else {
        finish(flow, Reason::hostReset, flow.state == VSOCK_LINGERING ? Answer::silence : Answer::reset,
               Close::abort);
    }
    return false;
}

void Device::dropBytesForHost(Flow &flow) {
    flow.hostReceiveShut = true;
    flow.toHost.clear();
    flow.messages.clear();
    flow.partialMessage = 0;
    flow.receive.passedOn(flow.receive.held());
}

void Device::hostStoppedReading(Flow &flow) {
    dropBytesForHost(flow);
    if (flow.state == VSOCK_LINGERING)
        return finish(flow, Reason::hostReset, Answer::silence, Close::abort);
    if (flow.hostSendShut)
        return beginClosing(flow, Reason::hostClosed);
    if (flow.guestSendShut)
        return afterWriting(flow);
    flow.sendShutdown |= shutdownReceive;
    makeReady(flow);
}

// What is due once bytes have gone to the host.
void Device::afterWriting(Flow &flow) {
    if (flow.dead() || flow.end == nullptr)
        return;
    if (flow.state == VSOCK_LINGERING) {
        if (!flow.hasBytesForHost())
            finish(flow, Reason::guestClosed, Answer::silence, Close::orderly);
        return;
    }
    if (flow.guestSendShut && !flow.hasBytesForHost()) {
        if (flow.guestReceiveShut)
            return finish(flow, Reason::guestClosed, Answer::reset, Close::orderly);
        if (!std::exchange(flow.endTold, true)) {
            flow.end->endOfGuestData();
            if (flow.hostSendShut)
                return beginClosing(flow, Reason::guestClosed);
        }
        return; // it sends no more and needs no credit
    }
    tellCreditWhenDue(flow);
}

void Device::tellCreditWhenDue(Flow &flow) {
    if (!flow.guestSendShut && flow.frozenFromGuest == 0 && flow.receive.updateDue(flow.send.bufAlloc())) {
        flow.sendCreditUpdate = true;
        makeReady(flow);
    }
}

// read() said that there will be nothing more.
void Device::hostEnded(Flow &flow, ReadStatus status) {
    flow.mayRead = false;
    hasCredit(flow);
    if (status == ReadStatus::reset)
        return finish(flow, Reason::hostReset, Answer::reset, Close::abort);
    flow.hostSendShut = true;
    if (status == ReadStatus::closed) {
        dropBytesForHost(flow);
        return beginClosing(flow, Reason::hostClosed);
    }
    if (flow.hostReceiveShut || (flow.guestSendShut && flow.endTold))
        return beginClosing(flow, Reason::hostClosed);
    flow.sendShutdown |= shutdownSend;
    makeReady(flow);
}

// Both directions are over as far as the host is concerned.
void Device::beginClosing(Flow &flow, Reason reason) {
    if (flow.guestSendShut && flow.guestReceiveShut)
        return finish(flow, reason, Answer::reset, Close::orderly); // the guest waits for RST
    stopTimer(flow);
    flow.mayRead = false;
    flow.reason = reason;
    flow.state = VSOCK_CLOSING;
    flow.sendCreditUpdate = flow.askForCredit = false;
    flow.sendShutdown = shutdownBoth;
    std::unique_ptr<HostEnd> end = std::move(flow.end);
    end->close(Close::orderly, reason);
    makeReady(flow);
}

} // namespace nitroscope::vsock
