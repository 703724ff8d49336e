/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio socket device with the parent side inside QEMU
 *
 * Guests lay out their buffers in many ways (one descriptor or two, up to 18
 * for a packet, 4 KiB or more), so nothing here counts descriptors: packets are
 * bytes gathered from and scattered to whatever the chain is made of. The core
 * reads and writes the guest's memory in place.
 *
 * Sent packets are always taken, unless thousands of resets wait for receive
 * buffers: a guest that stops receiving until its own packets are taken must
 * not meet a device that does the same. Buffers for received packets are only
 * looked at when the core has something to put into them; without any the
 * device waits for the guest's notification and does nothing meanwhile.
 *
 * All of it runs under the big lock: in the vCPU's thread for what the guest
 * notifies, in the main loop for what the host's sockets have to say.  What one
 * of them causes is done in the same turn where it can be: the other thread
 * would have to be woken first, which is most of the time of a small packet.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-access.h"
#include "migration/vmstate.h"
#include "system/replay.h"
#include "standard-headers/linux/virtio_ids.h"
#include "standard-headers/linux/virtio_vsock.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"
#include "trace.h"

/* Linux uses what virtio-mmio offers, up to 1024. */
#define VSOCK_QUEUE_SIZE 256

/*
 * Sent packets in one go, and times that the queue is found empty and then is
 * not, before others have their turn.
 */
#define VSOCK_TX_BATCH 64
#define VSOCK_TX_BATCHES 16

/* Received packets likewise, in batches of VSOCK_RX_BATCH at most. */
#define VSOCK_RX_BATCHES 16

/*
 * A packet of this size is passed on by the main loop, beside the guest, which
 * prepares the next one meanwhile.  With less the guest would sooner be done
 * with it than the main loop be awake.
 */
#define VSOCK_TX_LARGE (16 * KiB)

/*
 * The guest is interrupted for packets it has sent after so many of them, or so
 * much later. All it does then is free them, so nothing waits for it. What the
 * two figures are worth by themselves has not been measured.
 */
#define VSOCK_TX_UNSIGNALLED_MAX 32
#define VSOCK_TX_SIGNAL_NS (500 * SCALE_US)

/* A snapshot has a list of at most some thousand ports. */
#define VSOCK_STATE_MAX (1 * MiB)

QEMU_BUILD_BUG_ON(sizeof(VsockPiece) != sizeof(struct iovec));
QEMU_BUILD_BUG_ON(offsetof(VsockPiece, data) !=
                  offsetof(struct iovec, iov_base));
QEMU_BUILD_BUG_ON(offsetof(VsockPiece, size) !=
                  offsetof(struct iovec, iov_len));

/* ------------------------------------------------------------------ */
/* Packets of the guest                                               */

/* One chain of the TX queue. */
static void virtio_vsock_take(VirtIOVsock *s, const VirtQueueElement *elem)
{
    uint8_t header[VSOCK_HEADER_BYTES];
    size_t skip = VSOCK_HEADER_BYTES;
    size_t count = 0;

    if (iov_to_buf(elem->out_sg, elem->out_num, 0, header, sizeof(header)) <
        sizeof(header)) {
        vsock_receive_broken(s->core,
                             "a sent packet is shorter than its header");
        return;
    }
    for (unsigned i = 0; i < elem->out_num; i++) {
        const struct iovec *part = &elem->out_sg[i];
        size_t here = MIN(skip, part->iov_len);

        skip -= here;
        if (here < part->iov_len) {
            s->pieces[count].data = (uint8_t *)part->iov_base + here;
            s->pieces[count++].size = part->iov_len - here;
        }
    }
    vsock_receive(s->core, header, s->pieces, count);
}

static void virtio_vsock_signal_sent(VirtIOVsock *s)
{
    if (s->tx_unsignalled) {
        s->tx_unsignalled = 0;
        virtio_notify(VIRTIO_DEVICE(s), s->tx);
    }
}

/*
 * Setting a timer from the vCPU's thread wakes the main loop, so one that is
 * set stays, and finds out when it ends whether there is anything left to do.
 */
