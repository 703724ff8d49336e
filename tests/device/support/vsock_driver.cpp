// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/device/support/vsock_driver.hpp"

#include <QDataStream>
#include <QDeadlineTimer>
#include <QtEndian>
#include <QThread>

#include <algorithm>

namespace nitroscope::test {
namespace {

constexpr quint64 queues = 0x100000, rxMemory = 0x1000000, txMemory = 0x4000000, tables = 0x6000000,
                  eventMemory = 0x200000;
constexpr quint64 slot = 0x20000; // bytes of memory for each buffer
constexpr quint32 txSlots = 64;   // TX packets that may be under way

} // namespace

QByteArray VsockPacket::bytes() const {
    QByteArray result;
    QDataStream out(&result, QIODevice::WriteOnly);
    out.setByteOrder(QDataStream::LittleEndian);
    out << sourceCid << destinationCid << sourcePort << destinationPort << length << type << op << flags
        << bufAlloc << fwdCnt;
    return result + payload;
}

VsockPacket VsockPacket::parse(const QByteArray &bytes) {
    VsockPacket packet;
    QDataStream in(bytes);
    in.setByteOrder(QDataStream::LittleEndian);
    in >> packet.sourceCid >> packet.destinationCid >> packet.sourcePort >> packet.destinationPort >>
        packet.length >> packet.type >> packet.op >> packet.flags >> packet.bufAlloc >> packet.fwdCnt;
    packet.payload = bytes.mid(headerBytes);
    return packet;
}

VsockDriver::VsockDriver(QtestMachine &machine)
    : m_machine(machine), m_rx(machine, transport, queues), m_tx(machine, transport, queues + 0x10000),
      m_events(machine, transport, queues + 0x20000) {}

quint32 VsockDriver::start(quint64 wanted) {
    m_buffers.clear();
    m_rxNext = m_rxSeen = m_eventSeen = m_txNext = 0;
    m_rxCount = 0;
    m_rx.negotiate(wanted);
    m_rx.enableQueue(queueSize, rxQueue);
    m_tx.enableQueue(queueSize, txQueue);
    m_events.enableQueue(8, eventQueue);
    return m_rx.run();
}

void VsockDriver::offerEventBuffers(int count) {
    QList<quint16> heads;
    for (int i = 0; i < count; ++i) {
        m_events.describe(static_cast<quint16>(i), {eventMemory + 16 * quint64(i), 4, Descriptor::write, 0});
        heads += static_cast<quint16>(i);
    }
    m_events.offer(heads);
    m_events.notify();
}

void VsockDriver::describeChain(VirtioDriver &queue, quint16 head, quint64 table, quint64 address,
                                const Layout &layout, quint16 flags, bool indirect) {
    QByteArray entries;
    for (qsizetype i = 0; i < layout.size(); ++i) {
        const bool last = i + 1 == layout.size();
        const auto next = static_cast<quint16>((indirect ? 0 : head) + i + 1);
        const Descriptor one{address, layout[i], static_cast<quint16>(flags | (last ? 0 : Descriptor::next)),
                             last ? quint16(0) : next};
        if (indirect)
            entries += one.bytes();
        else
            queue.describe(static_cast<quint16>(head + i), one);
        address += layout[i];
    }
    if (indirect) {
        m_machine.writeMemory(table, entries);
        queue.describe(head, {table, static_cast<quint32>(entries.size()), Descriptor::indirect, 0});
    }
}

void VsockDriver::post(quint16 head) {
    m_rx.offer({head});
    m_rx.notify();
}

void VsockDriver::offerReceiveBuffers(int count, const Layout &layout, bool indirect) {
    QList<quint16> heads;
    for (int i = 0; i < count; ++i, ++m_rxCount) {
        const quint16 head = m_rxNext;
        m_rxNext = static_cast<quint16>(m_rxNext + (indirect ? 1 : layout.size()));
        const Buffer buffer{rxMemory + slot * quint64(m_rxCount), layout, indirect};
        describeChain(m_rx, head, tables + 4096 * quint64(m_rxCount), buffer.address, layout,
                      Descriptor::write, indirect);
        m_buffers[head] = buffer;
        heads += head;
    }
    m_rx.offer(heads);
    m_rx.notify();
}

void VsockDriver::send(const VsockPacket &packet, const Layout &layout, bool indirect, bool notify) {
    const QByteArray bytes = packet.bytes();
    const quint32 at = m_txNext++ % txSlots;
    const quint64 address = txMemory + slot * at;
    const auto head = static_cast<quint16>(at * (queueSize / txSlots));
    Layout parts = layout;
    quint32 described = 0;
    for (const quint32 part : parts)
        described += part;
    if (described < static_cast<quint32>(bytes.size()))
        parts += static_cast<quint32>(bytes.size()) - described;
    m_machine.writeMemory(address, bytes);
    // A slot has few descriptors: a longer chain is only good while nothing else is under way.
    describeChain(m_tx, parts.size() > queueSize / int(txSlots) && !indirect ? quint16(0) : head,
                  tables + 0x400000 + 4096 * quint64(at), address, parts, 0, indirect);
    m_tx.offer({parts.size() > queueSize / int(txSlots) && !indirect ? quint16(0) : head});
    if (notify)
        m_tx.notify();
}

std::optional<VsockPacket> VsockDriver::receive(int milliseconds) {
    QDeadlineTimer deadline(milliseconds);
    while (!hasReceived()) {
        if (deadline.hasExpired())
            return std::nullopt;
        QThread::msleep(1);
    }
    const UsedElement used = m_rx.used(m_rxSeen++);
    const auto head = static_cast<quint16>(used.head);
    const Buffer buffer = m_buffers.value(head);
    const QByteArray bytes = m_machine.readMemory(buffer.address, used.length);
    post(head);
    return bytes.size() < VsockPacket::headerBytes ? std::optional(VsockPacket{}) : VsockPacket::parse(bytes);
}

QByteArray VsockDriver::receiveBytes(const VsockPacket &flow, qsizetype count) {
    QByteArray bytes;
    VsockPacket credit = with(flow, VSOCK_OP_CREDIT_UPDATE);
    qsizetype told = 0;
    while (bytes.size() < count) {
        const auto packet = receive();
        if (!packet || packet->destinationPort != flow.sourcePort)
            return {};
        if (packet->op == VSOCK_OP_CREDIT_UPDATE || packet->op == VSOCK_OP_CREDIT_REQUEST)
            continue;
        if (packet->op != VSOCK_OP_RW || packet->length != quint32(packet->payload.size()))
            return {};
        bytes += packet->payload;
        if (bytes.size() - told < 65536)
            continue;
        told = bytes.size();
        credit.fwdCnt = static_cast<quint32>(told);
        send(credit);
    }
    return bytes;
}

std::optional<quint32> VsockDriver::takeEvent(int milliseconds) {
    QDeadlineTimer deadline(milliseconds);
    while (m_events.usedIndex() == m_eventSeen) {
        if (deadline.hasExpired())
            return std::nullopt;
        QThread::msleep(1);
    }
    const UsedElement used = m_events.used(m_eventSeen++);
    const QByteArray id = m_machine.readMemory(eventMemory + 16 * quint64(used.head), 4);
    return used.length == 4 ? std::optional(qFromLittleEndian<quint32>(id.constData())) : std::nullopt;
}

VsockPacket VsockDriver::with(VsockPacket flow, quint16 op, const QByteArray &payload, quint32 flags) {
    flow.op = op;
    flow.payload = payload;
    flow.length = static_cast<quint32>(payload.size());
    flow.flags = flags;
    return flow;
}

std::optional<VsockPacket> VsockDriver::dial(quint32 port, quint32 fromPort, quint16 type, quint64 cid) {
    VsockPacket request;
    request.sourcePort = fromPort;
    request.destinationPort = port;
    request.destinationCid = cid;
    request.type = type;
    send(request);
    const auto answer = receive();
    if (!answer || answer->op != VSOCK_OP_RESPONSE || answer->destinationPort != fromPort ||
        answer->sourcePort != port || answer->sourceCid != cid || answer->type != type)
        return std::nullopt;
    return request;
}

} // namespace nitroscope::test
