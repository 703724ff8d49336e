// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/vsock_moment.hpp"

namespace nitroscope::app {
namespace {

// A flow that goes on after the moment, before any of its packets.
void rewind(VsockFlow &flow) {
    flow.state = VsockFlow::State::connecting;
    flow.isOver = flow.isStalled = false;
    flow.reason.clear();
    flow.shutdowns = 0;
    flow.buffered = 0;
    flow.lastNs = flow.firstNs;
    flow.bytesFromGuest = flow.bytesToGuest = 0;
    flow.packets = 0;
    flow.endOffset = 0;
}

void take(VsockFlow &flow, const VsockPacket &packet) {
    ++flow.packets;
    flow.lastNs = packet.hostNs;
    if (packet.operation == VSOCK_OP_RESPONSE)
        flow.state = VsockFlow::State::open;
    if (packet.operation == VSOCK_OP_SHUTDOWN)
        flow.state = VsockFlow::State::closing;
    if (packet.operation == VSOCK_OP_RW && packet.verdict != pcapng::Verdict::dropped)
        (packet.fromGuest ? flow.bytesFromGuest : flow.bytesToGuest) += packet.length;
}

} // namespace

std::vector<VsockFlow> flowsAt(const VsockAccount &account, const RunMoment &moment) {
    std::vector<VsockFlow> flows = account.flows();
    std::vector<bool> goesOn(flows.size());
    for (size_t i = 0; i < flows.size(); ++i) {
        goesOn[i] = !flows[i].isOver || moment.isBefore(flows[i].endOffset);
        if (goesOn[i])
            rewind(flows[i]);
    }
    for (const VsockPacket &packet : account.packets()) {
        if (moment.isBefore(packet.payloadOffset))
            break;
        if (const auto flow = static_cast<size_t>(packet.flow); packet.flow >= 0 && goesOn[flow])
            take(flows[flow], packet);
    }
    return flows;
}

} // namespace nitroscope::app