static void virtio_vsock_signal_sent_late(void *opaque)
{
    VirtIOVsock *s = opaque;
    int64_t due = s->tx_unsignalled_since + VSOCK_TX_SIGNAL_NS;

    if (!s->tx_unsignalled) {
        return;
    }
    if (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) < due) {
        timer_mod(s->tx_timer, due);
    } else {
        virtio_vsock_signal_sent(s);
    }
}

static void virtio_vsock_signal_sent_soon(VirtIOVsock *s, unsigned count)
{
    if (!s->tx_unsignalled) {
        s->tx_unsignalled_since = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        if (!timer_pending(s->tx_timer)) {
            timer_mod(s->tx_timer, s->tx_unsignalled_since +
                                   VSOCK_TX_SIGNAL_NS);
        }
    }
    s->tx_unsignalled += count;
    if (s->tx_unsignalled >= VSOCK_TX_UNSIGNALLED_MAX) {
        virtio_vsock_signal_sent(s);
    }
}

/*
 * Returns whether the queue has been emptied. With @small nothing large is
 * taken.
 */
static bool virtio_vsock_take_batch(VirtIOVsock *s, bool small)
{
    unsigned taken = 0;
    unsigned descriptors = 0;
    bool empty = false;

    while (taken < VSOCK_TX_BATCH && descriptors < VSOCK_BATCH_DESCRIPTORS &&
           vsock_may_receive(s->core)) {
        VirtQueueElement *elem = virtqueue_pop(s->tx, sizeof(*elem));

        if (!elem) {
            empty = true;
            break;
        }
        descriptors += virtio_vsock_descriptors(elem);
        if (small && iov_size(elem->out_sg, elem->out_num) >= VSOCK_TX_LARGE) {
            virtqueue_unpop(s->tx, elem, 0);
            g_free(elem);
            break;
        }
        virtio_vsock_take(s, elem);
        virtqueue_push(s->tx, elem, 0);
        g_free(elem);
        taken++;
    }
    vsock_end_of_batch(s->core);
    if (taken) {
        trace_virtio_vsock_sent(taken);
        virtio_vsock_signal_sent_soon(s, taken);
    }
    return empty;
}

/*
 * There is more to do than a turn has room for. It waits for the main loop, and
 * until then a guest that notifies the device again and again gets nothing done:
 * its processors would take the big lock from the main loop for as long as they
 * like.
 */
static void virtio_vsock_go_on_later(VirtIOVsock *s)
{
    s->turn_over = true;
    replay_bh_schedule_event(s->bh);
}

static void virtio_vsock_take_sent(VirtIOVsock *s, bool small)
{
    unsigned batches = VSOCK_TX_BATCHES;

    if (!s->running) {
        return;
    }
    virtio_queue_set_notification(s->tx, 0);
    while (true) {
        /* Another processor may add packets as fast as they are taken. */
        if (!virtio_vsock_take_batch(s, small) || !--batches) {
            /* Without room for resets the RX queue's notification goes on. */
            if (vsock_may_receive(s->core)) {
                virtio_vsock_go_on_later(s);
            }
            return;
        }
        virtio_queue_set_notification(s->tx, 1);
        if (virtio_queue_empty(s->tx)) {
            return;
        }
        virtio_queue_set_notification(s->tx, 0);
    }
}

/* ------------------------------------------------------------------ */
/* Packets for the guest                                              */

/*
 * Fills up to @limit buffers. Returns whether all that it was given were used,
 * so that more may be.
 */
static bool virtio_vsock_fill_batch(VirtIOVsock *s, unsigned limit)
{
    VirtQueueElement *elements[VSOCK_RX_BATCH];
    VsockBuffer buffers[VSOCK_RX_BATCH];
    unsigned count = 0;
    unsigned descriptors = 0;
    unsigned used;

    while (count < limit && descriptors < VSOCK_BATCH_DESCRIPTORS) {
        VirtQueueElement *elem = virtqueue_pop(s->rx, sizeof(*elem));

        if (!elem) {
            break;
        }
        descriptors += virtio_vsock_descriptors(elem);
        elements[count] = elem;
        buffers[count] = (VsockBuffer) {
            .pieces = (const VsockPiece *)elem->in_sg,
            .count = elem->in_num,
        };
        count++;
    }
    if (!count) {
        return false;
    }
    used = vsock_fill(s->core, buffers, count);
    for (unsigned i = 0; i < used; i++) {
        virtqueue_fill(s->rx, elements[i], buffers[i].used, i);
    }
    if (used) {
        virtqueue_flush(s->rx, used);
        virtio_notify(VIRTIO_DEVICE(s), s->rx);
        /* virtio-mmio has one interrupt: the driver looks at all queues. */
        virtio_vsock_signal_sent(s);
        trace_virtio_vsock_received(used);
    }
    for (unsigned i = count; i-- > used;) {
        virtqueue_unpop(s->rx, elements[i], 0);
    }
    for (unsigned i = 0; i < count; i++) {
        g_free(elements[i]);
    }
    return used == count;
}

