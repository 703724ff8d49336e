// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/pcapng/tcp_view.hpp"

#include "qemu-machine/capture/core/block_buffer.hpp"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <algorithm>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;
namespace {

using capture::BlockBuffer;

constexpr quint16 linkIpv4 = 228;
constexpr quint32 headerBytes = 40;                     // IPv4 and TCP, both without options
constexpr quint32 maxPayload = 60'000;                  // of a segment; IPv4's length has 16 bits
constexpr quint16 firstPort = 32768, portCount = 28232; // for vsock ports that TCP cannot have

// TCP flags, RFC 9293 §3.1.
constexpr quint8 fin = 1, syn = 2, rst = 4, psh = 8, ack = 16;

template <class T>
void storeBigEndian(char *out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        out[i] = static_cast<char>(value >> (8 * (sizeof value - 1 - i)));
}

// RFC 1071, on top of `sum`.
quint32 added(quint32 sum, QByteArrayView bytes) {
    for (qsizetype i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? quint32{static_cast<quint8>(bytes[i])} << 8 : static_cast<quint8>(bytes[i]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

quint32 addressOf(quint64 cid) {
    return quint32{10} << 24 | static_cast<quint32>(cid & 0xffffff);
}

QByteArrayView viewOf(capture::Bytes bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

} // namespace

TcpView::TcpView(Sink sink) : m_sink(std::move(sink)) {
    BlockBuffer<512> head;
    std::size_t block = head.beginBlock(blockType::sectionHeader);
    head.u32(byteOrderMagic);
    head.u16(versionMajor);
    head.u16(0);
    head.u64(sectionLengthUnknown);
    head.textOption(option::application, "Nitroscope");
    head.endOptions();
    head.endBlock(block);
    block = head.beginBlock(blockType::interfaceDescription);
    head.u16(linkIpv4);
    head.u16(0);
    head.u32(0);
    head.textOption(option::interfaceName, "vsock as TCP");
    head.textOption(option::interfaceText, "made up from vsock flows; CID c is 10.a.b.c");
    const std::byte resolution{nanoseconds};
    head.option(option::timeResolution, {&resolution, 1});
    head.endOptions();
    head.endBlock(block);
    m_sink(viewOf(head.bytes()));
}

void TcpView::add(const Record &record) {
    const auto *packet = std::get_if<VsockRecord>(&record.content);
    if (!packet || record.verdict == Verdict::dropped)
        return;
    const bool fromGuest = record.direction == Direction::outbound;
    const int side = fromGuest ? 0 : 1;
    Connection *connection = connectionOf(record, *packet, fromGuest);
    if (!connection || connection->isOver)
        return;
    switch (packet->operation) {
    case VSOCK_OP_REQUEST:
        open(*connection, side, record, *packet);
        break;
    case VSOCK_OP_RESPONSE:
        open(*connection, 1 - side, record, *packet);
        answer(*connection, side, record);
        break;
    case VSOCK_OP_RW:
    case VSOCK_OP_SHUTDOWN:
    case VSOCK_OP_CREDIT_UPDATE:
        // Began before the capture: as if its packet's sender had dialed.
        open(*connection, side, record, *packet);
        answer(*connection, 1 - side, record);
        answer(*connection, side, record);
        if (packet->operation == VSOCK_OP_RW)
            data(*connection, side, record, *packet);
        else if (packet->operation == VSOCK_OP_CREDIT_UPDATE)
            segment(*connection, side, ack, record);
        else if (packet->flags & VSOCK_SHUTDOWN_SEND)
            finish(*connection, side, record);
        if (packet->operation == VSOCK_OP_SHUTDOWN)
            connection->isClosing |= (packet->flags & VSOCK_SHUTDOWN_BOTH) == VSOCK_SHUTDOWN_BOTH;
        break;
    case VSOCK_OP_RST:
        end(*connection, side, record);
        break;
    default:
        break;
    }
}

TcpView::Connection *TcpView::connectionOf(const Record &record, const VsockRecord &packet, bool fromGuest) {
    const quint64 guestCid = fromGuest ? packet.srcCid : packet.dstCid;
    const quint64 peerCid = fromGuest ? packet.dstCid : packet.srcCid;
    const quint32 guestPort = fromGuest ? packet.srcPort : packet.dstPort;
    const quint32 peerPort = fromGuest ? packet.dstPort : packet.srcPort;
    const Key ends{0, peerCid, quint64{guestPort} << 32 | peerPort};
    const Key key = record.flow != 0 ? Key{record.flow, 0, 0} : ends;
    auto at = m_connections.find(key);
    // The packet that opened it came before the flow had its number.
    if (at == m_connections.end() && record.flow != 0)
        if (const auto opened = m_connections.find(ends);
            opened != m_connections.end() && !opened->second.isOver) {
            auto node = m_connections.extract(opened);
            node.key() = key;
            at = m_connections.insert(std::move(node)).position;
        }
    // Ends without a flow's number are used again.
    if (at != m_connections.end() && at->second.isOver && record.flow == 0 &&
        packet.operation == VSOCK_OP_REQUEST) {
        m_connections.erase(at);
        at = m_connections.end();
    }
    if (at != m_connections.end())
        return &at->second;
    if (m_connections.size() >= maxConnections)
        return nullptr;
    Connection &fresh = m_connections[key];
    fresh.address = {addressOf(guestCid), addressOf(peerCid)};
    choosePorts(fresh, guestPort, peerPort);
    // Different for each, so that a pair of ports that is used again is seen as a new connection.
    const quint32 first = static_cast<quint32>(++m_opened) << 20;
    fresh.next = {first, first + 0x10000};
    return &fresh;
}

void TcpView::choosePorts(Connection &connection, quint32 guestPort, quint32 peerPort) {
    const std::array<quint32, 2> wanted{guestPort, peerPort};
    for (size_t side = 0; side < 2; ++side)
        connection.port[side] = static_cast<quint16>(
            wanted[side] <= 0xffff ? wanted[side] : firstPort + wanted[side] % portCount);
    const size_t moved = guestPort > 0xffff ? 0 : 1;
    const auto ends = [&connection] {
        return Ends{connection.address[0], connection.address[1], connection.port[0], connection.port[1]};
    };
    quint16 &port = connection.port[moved];
    for (int attempt = 0; wanted[moved] > 0xffff && attempt < portCount && m_used.contains(ends()); ++attempt)
        port = port + 1 < firstPort + portCount ? static_cast<quint16>(port + 1) : firstPort;
    m_used.insert(ends());
}

void TcpView::open(Connection &connection, int dialer, const Record &record, const VsockRecord &packet) {
    if (connection.hasSyn[0] || connection.hasSyn[1])
        return;
    const bool sent = packet.operation != VSOCK_OP_RESPONSE;
    const quint64 from = sent ? packet.srcCid : packet.dstCid, to = sent ? packet.dstCid : packet.srcCid;
    const quint32 fromPort = sent ? packet.srcPort : packet.dstPort,
                  toPort = sent ? packet.dstPort : packet.srcPort;
    QString comment = u"vsock %1:%2 to %3:%4"_s.arg(from).arg(fromPort).arg(to).arg(toPort);
    if (record.flow != 0)
        comment += u", flow %1"_s.arg(record.flow);
    if (packet.type == VSOCK_TYPE_SEQPACKET)
        comment += u", seqpacket"_s;
    if (packet.operation != VSOCK_OP_REQUEST)
        comment += u", began before the capture"_s;
    segment(connection, dialer, syn, record, {}, 0, comment);
}

void TcpView::answer(Connection &connection, int answerer, const Record &record) {
    if (connection.hasSyn[static_cast<size_t>(answerer)])
        return;
    segment(connection, answerer, syn | ack, record);
    segment(connection, 1 - answerer, ack, record);
}

void TcpView::finish(Connection &connection, int side, const Record &record) {
    if (!connection.hasFin[static_cast<size_t>(side)])
        segment(connection, side, fin | ack, record);
}

void TcpView::end(Connection &connection, int side, const Record &record) {
    const bool isOrderly = connection.isClosing || (connection.hasFin[0] && connection.hasFin[1]);
    if (isOrderly) {
        finish(connection, side, record);
        segment(connection, 1 - side, ack, record);
    } else if (connection.hasSyn[0] || connection.hasSyn[1]) {
        segment(connection, side, rst | ack, record);
    }
    connection.isOver = true;
    m_used.erase({connection.address[0], connection.address[1], connection.port[0], connection.port[1]});
}

void TcpView::data(Connection &connection, int side, const Record &record, const VsockRecord &packet) {
    // `length` is foreign; a packet has at most 64 KiB, more is a broken header.
    const quint32 length = std::min<quint32>(
        std::max<quint32>(packet.length, static_cast<quint32>(packet.payload.size())), 1 << 20);
    const QByteArrayView payload(packet.payload);
    for (quint32 at = 0; at < length;) {
        const quint32 size = std::min(maxPayload, length - at);
        const auto from = std::min<qsizetype>(at, payload.size());
        const auto kept = std::min<qsizetype>(size, payload.size() - from);
        segment(connection, side, psh | ack, record, payload.sliced(from, kept), size);
        at += size;
    }
}

void TcpView::segment(Connection &connection, int side, quint8 flags, const Record &record,
                      QByteArrayView kept, quint32 length, const QString &comment) {
    const auto from = static_cast<size_t>(side), to = 1 - from;
    char header[headerBytes] = {};
    header[0] = 0x45; // version 4, 20 bytes
    storeBigEndian(header + 2, static_cast<quint16>(headerBytes + length));
    storeBigEndian(header + 4, static_cast<quint16>(m_segments));
    header[6] = 0x40; // do not fragment
    header[8] = 64;   // time to live
    header[9] = 6;    // TCP
    storeBigEndian(header + 12, connection.address[from]);
    storeBigEndian(header + 16, connection.address[to]);
    storeBigEndian(header + 10, static_cast<quint16>(~added(0, {header, 20})));
    storeBigEndian(header + 20, connection.port[from]);
    storeBigEndian(header + 22, connection.port[to]);
    storeBigEndian(header + 24, connection.next[from]);
    storeBigEndian(header + 28, flags & ack ? connection.next[to] : quint32{0});
    header[32] = 0x50; // 20 bytes
    header[33] = static_cast<char>(flags);
    storeBigEndian(header + 34, quint16{0xffff});
    // Pseudo header, RFC 9293 §3.1. A cut payload leaves a wrong sum, as cut captures have it.
    quint32 sum = added(0, {header + 12, 8}) + 6 + headerBytes - 20 + length;
    sum = added(sum, {header + 20, 20});
    storeBigEndian(header + 36, static_cast<quint16>(~added(sum, kept)));

    BlockBuffer<1024> options;
    BlockBuffer<4> direction;
    direction.u32(side == 0 ? 2 : 1); // outbound, inbound: seen from the guest
    options.option(option::packetFlags, direction.bytes());
    const QByteArray text = (comment.isEmpty() ? record.comment : comment).left(400).toUtf8().left(800);
    if (!text.isEmpty())
        options.textOption(option::comment, {text.constData(), static_cast<size_t>(text.size())});
    options.endOptions();
    const auto captured = headerBytes + static_cast<quint32>(kept.size());
    const quint32 padding = static_cast<quint32>(padded(captured)) - captured;
    const auto blockBytes = static_cast<quint32>(blockHeadBytes + enhancedPacketBytes + captured + padding +
                                                 options.size() + blockTrailerBytes);
    BlockBuffer<blockHeadBytes + enhancedPacketBytes> head;
    head.u32(blockType::enhancedPacket);
    head.u32(blockBytes);
    head.u32(0); // interface
    head.u32(static_cast<quint32>(static_cast<quint64>(record.hostNs) >> 32));
    head.u32(static_cast<quint32>(record.hostNs));
    head.u32(captured);
    head.u32(headerBytes + length);
    BlockBuffer<4> tail;
    tail.u32(blockBytes);
    m_sink(viewOf(head.bytes()));
    m_sink({header, headerBytes});
    m_sink(kept);
    m_sink(QByteArrayView("\0\0\0", padding));
    m_sink(viewOf(options.bytes()));
    m_sink(viewOf(tail.bytes()));

    ++m_segments;
    connection.next[from] += length + ((flags & (syn | fin)) != 0 ? 1 : 0);
    connection.hasSyn[from] |= (flags & syn) != 0;
    connection.hasFin[from] |= (flags & fin) != 0;
}

} // namespace nitroscope::pcapng
