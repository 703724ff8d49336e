/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio socket device with the parent side inside QEMU
 *
 * The protocol is the C++ core behind qemu-machine/vsock/core/vsock.h, the
 * host's sockets are behind qemu-machine/vsock/host/host.h; this is the virtio
 * transport between the guest and the core (device id 19, three queues).
 */
#ifndef NITROSCOPE_VIRTIO_VSOCK_H
#define NITROSCOPE_VIRTIO_VSOCK_H

#include "hw/virtio/virtio.h"
#include "qapi/qapi-types-nitro.h"
#include "qom/object.h"
#include "qemu-machine/capture/core/capture.h"
#include "qemu-machine/rules/qemu/nitro-break.h"
#include "qemu-machine/vsock/core/vsock.h"
#include "qemu-machine/vsock/qemu/nitro-vsock-host.h"

#define TYPE_VIRTIO_VSOCK "virtio-vsock-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOVsock, VIRTIO_VSOCK)

/* RX buffers that are looked at together. */
#define VSOCK_RX_BATCH 32

/*
 * Descriptors in one batch, of any queue: a chain may have a thousand of them,
 * and each is mapped.  The packets of Linux have 18 at most.
 */
#define VSOCK_BATCH_DESCRIPTORS 2048

struct VirtIOVsock {
    VirtIODevice parent_obj;

    VirtQueue *rx;
    VirtQueue *tx;
    VirtQueue *events;
    Vsock *core;
    NitroVsockHost *host;
    NitroCapture *capture;
    NitroBreaks *breaks;
    QEMUTimer *timer;
    QEMUBH *bh;
    /* Sent packets that were returned without an interrupt, the first when. */
    unsigned tx_unsignalled;
    int64_t tx_unsignalled_since;
    QEMUTimer *tx_timer;
    /* What the core asks for is done at the end of this turn. */
    bool in_turn;
    bool work_due;
    /* The rest of the work waits for @bh. */
    bool turn_over;

    /* Properties. */
    uint64_t guest_cid;
    uint64_t parent_cid;
    uint32_t buffer_bytes;
    uint32_t packet_tax;
    bool seqpacket;
    bool refuse_cid2;
    bool console;
    char *path;
    char *routes;
    char *heartbeat;
    uint32_t heartbeat_delay;

    /* The driver is ready and the machine runs. */
    bool running;
    /* A snapshot was loaded: the guest is to hear of it when it runs. */
    bool announce_on_start;
    /* A transport reset waits for a buffer of the event queue. */
    bool reset_pending;
    /* It was sent; the driver is to refill the queue. */
    bool reset_sent;
    /* So many event buffers were left then. */
    unsigned event_buffers;

    /* Kept to save allocations: the pieces of one packet or one batch. */
    VsockPiece pieces[VIRTQUEUE_MAX_SIZE];
    uint8_t *payload;
    size_t payload_size;

    /* Only valid while a snapshot is saved or loaded. */
    uint8_t *state;
    uint32_t state_size;
};

static inline unsigned virtio_vsock_descriptors(const VirtQueueElement *elem)
{
    return elem->out_num + elem->in_num;
}

/* vsock-events.c: a transport reset, as soon as the guest has a buffer for it. */
void virtio_vsock_send_event(VirtIOVsock *s);
void virtio_vsock_handle_event(VirtIODevice *vdev, VirtQueue *vq);

/* vsock-qmp.c: what its commands do, in a recording by way of the log. */
void virtio_vsock_serve_commands(VirtIOVsock *s);

/* The machine's vsock device; NULL and an error when it has none. */
VirtIOVsock *virtio_vsock_find(Error **errp);

/* For the board, once the device is realized; NULL: none. */
void virtio_vsock_set_capture(VirtIOVsock *s, NitroCapture *capture);
/* vsock-break.c: packets become a source of these breaks. */
void virtio_vsock_set_breaks(VirtIOVsock *s, NitroBreaks *breaks);

/*
 * Before the reset that precedes loading a snapshot: flows end because of the
 * snapshot, not because the guest's driver did anything.
 */
void virtio_vsock_snapshot_load(VirtIOVsock *s);

/* vsock-break.c: the core's callback of that name. */
void virtio_vsock_break_hit(void *opaque, const uint32_t *ids, size_t count,
                            const VsockPacket *packet);

/* vsock-match.c: from and to QAPI; @packet may be NULL. */
bool virtio_vsock_parse_match(const VsockPacketMatch *packet, VsockMatch *match,
                              Error **errp);
VsockPacketMatch *virtio_vsock_match_info(const VsockMatch *match);

/* vsock-observers.c: what the core tells, for the stream, QMP and the log. */
void virtio_vsock_observe(VsockCallbacks *callbacks);

#endif
