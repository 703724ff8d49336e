// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock flows dressed up as TCP connections over IPv4, because Wireshark follows, reassembles and decodes
// those, while its vsock dissector stops at the payload. A pcapng stream of its own with one interface of
// link type 228 (raw IPv4):
//
//   CID c                       10.a.b.c, the lower 24 bits of the CID
//   port                        itself, or above 65535 one from 32768 on that is free
//   REQUEST, RESPONSE           SYN; SYN+ACK and ACK
//   RW                          PSH+ACK, in segments that fit into IPv4
//   SHUTDOWN of sending         FIN
//   CREDIT_UPDATE               ACK
//   RST                         RST, or FIN when the flow was shut down in good order
//
// Times are those of the packets. What a fault lost is left out, what a short capture has cut is a segment
// that was captured in part. A flow whose beginning is missing gets a handshake before its first packet. The
// packet that opens a connection says in its comment which flow it is.
#pragma once

#include "app/proto/pcapng/record.hpp"

#include <functional>
#include <map>
#include <QByteArrayView>
#include <set>
#include <tuple>

namespace nitroscope::pcapng {

class TcpView {
public:
    using Sink = std::function<void(QByteArrayView)>;
    static constexpr std::size_t maxConnections = 1'000'000;

    // Writes the head of the stream at once. Addresses and ports are in host byte order throughout.
    explicit TcpView(Sink sink);

    // Takes vsock packets and ignores everything else.
    void add(const Record &record);

    quint64 connections() const { return m_opened; }
    quint64 segments() const { return m_segments; }

private:
    // 0 is the guest, 1 its peer.
    struct Connection {
        std::array<quint32, 2> address{}, next{}; // next sequence number
        std::array<quint16, 2> port{};
        std::array<bool, 2> hasSyn{}, hasFin{};
        bool isClosing = false; // somebody has shut both directions down
        bool isOver = false;
    };
    using Ends = std::tuple<quint32, quint32, quint16, quint16>;
    using Key = std::tuple<quint64, quint64, quint64>; // flow, or 0 and both ends

    Connection *connectionOf(const Record &record, const VsockRecord &packet, bool fromGuest);
    void choosePorts(Connection &connection, quint32 guestPort, quint32 peerPort);
    void open(Connection &connection, int dialer, const Record &record, const VsockRecord &packet);
    void answer(Connection &connection, int answerer, const Record &record);
    void end(Connection &connection, int side, const Record &record);
    void finish(Connection &connection, int side, const Record &record);
    void data(Connection &connection, int side, const Record &record, const VsockRecord &packet);
    void segment(Connection &connection, int side, quint8 flags, const Record &record,
                 QByteArrayView kept = {}, quint32 length = 0, const QString &comment = {});

    Sink m_sink;
    std::map<Key, Connection> m_connections;
    std::set<Ends> m_used;
    quint64 m_opened = 0, m_segments = 0;
};

} // namespace nitroscope::pcapng