/*
 * A guest that takes packets as fast as the host sends them could keep this
 * going for ever, and everybody else waiting for the big lock.
 */
static void virtio_vsock_fill(VirtIOVsock *s)
{
    unsigned limit = 2;
    unsigned batches = VSOCK_RX_BATCHES;

    if (!s->running) {
        return;
    }
    /* Only a device that lacks buffers wants to know of new ones. */
    virtio_queue_set_notification(s->rx, 0);
    while (vsock_wants_buffers(s->core)) {
        if (!batches--) {
            virtio_vsock_go_on_later(s);
            break;
        }
        if (virtio_vsock_fill_batch(s, limit)) {
            limit = MIN(limit * 4, VSOCK_RX_BATCH);
            continue;
        }
        if (!virtio_queue_empty(s->rx) || !vsock_wants_buffers(s->core)) {
            break;
        }
        virtio_queue_set_notification(s->rx, 1);
        if (virtio_queue_empty(s->rx)) {
            trace_virtio_vsock_starved();
            break;
        }
        virtio_queue_set_notification(s->rx, 0);
    }
}

/*
 * Between the two, work that the core asks for is remembered; it is done at the
 * end of this turn.
 */
static void virtio_vsock_turn_begins(void *opaque)
{
    VirtIOVsock *s = opaque;

    s->in_turn = true;
}

static void virtio_vsock_turn_ends(void *opaque)
{
    VirtIOVsock *s = opaque;
    DeviceState *transport = qdev_get_parent_bus(DEVICE(s))->parent;
    MemReentrancyGuard *guard = &transport->mem_reentrancy_guard;
    bool engaged = guard->engaged_in_io;

    s->in_turn = false;
    if (!s->work_due) {
        return;
    }
    s->work_due = false;
    /* A device that starts looks for work by itself. */
    if (!s->running) {
        return;
    }
    if (replay_mode != REPLAY_MODE_NONE) {
        replay_bh_schedule_event(s->bh);
        return;
    }
    /* As for a bottom half: buffers are not to be the device's registers. */
    guard->engaged_in_io = true;
    virtio_vsock_fill(s);
    guard->engaged_in_io = engaged;
}

static void virtio_vsock_handle_tx(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOVsock *s = VIRTIO_VSOCK(vdev);

    if (s->turn_over) {
        return;
    }
    virtio_vsock_turn_begins(s);
    virtio_vsock_take_sent(s, true);
    virtio_vsock_turn_ends(s);
}

static void virtio_vsock_bh(void *opaque)
{
    VirtIOVsock *s = opaque;

    s->turn_over = false;
    virtio_vsock_fill(s);
    virtio_vsock_take_sent(s, false);
}

static void virtio_vsock_handle_rx(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOVsock *s = VIRTIO_VSOCK(vdev);

    if (s->turn_over) {
        return;
    }
    virtio_vsock_fill(s);
    /* Resets that waited for buffers may have stopped the other direction. */
    if (s->running && !virtio_queue_empty(s->tx)) {
        replay_bh_schedule_event(s->bh);
    }
}

/* ------------------------------------------------------------------ */
/* What the core asks of its host                                     */

