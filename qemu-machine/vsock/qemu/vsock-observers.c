/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the vsock core tells: packets and flows for the capture stream, lint
 * and the guest's errors for the log
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"
#include "trace.h"

QEMU_BUILD_BUG_ON((int)VSOCK_TO_GUEST != (int)NITRO_CAPTURE_INBOUND);
QEMU_BUILD_BUG_ON((int)VSOCK_FROM_GUEST != (int)NITRO_CAPTURE_OUTBOUND);

/* The payload in one piece: as it is, or copied together; up to @limit bytes. */
static const uint8_t *virtio_vsock_payload(VirtIOVsock *s,
                                           const VsockPacket *packet,
                                           size_t limit, size_t *size)
{
    size_t at = 0;

    *size = 0;
    for (size_t i = 0; i < packet->pieces; i++) {
        *size += packet->payload[i].size;
    }
    *size = MIN(*size, limit);
    if (!*size || *size <= packet->payload[0].size) {
        return *size ? packet->payload[0].data : NULL;
    }
    if (*size > s->payload_size) {
        s->payload = g_realloc(s->payload, *size);
        s->payload_size = *size;
    }
    for (size_t i = 0; at < *size; i++) {
        size_t part = MIN(packet->payload[i].size, *size - at);

        memcpy(s->payload + at, packet->payload[i].data, part);
        at += part;
    }
    return s->payload;
}

static void virtio_vsock_packet(void *opaque, const VsockPacket *packet)
{
    VirtIOVsock *s = opaque;
    NitroCaptureVsock record = {
        .direction = packet->direction,
        .flow = packet->flow,
        .verdict = packet->verdict,
        .rule = packet->rule,
        .note = packet->note,
    };

    if (!s->capture || !nitro_capture_wants(s->capture, NITRO_CAPTURE_VSOCK)) {
        return;
    }
    memcpy(record.header, packet->header, sizeof(record.header));
    record.payload = virtio_vsock_payload(
        s, packet, nitro_capture_vsock_payload_limit(s->capture),
        &record.size);
    nitro_capture_vsock(s->capture, &record);
}

static void virtio_vsock_record_flow(VirtIOVsock *s, const VsockFlowInfo *flow,
                                     bool closed)
{
    const NitroCaptureVsockFlow record = {
        .closed = closed,
        .flow = flow->id,
        .dialed_by = flow->guest_dialed ? "guest" : "host",
        .peer_cid = flow->peer_cid,
        .guest_port = flow->guest_port,
        .peer_port = flow->peer_port,
        .peer = flow->peer,
        .pid = flow->peer_pid,
        .round_trip_ns = flow->round_trip_ns,
        .reason = vsock_reason_name(flow->reason),
        .bytes_to_guest = flow->bytes_to_guest,
        .bytes_from_guest = flow->bytes_from_guest,
        .stalled_ns = flow->stalled_ns,
    };

    trace_virtio_vsock_flow(closed ? "closed" : "opened", flow->id,
                            flow->peer_cid, flow->guest_port, flow->peer_port,
                            vsock_reason_name(flow->reason));
    nitro_capture_vsock_flow(s->capture, &record);
}

static void virtio_vsock_flow_opened(void *opaque, const VsockFlowInfo *flow)
{
    virtio_vsock_record_flow(opaque, flow, false);
}

static void virtio_vsock_flow_closed(void *opaque, const VsockFlowInfo *flow)
{
    virtio_vsock_record_flow(opaque, flow, true);
}

static void virtio_vsock_fault(void *opaque, uint32_t rule, const char *note,
                               uint64_t flow)
{
    VirtIOVsock *s = opaque;

    trace_virtio_vsock_fault(rule, note, flow);
    nitro_capture_fault(s->capture, rule, "vsock", note, NULL, flow);
}

static void virtio_vsock_notice(void *opaque, VsockNotice notice,
                                const char *text)
{
    if (notice != VSOCK_GUEST_ERROR) {
        warn_report("vsock: %s", text);
    } else {
        warn_report("vsock: the enclave breaks the protocol: %s", text);
    }
}

void virtio_vsock_observe(VsockCallbacks *callbacks)
{
    callbacks->packet = virtio_vsock_packet;
    callbacks->flow_opened = virtio_vsock_flow_opened;
    callbacks->flow_closed = virtio_vsock_flow_closed;
    callbacks->break_hit = virtio_vsock_break_hit;
    callbacks->fault_applied = virtio_vsock_fault;
    callbacks->notice = virtio_vsock_notice;
}
