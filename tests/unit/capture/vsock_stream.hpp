// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams with vsock flows, written by the capture core as the machine writes them: opening packets before
// their flow has its number, records of opening and closing, payload. For everything that shows traffic.
#pragma once

#include "qemu-machine/vsock/protocol/vsock_protocol.h"
#include "tests/unit/capture/sample_stream.hpp"

#include <QtEndian>

namespace nitroscope::test {

class VsockStream {
public:
    static constexpr quint64 guestCid = 16, parentCid = 3;
    enum Operation : quint16 {
        request = VSOCK_OP_REQUEST,
        response = VSOCK_OP_RESPONSE,
        reset = VSOCK_OP_RST,
        shutdown = VSOCK_OP_SHUTDOWN,
        data = VSOCK_OP_RW,
        creditUpdate = VSOCK_OP_CREDIT_UPDATE
    };

    struct Flow {
        quint64 id = 0;
        quint32 guestPort = 0, peerPort = 0;
        bool guestDialed = false;
        int type = 1;
    };

    void packet(const Flow &flow, bool fromGuest, quint16 operation, const QByteArray &payload = {},
                quint32 flags = 0, int verdict = 0, const char *note = nullptr, bool numbered = true) {
        NitroCaptureVsock packet{};
        uchar *header = packet.header;
        qToLittleEndian<quint64>(fromGuest ? guestCid : parentCid, header);
        qToLittleEndian<quint64>(fromGuest ? parentCid : guestCid, header + VSOCK_HEADER_DST_CID_AT);
        qToLittleEndian<quint32>(fromGuest ? flow.guestPort : flow.peerPort,
                                 header + VSOCK_HEADER_SRC_PORT_AT);
        qToLittleEndian<quint32>(fromGuest ? flow.peerPort : flow.guestPort,
                                 header + VSOCK_HEADER_DST_PORT_AT);
        qToLittleEndian<quint32>(quint32(payload.size()), header + VSOCK_HEADER_LEN_AT);
        qToLittleEndian<quint16>(quint16(flow.type), header + VSOCK_HEADER_TYPE_AT);
        qToLittleEndian<quint16>(operation, header + VSOCK_HEADER_OP_AT);
        qToLittleEndian<quint32>(flags, header + VSOCK_HEADER_FLAGS_AT);
        qToLittleEndian<quint32>(262144, header + VSOCK_HEADER_BUF_ALLOC_AT);
        packet.direction = fromGuest ? NITRO_CAPTURE_OUTBOUND : NITRO_CAPTURE_INBOUND;
        packet.payload = reinterpret_cast<const uint8_t *>(payload.constData());
        packet.size = size_t(payload.size());
        packet.flow = numbered ? flow.id : 0;
        packet.verdict = verdict;
        packet.note = note;
        nitro_capture_vsock(m_capture.get(), &packet);
        m_clock.advance(1'000'000);
    }
    void open(const Flow &flow, const char *peer = "unix:/run/app.sock") {
        packet(flow, flow.guestDialed, request, {}, 0, 0, nullptr, false);
        NitroCaptureVsockFlow record = recordOf(flow);
        record.peer = peer;
        record.pid = 4242;
        record.round_trip_ns = 250'000;
        nitro_capture_vsock_flow(m_capture.get(), &record);
        packet(flow, !flow.guestDialed, response);
    }
    // As Linux ends a flow: shutdown of both directions, RST back.
    void close(const Flow &flow, bool byGuest, const char *reason = "guest-closed") {
        packet(flow, byGuest, shutdown, {}, 3);
        NitroCaptureVsockFlow record = recordOf(flow);
        record.closed = 1;
        record.reason = reason;
        nitro_capture_vsock_flow(m_capture.get(), &record);
        packet(flow, !byGuest, reset);
    }
    void refuse(const Flow &flow) {
        packet(flow, flow.guestDialed, request, {}, 0, 0, nullptr, false);
        if (flow.id != 0) {
            NitroCaptureVsockFlow record = recordOf(flow);
            record.closed = 1;
            record.reason = "no-route";
            nitro_capture_vsock_flow(m_capture.get(), &record);
        }
        packet(flow, !flow.guestDialed, reset, {}, 0, 0, "reset: no-route", flow.id != 0);
    }
    QByteArray take() { return pullAll(m_capture.get()); }

private:
    static NitroCaptureVsockFlow recordOf(const Flow &flow) {
        NitroCaptureVsockFlow record{};
        record.flow = flow.id;
        record.dialed_by = flow.guestDialed ? "guest" : "host";
        record.peer_cid = parentCid;
        record.guest_port = flow.guestPort;
        record.peer_port = flow.peerPort;
        record.pid = record.round_trip_ns = -1;
        return record;
    }
    FakeClock m_clock;
    CapturePointer m_capture = makeCapture(m_clock);
};

// A heartbeat, an HTTP exchange on the enclave's port 5000, a refused connection.
inline QByteArray trafficStream() {
    VsockStream stream;
    const VsockStream::Flow heartbeat{1, 908712282, 9000, true}, http{2, 5000, 1073741828, false},
        refused{3, 908712283, 8000, true};
    stream.open(heartbeat, "heartbeat");
    stream.packet(heartbeat, true, VsockStream::data, QByteArray("\xb7"));
    stream.packet(heartbeat, false, VsockStream::data, QByteArray("\xb7"));
    stream.close(heartbeat, true);
    stream.refuse(refused);
    stream.open(http);
    stream.packet(http, false, VsockStream::data, "GET /hello HTTP/1.1\r\nHost: enclave\r\n\r\n");
    stream.packet(http, true, VsockStream::creditUpdate);
    stream.packet(http, true, VsockStream::data, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello");
    stream.packet(http, true, VsockStream::data, "lost on its way", 0, NITRO_CAPTURE_DROPPED,
                  "fault 1: drop");
    stream.packet(http, true, VsockStream::data, " world!");
    stream.close(http, false, "host-closed");
    return stream.take();
}

} // namespace nitroscope::test