static int64_t virtio_vsock_now(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void virtio_vsock_set_alarm(void *opaque, int64_t when)
{
    VirtIOVsock *s = opaque;

    if (when < 0) {
        timer_del(s->timer);
    } else {
        timer_mod(s->timer, when);
    }
}

static void virtio_vsock_work(void *opaque)
{
    VirtIOVsock *s = opaque;

    if (s->in_turn) {
        s->work_due = true;
    } else if (s->running) {
        replay_bh_schedule_event(s->bh);
    }
}

static void virtio_vsock_transport_reset(void *opaque)
{
    VirtIOVsock *s = opaque;

    s->reset_pending = true;
    s->reset_sent = false;
    virtio_vsock_send_event(s);
}

static void virtio_vsock_timer(void *opaque)
{
    VirtIOVsock *s = opaque;

    vsock_run_timers(s->core);
}

/* ------------------------------------------------------------------ */
/* virtio                                                             */

static uint64_t virtio_vsock_get_features(VirtIODevice *vdev, uint64_t features,
                                          Error **errp)
{
    if (VIRTIO_VSOCK(vdev)->seqpacket) {
        virtio_add_feature(&features, VIRTIO_VSOCK_F_SEQPACKET);
    }
    return features;
}

static void virtio_vsock_get_config(VirtIODevice *vdev, uint8_t *config)
{
    struct virtio_vsock_config values = { 0 };

    virtio_stq_p(vdev, &values.guest_cid,
                 vsock_guest_cid(VIRTIO_VSOCK(vdev)->core));
    memcpy(config, &values, sizeof(values));
}

/* Also called when the machine stops and continues. */
static void virtio_vsock_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOVsock *s = VIRTIO_VSOCK(vdev);
    /* A recording goes on after a stop as if there had been none. */
    bool running = replay_mode == REPLAY_MODE_NONE
                   ? virtio_device_should_start(vdev, status)
                   : virtio_device_started(vdev, status);

    if (running == s->running) {
        return;
    }
    s->running = running;
    trace_virtio_vsock_running(running);
    if (!running) {
        return;
    }
    vsock_start(s->core,
                virtio_vdev_has_feature(vdev, VIRTIO_VSOCK_F_SEQPACKET));
    if (s->announce_on_start) {
        s->announce_on_start = false;
        s->reset_pending = s->reset_sent = false;
        vsock_announce_transport_reset(s->core, VSOCK_REASON_SNAPSHOT_LOADED);
    }
    virtio_vsock_send_event(s);
    /*
     * What the guest put into the queues while nobody looked: it may have
     * notified the device before a snapshot, and will not do so again.
     */
    replay_bh_schedule_event(s->bh);
    /* Likewise what was taken of it without an interrupt. */
    virtio_vsock_signal_sent_soon(s, 1);
}

static void virtio_vsock_reset(VirtIODevice *vdev)
{
    VirtIOVsock *s = VIRTIO_VSOCK(vdev);

    s->running = false;
    s->turn_over = false;
    s->tx_unsignalled = 0;
    s->announce_on_start = s->reset_pending = s->reset_sent = false;
    vsock_reset(s->core);
    qemu_bh_cancel(s->bh);
}

/* ------------------------------------------------------------------ */
/* Snapshots                                                          */

static int virtio_vsock_pre_save(void *opaque)
{
    VirtIOVsock *s = opaque;

    size_t size = vsock_save(s->core, NULL, 0);

    g_free(s->state);
    s->state = g_malloc(size);
    s->state_size = size;
    /* 0: there is no memory for it. */
    return size && vsock_save(s->core, s->state, size) == size ? 0 : -ENOMEM;
}

static int virtio_vsock_post_save(void *opaque)
{
    VirtIOVsock *s = opaque;

    g_clear_pointer(&s->state, g_free);
    return 0;
}

static bool virtio_vsock_state_size_valid(void *opaque, int version)
{
    return VIRTIO_VSOCK(opaque)->state_size <= VSOCK_STATE_MAX;
}

static int virtio_vsock_post_load(void *opaque, int version)
{
    VirtIOVsock *s = opaque;
    int result = -1;

    if (s->state && s->state_size <= VSOCK_STATE_MAX) {
        result = vsock_load(s->core, s->state, s->state_size);
    }
    g_clear_pointer(&s->state, g_free);
    if (nitro_recording_is_loading()) {
        /* Nothing was under way. */
        s->running = virtio_device_started(VIRTIO_DEVICE(s),
                                           VIRTIO_DEVICE(s)->status);
        return result ? -EINVAL : 0;
    }
    /* The host's ends were not part of it; the guest hears that first. */
    s->announce_on_start = true;
    s->running = false;
    return result ? -EINVAL : 0;
}

