// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock driver in the test's hands: three queues, packets made and taken apart by hand (VirtIO 1.2
// §5.10), and buffers cut into descriptors as the test says, since every kernel cuts them differently. Like
// VirtioDriver it forbids nothing. The guest's memory: queues from 0x100000, RX buffers from 0x1000000, TX
// packets from 0x4000000.
#pragma once

#include "qemu-machine/vsock/protocol/vsock_protocol.h"
#include "tests/device/support/virtio_driver.hpp"

#include <QMap>

#include <optional>

namespace nitroscope::test {

// struct virtio_vsock_hdr and what follows it; as the guest sends it by default.
struct VsockPacket {
    static constexpr qsizetype headerBytes = VSOCK_HEADER_BYTES;
    quint64 sourceCid = 16, destinationCid = 3;
    quint32 sourcePort = 1024, destinationPort = 0, length = 0;
    quint16 type = 1, op = VSOCK_OP_REQUEST;
    quint32 flags = 0, bufAlloc = 262144, fwdCnt = 0;
    QByteArray payload;

    QByteArray bytes() const; // payload behind the header, `length` as it is
    static VsockPacket parse(const QByteArray &bytes);
};

// Lengths of the descriptors that a buffer consists of.
using Layout = QList<quint32>;

class VsockDriver {
public:
    static constexpr quint64 transport = 0xd0000000;
    static constexpr quint16 queueSize = 256;
    static constexpr int rxQueue = 0, txQueue = 1, eventQueue = 2;
    static constexpr quint64 features =
        quint64(1) << feature::version1 | quint64(1) << feature::indirectDescriptors | quint64(1) << 1;

    explicit VsockDriver(QtestMachine &machine);

    // Resets, negotiates and starts the device with three empty queues. The status the device shows then.
    quint32 start(quint64 wanted = features);
    // What the driver does at the start of every test: eight event buffers.
    void offerEventBuffers(int count = 8);
    // `count` more receive buffers of this layout; through an indirect table when asked for.
    void offerReceiveBuffers(int count, const Layout &layout = {44 + 4096}, bool indirect = false);
    // Puts a packet into the TX queue, cut as `layout` says (the last descriptor takes the rest), and
    // notifies the device unless told otherwise.
    void send(const VsockPacket &packet, const Layout &layout = {}, bool indirect = false,
              bool notify = true);

    // The next received packet, waiting for it; nothing after `milliseconds`. Used buffers are offered again
    // with the layout they had.
    std::optional<VsockPacket> receive(int milliseconds = 60000);
    // Whether any packet is there now.
    bool hasReceived() { return m_rx.usedIndex() != m_rxSeen; }
    // Bytes of all RW packets of a flow until there are `count`; credit is given back. Empty on anything
    // else.
    QByteArray receiveBytes(const VsockPacket &flow, qsizetype count);
    // Id of the next event (0: transport reset).
    std::optional<quint32> takeEvent(int milliseconds = 60000);
    quint16 sentAndUsed() { return m_tx.usedIndex(); }

    // Dials `port` of the parent and takes the RESPONSE; what the guest's packets of this flow look like.
    std::optional<VsockPacket> dial(quint32 port, quint32 fromPort = 1024, quint16 type = 1, quint64 cid = 3);

    VirtioDriver &rx() { return m_rx; }
    VirtioDriver &tx() { return m_tx; }
    VirtioDriver &events() { return m_events; }

    // An answer to `flow`'s peer.
    static VsockPacket with(VsockPacket flow, quint16 op, const QByteArray &payload = {}, quint32 flags = 0);

private:
    struct Buffer {
        quint64 address = 0;
        Layout layout;
        bool indirect = false;
    };
    void describeChain(VirtioDriver &queue, quint16 head, quint64 table, quint64 address,
                       const Layout &layout, quint16 flags, bool indirect);
    void post(quint16 head);

    QtestMachine &m_machine;
    VirtioDriver m_rx, m_tx, m_events;
    QMap<quint16, Buffer> m_buffers; // by first descriptor
    quint16 m_rxNext = 0, m_rxSeen = 0, m_eventSeen = 0, m_txNext = 0;
    int m_rxCount = 0;
};

} // namespace nitroscope::test
