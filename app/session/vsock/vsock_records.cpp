// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/vsock/vsock_records.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr size_t maxBins = 36'000; // an hour

quint64 number(const pcapng::MachineRecord &machine, const char *key) {
    return machine.fields.value(QLatin1String(key)).toULongLong();
}

} // namespace

QString flowStateText(VsockFlow::State state) {
    switch (state) {
    case VsockFlow::State::connecting:
        return u"connecting"_s;
    case VsockFlow::State::open:
        return u"open"_s;
    case VsockFlow::State::closing:
        return u"half-closed"_s;
    case VsockFlow::State::closed:
        return u"closed"_s;
    case VsockFlow::State::reset:
        return u"reset"_s;
    case VsockFlow::State::refused:
        return u"refused"_s;
    }
    return {};
}

QString serviceName(const VsockFlow &flow) {
    if (flow.guestDialed && flow.peerPort == 9000)
        return u"heartbeat"_s; // AWS's init waits for its answer
    if (flow.guestDialed && flow.peerPort == 8000)
        return u"demo client"_s;
    if (!flow.guestDialed && flow.guestPort == 5000)
        return u"demo echo"_s;
    return {};
}

QString reasonText(const QString &reason) {
    QString text = reason;
    return text.replace(QLatin1Char('-'), QLatin1Char(' '));
}

void VsockAccount::restart() {
    *this = {};
}

int VsockAccount::flowOf(const pcapng::Record &record, Opens opens, quint64 guestCid, quint32 guestPort,
                         quint64 peerCid, quint32 peerPort, bool *isNew) {
    *isNew = false;
    if (const auto found = m_byId.constFind(record.flow); record.flow != 0 && found != m_byId.cend())
        return *found;
    // Not the guest's CID: records of the machine do not have it, and a stream has only one at a time.
    const quint64 key[] = {peerCid, quint64{guestPort} << 32 | peerPort};
    const QByteArray ends(reinterpret_cast<const char *>(key), sizeof key);
    if (const auto found = m_byEnds.constFind(ends); found != m_byEnds.cend()) {
        VsockFlow &last = m_flows[static_cast<size_t>(*found)];
        if (last.id == 0 && !last.isOver) {
            if (record.flow != 0) {
                last.id = record.flow;
                m_byId.insert(record.flow, *found);
            }
            return *found;
        }
        // The same ends again after an end: a new flow, when something opens one.
        if (last.isOver && record.flow == 0 && opens == Opens::nothing)
            return *found;
    }
    if (m_flows.size() >= maxFlows)
        return -1;
    const int flow = static_cast<int>(m_flows.size());
    VsockFlow fresh;
    fresh.id = record.flow;
    fresh.guestCid = guestCid;
    fresh.guestPort = guestPort;
    fresh.peerCid = peerCid;
    fresh.peerPort = peerPort;
    fresh.firstNs = fresh.lastNs = record.hostNs;
    fresh.firstOffset = record.offset;
    m_flows.push_back(fresh);
    if (record.flow != 0)
        m_byId.insert(record.flow, flow);
    m_byEnds.insert(ends, flow);
    *isNew = true;
    return flow;
}

VsockAccount::Change VsockAccount::add(const pcapng::Record &record) {
    if (const auto *packet = std::get_if<pcapng::VsockRecord>(&record.content))
        return takePacket(record, *packet);
    if (const auto *machine = std::get_if<pcapng::MachineRecord>(&record.content))
        if (machine->kind == QLatin1String(NITRO_CAPTURE_KIND_VSOCK_OPEN) ||
            machine->kind == QLatin1String(NITRO_CAPTURE_KIND_VSOCK_CLOSE))
            return takeMachine(record, *machine);
    return {};
}

int VsockAccount::take(const qmp::VsockFlowState &state) {
    const int number = find(state.id);
    if (state.id == 0 || number < 0)
        return -1;
    VsockFlow &flow = m_flows[static_cast<size_t>(number)];
    const bool isNews =
        !flow.isOver && (flow.isStalled != state.isStalled || flow.buffered != state.buffered ||
                         flow.stalledNs != state.stalledNs);
    if (!isNews)
        return -1;
    flow.isStalled = state.isStalled;
    flow.buffered = state.buffered;
    flow.stalledNs = state.stalledNs;
    return number;
}