/* The device's own state; what virtio itself keeps is in vmstate_virtio_vsock. */
static const VMStateDescription vmstate_virtio_vsock_device = {
    .name = "virtio-vsock-device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = virtio_vsock_pre_save,
    .post_save = virtio_vsock_post_save,
    .post_load = virtio_vsock_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(state_size, VirtIOVsock),
        VMSTATE_VBUFFER_ALLOC_UINT32(state, VirtIOVsock, 0,
                                     virtio_vsock_state_size_valid,
                                     state_size),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_virtio_vsock = {
    .name = "virtio-vsock",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    },
};

/* ------------------------------------------------------------------ */
/* Life                                                               */

static bool virtio_vsock_is_quiet(void *opaque)
{
    VirtIOVsock *s = opaque;

    return vsock_is_quiet(s->core) && !s->turn_over && !s->work_due &&
           !s->tx_unsignalled && !timer_pending(s->tx_timer) &&
           !s->announce_on_start && !s->reset_pending && !s->reset_sent;
}

void virtio_vsock_snapshot_load(VirtIOVsock *s)
{
    if (nitro_recording_is_loading()) {
        vsock_forget_all(s->core);
        timer_del(s->timer);
        timer_del(s->tx_timer);
        s->turn_over = s->work_due = s->in_turn = false;
        s->tx_unsignalled = 0;
        return;
    }
    vsock_close_flows(s->core, VSOCK_REASON_SNAPSHOT_LOADED);
}

void virtio_vsock_set_capture(VirtIOVsock *s, NitroCapture *capture)
{
    s->capture = capture;
}

VirtIOVsock *virtio_vsock_find(Error **errp)
{
    Object *vsock = object_resolve_path_component(qdev_get_machine(),
                                                  "virtio-vsock");

    if (!vsock) {
        error_setg(errp, "this machine is not nitro-enclave: it has no vsock "
                   "device of ours");
        return NULL;
    }
    return VIRTIO_VSOCK(vsock);
}

static bool virtio_vsock_check(VirtIOVsock *s, Error **errp)
{
    if (s->guest_cid < VSOCK_CID_FIRST_GUEST || s->guest_cid > VSOCK_CID_LAST) {
        error_setg(errp, "an enclave's CID is between %u and %u, not %" PRIu64,
                   VSOCK_CID_FIRST_GUEST, VSOCK_CID_LAST, s->guest_cid);
        return false;
    }
    if (s->heartbeat_delay > VSOCK_HEARTBEAT_DELAY_MAX) {
        error_setg(errp, "heartbeat-delay is at most %u ms, not %" PRIu32,
                   VSOCK_HEARTBEAT_DELAY_MAX, s->heartbeat_delay);
        return false;
    }
    if (s->parent_cid < 2 || s->parent_cid >= UINT32_MAX ||
        s->parent_cid == s->guest_cid) {
        error_setg(errp, "CID %" PRIu64 " cannot be the parent's",
                   s->parent_cid);
        return false;
    }
    return true;
}

static void virtio_vsock_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOVsock *s = VIRTIO_VSOCK(dev);
    VsockHostOptions host = {
        .path = s->path,
        .routes = s->routes,
        .heartbeat_delay_ms = s->heartbeat_delay,
        .console = s->console,
    };
    const NitroVsockTurn turn = {
        .opaque = s,
        .begins = virtio_vsock_turn_begins,
        .ends = virtio_vsock_turn_ends,
    };
    const VsockOptions options = {
        .guest_cid = s->guest_cid,
        .parent_cid = s->parent_cid,
        .refuse_cid2 = s->refuse_cid2,
        .buffer_bytes = s->buffer_bytes,
        .packet_tax = s->packet_tax ?: VSOCK_NO_TAX,
    };
    VsockCallbacks callbacks = {
        .opaque = s,
        .now = virtio_vsock_now,
        .set_alarm = virtio_vsock_set_alarm,
        .work = virtio_vsock_work,
        .transport_reset = virtio_vsock_transport_reset,
    };

    if (!virtio_vsock_check(s, errp)) {
        return;
    }
    virtio_vsock_observe(&callbacks);
    s->core = vsock_new(&callbacks, &options);
    if (!s->core) {
        error_setg(errp, "cannot create the vsock device: not enough memory");
        return;
    }
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, virtio_vsock_timer, s);
    s->host = nitro_vsock_host_new(vsock_guest_side(s->core), &turn, &host,
                                   s->heartbeat, errp);
    if (!s->host) {
        timer_free(s->timer);
        vsock_free(s->core);
        s->core = NULL;
        return;
    }
    vsock_set_host_side(s->core, nitro_vsock_host_side(s->host));

    virtio_init(vdev, VIRTIO_ID_VSOCK, sizeof(struct virtio_vsock_config));
    s->rx = virtio_add_queue(vdev, VSOCK_QUEUE_SIZE, virtio_vsock_handle_rx);
    s->tx = virtio_add_queue(vdev, VSOCK_QUEUE_SIZE, virtio_vsock_handle_tx);
    s->events = virtio_add_queue(vdev, VSOCK_QUEUE_SIZE,
                                 virtio_vsock_handle_event);
    s->tx_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL,
                               virtio_vsock_signal_sent_late, s);
    s->bh = virtio_bh_new_guarded(dev, virtio_vsock_bh, s);
    virtio_vsock_serve_commands(s);
    nitro_recording_wait_for(virtio_vsock_is_quiet, s);
}

