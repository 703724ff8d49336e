// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock packets and flows as plain records, and the account that turns a capture's records into them. What
// the machine says about a flow (opened, closed, reason) counts more than what the packets let one guess.
#pragma once

#include "app/proto/pcapng/record.hpp"
#include "app/proto/qmp/vsock_messages.hpp"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <deque>
#include <QHash>
#include <vector>

namespace nitroscope::app {

struct VsockPacket {
    qint64 hostNs = 0;
    qint64 virtualNs = -1;
    quint64 payloadOffset = 0; // in the capture
    quint64 streamOffset = 0;  // of its first payload byte in the flow's direction
    quint32 payloadKept = 0;   // bytes in the capture
    quint32 length = 0;        // bytes it had
    quint32 guestPort = 0, peerPort = 0;
    quint32 flags = 0, rule = 0;
    qint32 flow = -1; // number of the flow in VsockAccount
    quint16 operation = 0;
    bool fromGuest = false;
    pcapng::Verdict verdict = pcapng::Verdict::passed;
};

struct VsockFlow {
    enum class State : quint8 { connecting, open, closing, closed, reset, refused };

    quint64 id = 0; // the machine's; 0 = unknown
    quint64 guestCid = 0, peerCid = 0;
    quint32 guestPort = 0, peerPort = 0;
    quint64 bytesFromGuest = 0, bytesToGuest = 0;
    quint32 packets = 0;
    qint64 firstNs = 0, lastNs = 0; // host time
    quint64 firstOffset = 0;        // of the record in the capture that it begins with
    quint64 endOffset = 0;          // of the one that told of its end, when it is over
    qint64 roundTripNs = -1;        // of the connection
    qint64 stalledNs = 0;           // without credit
    State state = State::connecting;
    bool guestDialed = false;
    bool isSeqpacket = false;
    bool isOver = false;
    bool isStalled = false; // the host waits for the guest's credit now
    quint32 buffered = 0;   // bytes of the guest that the host has not taken yet
    quint8 shutdowns = 0;   // bit 0 the guest's, bit 1 the peer's
    QString peer;           // who is at the host's end
    QString reason;         // of the end, in the machine's word

    // Port that names the service: the one that was dialed.
    quint32 servicePort() const { return guestDialed ? peerPort : guestPort; }
};

QString flowStateText(VsockFlow::State state);
// "heartbeat", "demo echo", "console", or nothing.
QString serviceName(const VsockFlow &flow);
// "host-closed" as people say it: "closed by the host".
QString reasonText(const QString &reason);

class VsockAccount {
public:
    static constexpr size_t maxPackets = 2'000'000;
    static constexpr size_t maxFlows = 200'000;

    void restart();
    // What changed: number of the flow, -1 = none; and whether a packet was added.
    struct Change {
        int flow = -1;
        bool newFlow = false, newPacket = false;
    };
    Change add(const pcapng::Record &record);
    // What the machine says of a living flow besides; its number, or -1 when there is no such flow or no
    // news.
    int take(const qmp::VsockFlowState &state);
    // Number of the machine's flow; -1 when the capture does not have it.
    int find(quint64 id) const { return m_byId.value(id, -1); }

    const std::vector<VsockPacket> &packets() const { return m_packets; }
    const std::vector<VsockFlow> &flows() const { return m_flows; }
    // Bytes both ways per tenth of a second since the first packet; {to the guest, from it}.
    const std::vector<std::pair<quint64, quint64>> &throughput() const { return m_throughput; }
    static constexpr qint64 binNs = 100'000'000;
    qint64 firstNs() const { return m_firstNs; }
    quint64 notKept() const { return m_notKept; }
    const QString comment(int packet) const { return m_comments.value(packet); }

private:
    // A packet that opens a flow may come before the flow has its number: both are one. One that opens none and has no
    // number belongs to the last flow between its ends, also when that is over: the answer to what came too late.
    enum class Opens { flow, nothing };
    int flowOf(const pcapng::Record &record, Opens opens, quint64 guestCid, quint32 guestPort,
               quint64 peerCid, quint32 peerPort, bool *isNew);
    Change takePacket(const pcapng::Record &record, const pcapng::VsockRecord &packet);
    Change takeMachine(const pcapng::Record &record, const pcapng::MachineRecord &machine);
    void count(qint64 hostNs, quint64 bytes, bool fromGuest);

    std::vector<VsockPacket> m_packets;
    std::vector<VsockFlow> m_flows;
    std::vector<std::pair<quint64, quint64>> m_throughput;
    QHash<quint64, int> m_byId;
    QHash<QByteArray, int> m_byEnds; // the last one between them
    QHash<int, QString> m_comments;
    qint64 m_firstNs = 0;
    quint64 m_notKept = 0;
};

} // namespace nitroscope::app