VsockAccount::Change VsockAccount::takePacket(const pcapng::Record &record,
                                              const pcapng::VsockRecord &packet) {
    if (m_firstNs == 0)
        m_firstNs = record.hostNs;
    const bool fromGuest = record.direction == pcapng::Direction::outbound;
    const Opens opens = packet.operation == VSOCK_OP_REQUEST ? Opens::flow : Opens::nothing;
    Change change;
    bool isNew = false;
    change.flow =
        fromGuest
            ? flowOf(record, opens, packet.srcCid, packet.srcPort, packet.dstCid, packet.dstPort, &isNew)
            : flowOf(record, opens, packet.dstCid, packet.dstPort, packet.srcCid, packet.srcPort, &isNew);
    change.newFlow = isNew;
    quint64 streamOffset = 0;
    if (change.flow >= 0) {
        VsockFlow &flow = m_flows[static_cast<size_t>(change.flow)];
        if (isNew)
            flow.guestDialed = (packet.operation == VSOCK_OP_REQUEST) == fromGuest;
        ++flow.packets;
        flow.lastNs = record.hostNs;
        flow.isSeqpacket = flow.isSeqpacket || packet.type == VSOCK_TYPE_SEQPACKET;
        const bool arrives = record.verdict != pcapng::Verdict::dropped;
        switch (packet.operation) {
        case VSOCK_OP_RESPONSE:
            flow.state = VsockFlow::State::open;
            if (flow.roundTripNs < 0)
                flow.roundTripNs = record.hostNs - flow.firstNs;
            break;
        case VSOCK_OP_RST:
            if (arrives && !flow.isOver) { // what the machine has said of the end holds
                flow.state = flow.state == VsockFlow::State::connecting ? VsockFlow::State::refused
                             : flow.shutdowns == 3                      ? VsockFlow::State::closed
                                                                        : VsockFlow::State::reset;
                flow.isOver = true;
                flow.endOffset = record.offset;
                if (flow.reason.isEmpty() && !record.comment.isEmpty())
                    flow.reason = record.comment;
            }
            break;
        case VSOCK_OP_SHUTDOWN:
            flow.shutdowns |= (packet.flags & VSOCK_SHUTDOWN_BOTH) == VSOCK_SHUTDOWN_BOTH ? 3
                              : fromGuest                                                 ? 1
                                                                                          : 2;
            if (!flow.isOver)
                flow.state = VsockFlow::State::closing;
            break;
        case VSOCK_OP_RW:
            streamOffset = fromGuest ? flow.bytesFromGuest : flow.bytesToGuest;
            if (arrives) {
                (fromGuest ? flow.bytesFromGuest : flow.bytesToGuest) += packet.length;
                count(record.hostNs, packet.length, fromGuest);
            }
            break;
        default:
            break;
        }
    }
    if (m_packets.size() >= maxPackets) {
        ++m_notKept;
        return change;
    }
    change.newPacket = true;
    VsockPacket kept;
    kept.hostNs = record.hostNs;
    kept.virtualNs = record.virtualNs.value_or(-1);
    kept.payloadKept = static_cast<quint32>(packet.payload.size());
    kept.payloadOffset = record.dataOffset + record.captured - kept.payloadKept;
    kept.streamOffset = streamOffset;
    kept.length = packet.length;
    kept.guestPort = fromGuest ? packet.srcPort : packet.dstPort;
    kept.peerPort = fromGuest ? packet.dstPort : packet.srcPort;
    kept.flags = packet.flags;
    kept.rule = record.rule;
    kept.flow = change.flow;
    kept.operation = packet.operation;
    kept.fromGuest = fromGuest;
    kept.verdict = record.verdict;
    if (!record.comment.isEmpty())
        m_comments.insert(static_cast<int>(m_packets.size()), record.comment);
    m_packets.push_back(kept);
    return change;
}

VsockAccount::Change VsockAccount::takeMachine(const pcapng::Record &record,
                                               const pcapng::MachineRecord &machine) {
    pcapng::Record about = record;
    about.flow = number(machine, "flow");
    if (about.flow == 0)
        return {}; // refused before it was a flow: its packets tell
    Change change;
    bool isNew = false;
    change.flow =
        flowOf(about, Opens::flow, 0, static_cast<quint32>(number(machine, "guest-port")),
               number(machine, "peer-cid"), static_cast<quint32>(number(machine, "peer-port")), &isNew);
    change.newFlow = isNew;
    if (change.flow < 0)
        return change;
    VsockFlow &flow = m_flows[static_cast<size_t>(change.flow)];
    flow.guestDialed = machine.fields.value(u"dialed-by"_s).toString() == "guest"_L1;
    if (const QString peer = machine.fields.value(u"peer"_s).toString(); !peer.isEmpty())
        flow.peer = peer;
    if (const quint64 pid = number(machine, "pid"); pid && !flow.peer.contains(QString::number(pid)))
        flow.peer = u"%1 pid %2"_s.arg(flow.peer).arg(pid).trimmed();
    if (machine.fields.contains(u"round-trip-ns"_s))
        flow.roundTripNs = static_cast<qint64>(number(machine, "round-trip-ns"));
    if (machine.kind == QLatin1String(NITRO_CAPTURE_KIND_VSOCK_OPEN)) {
        if (flow.state == VsockFlow::State::connecting)
            flow.state = VsockFlow::State::open;
        return change;
    }
    if (!flow.isOver)
        flow.endOffset = record.offset;
    flow.isOver = true;
    flow.isStalled = false;
    flow.lastNs = record.hostNs;
    flow.reason = machine.fields.value(u"reason"_s).toString();
    flow.stalledNs = static_cast<qint64>(number(machine, "stalled-ns"));
    // Also what a stream with gaps did not show.
    flow.bytesToGuest = std::max(flow.bytesToGuest, number(machine, "bytes-to-guest"));
    flow.bytesFromGuest = std::max(flow.bytesFromGuest, number(machine, "bytes-from-guest"));
    if (flow.state == VsockFlow::State::open || flow.state == VsockFlow::State::closing)
        flow.state = VsockFlow::State::closed;
    else if (flow.state == VsockFlow::State::connecting)
        flow.state = VsockFlow::State::refused;
    return change;
}

void VsockAccount::count(qint64 hostNs, quint64 bytes, bool fromGuest) {
    const qint64 since = hostNs - m_firstNs;
    if (since < 0 || since / binNs >= static_cast<qint64>(maxBins))
        return;
    const auto bin = static_cast<size_t>(since / binNs);
    if (bin >= m_throughput.size())
        m_throughput.resize(bin + 1);
    (fromGuest ? m_throughput[bin].second : m_throughput[bin].first) += bytes;
}

} // namespace nitroscope::app