static void virtio_vsock_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOVsock *s = VIRTIO_VSOCK(dev);

    qemu_bh_delete(s->bh);
    for (int i = 0; i < 3; i++) {
        virtio_del_queue(vdev, i);
    }
    virtio_cleanup(vdev);
    s->running = false;
    vsock_close_flows(s->core, VSOCK_REASON_DEVICE_RESET);
    vsock_set_host_side(s->core, NULL);
    nitro_vsock_host_free(s->host);
    vsock_free(s->core);
    timer_free(s->timer);
    timer_free(s->tx_timer);
    g_free(s->payload);
    s->core = NULL;
}

static const Property virtio_vsock_properties[] = {
    DEFINE_PROP_UINT64("guest-cid", VirtIOVsock, guest_cid,
                       VSOCK_CID_DEFAULT_GUEST),
    DEFINE_PROP_UINT64("parent-cid", VirtIOVsock, parent_cid, 3),
    /* Do not answer at CID 2, where nobody is on EC2. */
    DEFINE_PROP_BOOL("refuse-cid2", VirtIOVsock, refuse_cid2, false),
    DEFINE_PROP_BOOL("seqpacket", VirtIOVsock, seqpacket, true),
    /* Bytes of each flow on their way to the host: Linux's default. */
    DEFINE_PROP_UINT32("buffer", VirtIOVsock, buffer_bytes, 256 * KiB),
    /* What a packet costs of the guest's buffer; 0: only its bytes. */
    DEFINE_PROP_UINT32("packet-tax", VirtIOVsock, packet_tax, 576),
    /* Hybrid Unix socket, and <path>_<port> for what the guest dials. */
    DEFINE_PROP_STRING("path", VirtIOVsock, path),
    DEFINE_PROP_STRING("routes", VirtIOVsock, routes),
    DEFINE_PROP_STRING("heartbeat", VirtIOVsock, heartbeat),
    /* Milliseconds, for heartbeat=delay. */
    DEFINE_PROP_UINT32("heartbeat-delay", VirtIOVsock, heartbeat_delay, 0),
    /* The parent may read the console on CID 0. */
    DEFINE_PROP_BOOL("console", VirtIOVsock, console, false),
};

static void virtio_vsock_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, virtio_vsock_properties);
    dc->vmsd = &vmstate_virtio_vsock;
    dc->desc = "Virtio socket with the parent inside QEMU";
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
    vdc->realize = virtio_vsock_realize;
    vdc->unrealize = virtio_vsock_unrealize;
    vdc->get_features = virtio_vsock_get_features;
    vdc->get_config = virtio_vsock_get_config;
    vdc->set_status = virtio_vsock_set_status;
    vdc->reset = virtio_vsock_reset;
    vdc->vmsd = &vmstate_virtio_vsock_device;
}

static const TypeInfo virtio_vsock_info = {
    .name = TYPE_VIRTIO_VSOCK,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOVsock),
    .class_init = virtio_vsock_class_init,
};

static void virtio_vsock_register_types(void)
{
    type_register_static(&virtio_vsock_info);
}

type_init(virtio_vsock_register_types)
