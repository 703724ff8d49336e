/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio Nitro Security Module device
 *
 * Framing, as the Linux driver (drivers/misc/nsm.c) needs it: the driver
 * posts a request as one device-readable chain and then a buffer for the
 * response as a second, device-writable chain. The device completes the
 * request first and the response second, and interrupts once, after both:
 * the driver fetches the two right after the first interrupt.
 *
 * A request stays in the available ring until its answer can be given: until
 * its response buffer is there and, when a fault delays the answer or a break
 * stops the machine, until then. So the device holds no element between two
 * events, and a snapshot needs no in-flight descriptors.
 *
 * A guest with several processors can refill the ring as fast as it is emptied,
 * and all of this runs under the big lock. So the device does a bounded amount of
 * work between two turns of the main loop, and leaves the rest to a bottom half.
 *
 * A break on a request stops the machine before the request has any effect, one
 * on an error when the answer is made but not given. The device goes on by a
 * timer of the virtual clock, which it starts when the machine runs again.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/guest-random.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/replay.h"
#include "system/runstate.h"
#include "exec/memory.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-mmio.h"
#include "migration/vmstate.h"
#include "standard-headers/linux/virtio_ids.h"
#include "nsm-device/qemu/nsm-break.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "trace.h"

/* Two would do for Linux; a few more let other drivers use scatter lists. */
#define NSM_QUEUE_SIZE 16

/* Work for the guest before the main loop has had its turn. */
#define NSM_TURN_REQUESTS 64
#define NSM_TURN_NS (2 * SCALE_MS)

/* ------------------------------------------------------------------ */
/* What the core asks of its host                                     */

static int virtio_nsm_random(void *opaque, uint8_t *out, size_t size)
{
    return qemu_guest_getrandom(out, size, NULL);
}

static int64_t virtio_nsm_now_ms(void *opaque)
{
    return qemu_clock_get_ms(QEMU_CLOCK_HOST);
}

static void virtio_nsm_pcr_changed(void *opaque, unsigned index,
                                   const uint8_t value[NSM_PCR_SIZE],
                                   int locked, NsmCause cause)
{
    VirtIONSM *s = opaque;
    char hex[2 * NSM_PCR_SIZE + 1];

    for (size_t i = 0; i < NSM_PCR_SIZE; i++) {
        snprintf(hex + 2 * i, 3, "%02x", value[i]);
    }
    trace_virtio_nsm_pcr_changed(index, nsm_cause_name(cause), locked, hex);
    nsm_pcr_events_changed(&s->events, index, value, locked, cause);
    nsm_recorder_pcr_changed(&s->recorder, index, value, locked, cause);
}

/*
 * Keys and signatures come from OpenSSL's own random numbers, so no second run
 * makes the same document: the replay log carries the answer as a whole.
 * Returns its size.
 */
static size_t virtio_nsm_replay(VirtIONSM *s, size_t made)
{
    uint32_t size = made;

    if (replay_mode == REPLAY_MODE_RECORD) {
        replay_save_random(0, &size, sizeof(size));
        replay_save_random(0, s->response, size);
    } else if (replay_mode == REPLAY_MODE_PLAY) {
        replay_read_random(&size, sizeof(size));
        if (size > sizeof(s->response)) {
            error_report("the replay log holds an attestation document of "
                         "%" PRIu32 " bytes", size);
            exit(1);
        }
        replay_read_random(s->response, size);
    }
    return size;
}

static void virtio_nsm_transaction(void *opaque, const NsmTransaction *t)
{
    VirtIONSM *s = opaque;
    NsmTransaction shown = *t;

    if (t->kind == NSM_REQUEST_ATTESTATION && !t->dropped) {
        shown.response_size = virtio_nsm_replay(s, t->response_size);
    }
    s->answer_size = shown.response_size;
    trace_virtio_nsm_transaction(t->id, nsm_request_name(t->kind), t->index,
                                 nsm_error_name(t->error), t->duration_ns,
                                 t->faults);
    nsm_recorder_transaction(&s->recorder, &shown);
}

static void virtio_nsm_log(void *opaque, const char *message)
{
    warn_report("NSM: %s", message);
}

/* ------------------------------------------------------------------ */
/* Virtqueue                                                          */

static void virtio_nsm_refuse_chain(VirtIONSM *s, VirtQueueElement *elem,
                                    const char *expected)
{
    virtio_error(VIRTIO_DEVICE(s),
                 "virtio-nsm: expected a %s in memory, got a chain of %u "
                 "device-readable and %u device-writable buffers",
                 expected, elem->out_num, elem->in_num);
    virtqueue_detach_element(s->vq, elem, 0);
    g_free(elem);
}

/* QEMU bounces buffers that lie nowhere; reading zeros would hide the mistake. */
static bool virtio_nsm_in_memory(VirtIONSM *s, const VirtQueueElement *elem)
{
    AddressSpace *as = VIRTIO_DEVICE(s)->dma_as;

    for (unsigned i = 0; i < elem->out_num; i++) {
        if (!address_space_access_valid(as, elem->out_addr[i],
                                        elem->out_sg[i].iov_len, false,
                                        MEMTXATTRS_UNSPECIFIED)) {
            return false;
        }
    }
    for (unsigned i = 0; i < elem->in_num; i++) {
        if (!address_space_access_valid(as, elem->in_addr[i],
                                        elem->in_sg[i].iov_len, true,
                                        MEMTXATTRS_UNSPECIFIED)) {
            return false;
        }
    }
    return true;
}

/*
 * Takes the next request and its response buffer off the available ring;
 * false when they are not both there, or not what they must be.
 */
static bool virtio_nsm_pop_pair(VirtIONSM *s, VirtQueueElement **request,
                                VirtQueueElement **response)
{
    *request = virtqueue_pop(s->vq, sizeof(VirtQueueElement));
    if (!*request) {
        return false;
    }
    if ((*request)->in_num || !(*request)->out_num ||
        !virtio_nsm_in_memory(s, *request)) {
        virtio_nsm_refuse_chain(s, *request,
                                "request of device-readable buffers only");
        return false;
    }

    *response = virtqueue_pop(s->vq, sizeof(VirtQueueElement));
    if (!*response) {
        if (VIRTIO_DEVICE(s)->broken) {
            virtqueue_detach_element(s->vq, *request, 0);
        } else {
            trace_virtio_nsm_wait_for_response_buffer();
            virtqueue_unpop(s->vq, *request, 0);
        }
        g_free(*request);
        return false;
    }
    if ((*response)->out_num || !(*response)->in_num ||
        !virtio_nsm_in_memory(s, *response)) {
        virtqueue_detach_element(s->vq, *request, 0);
        g_free(*request);
        virtio_nsm_refuse_chain(s, *response,
                                "response of device-writable buffers only");
        return false;
    }
    return true;
}

/* Computes the answer to s->request, now in s->response. */
static NsmAnswer virtio_nsm_answer(VirtIONSM *s, size_t size,
                                   VirtQueueElement *response)
{
    size_t capacity = MIN(iov_size(response->in_sg, response->in_num),
                          sizeof(s->response));
    NsmAnswer answer;

    nsm_recorder_begin(&s->recorder);
    if (size > sizeof(s->request)) {
        answer = nsm_refuse(s->nsm, NSM_INPUT_TOO_LARGE, s->response, capacity);
    } else {
        answer = nsm_handle(s->nsm, s->request, size, s->response, capacity);
    }
    nsm_recorder_end(&s->recorder);
    answer.size = s->answer_size;
    trace_virtio_nsm_answer(nsm_request_name(answer.kind), size,
                            nsm_error_name(answer.error), answer.size,
                            capacity);
    return answer;
}

/* Both chains become visible to the driver at once, in order. */
static void virtio_nsm_complete(VirtIONSM *s, VirtQueueElement *request,
                                VirtQueueElement *response, size_t size)
{
    size = iov_from_buf(response->in_sg, response->in_num, 0, s->response,
                        size);
    virtqueue_fill(s->vq, request, 0, 0);
    virtqueue_fill(s->vq, response, size, 1);
    virtqueue_flush(s->vq, 2);
    virtio_notify(VIRTIO_DEVICE(s), s->vq);
}

/* Leaves both chains in the available ring until the timer expires. */
static void virtio_nsm_hold(VirtIONSM *s, uint8_t what, uint32_t delay_ms,
                            bool stopped)
{
    s->hold = what;
    s->stopped = stopped;
    s->delay_ms = delay_ms;
    if (!stopped) {
        timer_mod(s->timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + delay_ms);
    }
}

/* Whether a break wants the machine to stop here; answer is NULL before. */
static bool virtio_nsm_breaks(VirtIONSM *s, const NsmQuestion *question,
                              const NsmAnswer *answer)
{
    const NsmBreakEvent event = {
        .question = question,
        .answer = answer,
    };

    return nitro_break_hit(s->breaks, ENCLAVE_BREAK_SOURCE_NSM, &event);
}

/* Answers a pair of chains, or holds it back. */
static void virtio_nsm_serve(VirtIONSM *s, VirtQueueElement *request,
                             VirtQueueElement *response, bool resumed)
{
    size_t size = iov_size(request->out_sg, request->out_num);
    bool watched = nitro_breaks_watch(s->breaks, ENCLAVE_BREAK_SOURCE_NSM);
    NsmQuestion question = { };
    NsmAnswer answer;
    bool stopped;

    iov_to_buf(request->out_sg, request->out_num, 0, s->request,
               sizeof(s->request));
    if (watched) {
        /* One that is too long is refused unread, see virtio_nsm_answer(). */
        size_t taken = size > sizeof(s->request) ? 0 : size;

        question = nsm_inspect(s->nsm, s->request, taken);
        if (!resumed && virtio_nsm_breaks(s, &question, NULL)) {
            nsm_recorder_hold(&s->recorder, &question, s->request, taken);
            virtio_nsm_hold(s, NSM_HOLD_REQUEST, 0, true);
            virtqueue_unpop(s->vq, response, 0);
            virtqueue_unpop(s->vq, request, 0);
            return;
        }
    }

    answer = virtio_nsm_answer(s, size, response);
    if (answer.dropped) {
        /* Consumed, but never returned to the driver. */
        virtqueue_detach_element(s->vq, request, 0);
        virtqueue_detach_element(s->vq, response, 0);
        return;
    }
    stopped = watched && virtio_nsm_breaks(s, &question, &answer);
    if (stopped || answer.delay_ms) {
        s->pending_size = answer.size;
        virtio_nsm_hold(s, NSM_HOLD_ANSWER, answer.delay_ms, stopped);
        virtqueue_unpop(s->vq, response, 0);
        virtqueue_unpop(s->vq, request, 0);
    } else {
        virtio_nsm_complete(s, request, response, answer.size);
    }
}

/* Whether the driver has the queue switched on: the rings are its own else. */
static bool virtio_nsm_queue_ready(VirtIONSM *s)
{
    DeviceState *parent = qdev_get_parent_bus(DEVICE(s))->parent;

    return !object_dynamic_cast(OBJECT(parent), TYPE_VIRTIO_MMIO) ||
           VIRTIO_MMIO(parent)->vqs[0].enabled;
}

/* Serves one pair of chains; false when nothing more can be done now. */
static bool virtio_nsm_handle_pair(VirtIONSM *s, bool resumed)
{
    VirtQueueElement *request, *response;

    if (s->hold || !virtio_nsm_queue_ready(s) ||
        !virtio_nsm_pop_pair(s, &request, &response)) {
        return false;
    }
    virtio_nsm_serve(s, request, response, resumed);
    g_free(request);
    g_free(response);
    return true;
}

/*
 * Under record/replay one processor runs at a time, so nobody refills the ring,
 * and a replay must do the same at the same moment, whatever time it takes.
 */
static bool virtio_nsm_turn_over(const VirtIONSM *s)
{
    return replay_mode == REPLAY_MODE_NONE &&
           (s->turn_requests >= NSM_TURN_REQUESTS || s->turn_ns >= NSM_TURN_NS);
}

static void virtio_nsm_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIONSM *s = VIRTIO_NSM(vdev);

    while (!virtio_nsm_turn_over(s)) {
        int64_t start = get_clock();

        if (!virtio_nsm_handle_pair(s, false)) {
            return;
        }
        s->turn_requests++;
        s->turn_ns += get_clock() - start;
    }
    qemu_bh_schedule(s->bh);
}

/* The main loop has had its turn. */
static void virtio_nsm_next_turn(void *opaque)
{
    VirtIONSM *s = opaque;

    s->turn_requests = 0;
    s->turn_ns = 0;
    /* Memory stays as it is while the machine is stopped, for snapshots. */
    if (runstate_is_running()) {
        virtio_nsm_handle_output(VIRTIO_DEVICE(s), s->vq);
    }
}

/* The time of what was held back has come. */
static void virtio_nsm_go_on(void *opaque)
{
    VirtIONSM *s = opaque;
    VirtQueueElement *request, *response;
    uint8_t hold = s->hold;

    s->hold = NSM_HOLD_NOTHING;
    if (hold == NSM_HOLD_REQUEST) {
        virtio_nsm_handle_pair(s, true);
    } else if (hold == NSM_HOLD_ANSWER && virtio_nsm_queue_ready(s) &&
               virtio_nsm_pop_pair(s, &request, &response)) {
        virtio_nsm_complete(s, request, response, s->pending_size);
        g_free(request);
        g_free(response);
    }
    virtio_nsm_handle_output(VIRTIO_DEVICE(s), s->vq);
}

static void virtio_nsm_run_state(void *opaque, bool running, RunState state)
{
    VirtIONSM *s = opaque;

    if (running && s->stopped) {
        s->stopped = false;
        timer_mod(s->timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + s->delay_ms);
    }
    /* What a turn has left in the ring, perhaps before a snapshot. */
    if (running && replay_mode == REPLAY_MODE_NONE) {
        qemu_bh_schedule(s->bh);
    }
}

/* The rings are forgotten, and with them what is held back. */
static void virtio_nsm_forget_held(VirtIONSM *s)
{
    s->hold = NSM_HOLD_NOTHING;
    s->stopped = false;
    nsm_recorder_forget(&s->recorder);
    timer_del(s->timer);
}

static void virtio_nsm_reset(VirtIODevice *vdev)
{
    virtio_nsm_forget_held(VIRTIO_NSM(vdev));
}

static void virtio_nsm_queue_reset(VirtIODevice *vdev, uint32_t queue_index)
{
    virtio_nsm_forget_held(VIRTIO_NSM(vdev));
}

static uint64_t virtio_nsm_get_features(VirtIODevice *vdev, uint64_t features,
                                        Error **errp)
{
    /* virtio-mmio has no register to reset a queue. */
    virtio_clear_feature(&features, VIRTIO_F_RING_RESET);
    return features;
}

/* The real device is not transitional, and this one does not pretend to be. */
static void virtio_nsm_set_status(VirtIODevice *vdev, uint8_t status)
{
    if ((status & VIRTIO_CONFIG_S_DRIVER_OK) &&
        !virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
        virtio_error(vdev, "virtio-nsm: the driver does not accept "
                     "VIRTIO_F_VERSION_1");
    }
}

/* ------------------------------------------------------------------ */
/* Board's interface                                                  */

VirtIONSM *virtio_nsm_find(Error **errp)
{
    Object *nsm = object_resolve_path_component(qdev_get_machine(), "nsm");

    if (!nsm) {
        error_setg(errp, "this machine is not nitro-enclave: it has no NSM of "
                   "ours");
        return NULL;
    }
    return VIRTIO_NSM(nsm);
}

void virtio_nsm_reset_pcrs(VirtIONSM *s)
{
    nsm_reset(s->nsm);
}

void virtio_nsm_seed_pcr(VirtIONSM *s, unsigned index,
                         const uint8_t value[NSM_PCR_SIZE])
{
    nsm_seed_pcr(s->nsm, index, value);
}

void virtio_nsm_lock_range(VirtIONSM *s, unsigned n)
{
    nsm_lock_range(s->nsm, n);
}

void virtio_nsm_get_pcr(VirtIONSM *s, unsigned index,
                        uint8_t value[NSM_PCR_SIZE], bool *locked)
{
    int flag;

    nsm_get_visible_pcr(s->nsm, index, value, &flag);
    if (locked) {
        *locked = flag;
    }
}

void virtio_nsm_get_counters(VirtIONSM *s, NsmCounters *counters)
{
    nsm_get_counters(s->nsm, counters);
}

void virtio_nsm_set_capture(VirtIONSM *s, NitroCapture *capture)
{
    s->recorder.capture = capture;
}

void virtio_nsm_set_breaks(VirtIONSM *s, NitroBreaks *breaks)
{
    s->breaks = breaks;
    nsm_break_register(breaks);
}

const char *virtio_nsm_module_id(VirtIONSM *s)
{
    return nsm_module_id(s->nsm);
}

/* ------------------------------------------------------------------ */
/* Snapshots                                                          */

static int virtio_nsm_pre_save(void *opaque)
{
    VirtIONSM *s = opaque;

    nsm_save_state(s->nsm, &s->state);
    return 0;
}

static int virtio_nsm_post_load(void *opaque, int version_id)
{
    VirtIONSM *s = opaque;

    if (s->pending_size > sizeof(s->response) || s->hold > NSM_HOLD_ANSWER) {
        return -EINVAL;
    }
    /* The reader may be another one than before. */
    nsm_recorder_forget(&s->recorder);
    return nsm_load_state(s->nsm, &s->state) == 0 ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_virtio_nsm_device = {
    .name = "nitroscope-nsm",
    .version_id = 2,
    .minimum_version_id = 2,
    .pre_save = virtio_nsm_pre_save,
    .post_load = virtio_nsm_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(state.values, VirtIONSM,
                            NSM_PCR_COUNT * NSM_PCR_SIZE),
        VMSTATE_UINT8_ARRAY(state.locked, VirtIONSM, NSM_PCR_COUNT),
        VMSTATE_UINT64_ARRAY(state.requests, VirtIONSM, NSM_REQUEST_KINDS),
        VMSTATE_UINT64_ARRAY(state.errors, VirtIONSM, NSM_ERRORS),
        VMSTATE_UINT8_ARRAY(state.module_id, VirtIONSM, NSM_MODULE_ID_MAX),
        VMSTATE_UINT32_ARRAY(state.faults, VirtIONSM,
                             NSM_FAULTS_MAX * NSM_FAULT_WORDS),
        VMSTATE_UINT32(state.fault_count, VirtIONSM),
        VMSTATE_UINT64(state.fault_seed, VirtIONSM),
        VMSTATE_UINT32(state.identity_size, VirtIONSM),
        VMSTATE_UINT8_ARRAY(state.identity, VirtIONSM, NSM_IDENTITY_MAX),
        VMSTATE_UINT64(state.transactions, VirtIONSM),
        VMSTATE_UINT8(hold, VirtIONSM),
        VMSTATE_BOOL(stopped, VirtIONSM),
        VMSTATE_UINT32(delay_ms, VirtIONSM),
        VMSTATE_UINT32(pending_size, VirtIONSM),
        VMSTATE_UINT8_ARRAY(response, VirtIONSM, NSM_RESPONSE_MAX),
        VMSTATE_TIMER_PTR(timer, VirtIONSM),
        VMSTATE_END_OF_LIST()
    },
};

/* virtio reads the device's part as of this version: the two go together. */
static const VMStateDescription vmstate_virtio_nsm = {
    .name = "virtio-nsm",
    .version_id = 2,
    .minimum_version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        VMSTATE_END_OF_LIST()
    },
};

/* ------------------------------------------------------------------ */
/* Device                                                             */

static void virtio_nsm_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIONSM *s = VIRTIO_NSM(dev);
    const NsmHost host = {
        .opaque = s,
        .random = virtio_nsm_random,
        .now_ms = virtio_nsm_now_ms,
        .pcr_changed = virtio_nsm_pcr_changed,
        .transaction = virtio_nsm_transaction,
        .log = virtio_nsm_log,
    };
    const NsmIdentity identity = {
        .pki_directory = s->pki_directory,
        .ca_key_file = s->ca_key,
        .ca_chain_file = s->ca_chain,
        .region = s->region,
    };
    const NsmOptions options = {
        .module_id = s->module_id,
        .debug_mode = s->debug_mode,
        .definite_payload = s->definite_payload,
        .version = s->version,
        .identity = &identity,
    };
    char message[512] = "";

    if (s->module_id && strlen(s->module_id) >= NSM_MODULE_ID_MAX) {
        error_setg(errp, "'module-id' is longer than %u characters",
                   NSM_MODULE_ID_MAX - 1);
        return;
    }
    nsm_pcr_events_init(&s->events);
    s->nsm = nsm_create(&host, &options, message, sizeof(message));
    if (!s->nsm) {
        nsm_pcr_events_destroy(&s->events);
        error_setg(errp, "cannot create the Nitro Security Module: %s",
                   message);
        return;
    }

    s->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, virtio_nsm_go_on, s);
    s->run_state = qemu_add_vm_change_state_handler(virtio_nsm_run_state, s);
    virtio_init(vdev, VIRTIO_ID_NITRO_SEC_MOD, 0);
    s->vq = virtio_add_queue(vdev, NSM_QUEUE_SIZE, virtio_nsm_handle_output);
    s->bh = virtio_bh_new_guarded(dev, virtio_nsm_next_turn, s);
    virtio_nsm_serve_commands(s);
}

static void virtio_nsm_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIONSM *s = VIRTIO_NSM(dev);

    qemu_bh_delete(s->bh);
    virtio_del_queue(vdev, 0);
    virtio_cleanup(vdev);
    qemu_del_vm_change_state_handler(s->run_state);
    timer_free(s->timer);
    nsm_destroy(s->nsm);
    s->nsm = NULL;
    nsm_pcr_events_destroy(&s->events);
}

static const Property virtio_nsm_properties[] = {
    DEFINE_PROP_STRING("module-id", VirtIONSM, module_id),
    DEFINE_PROP_BOOL("debug-mode", VirtIONSM, debug_mode, false),
    /* Documents with a definite payload map, as before 2025. */
    DEFINE_PROP_BOOL("definite-payload", VirtIONSM, definite_payload, false),
    /* Folder of the user's root instead of the default one. */
    DEFINE_PROP_STRING("pki-directory", VirtIONSM, pki_directory),
    /* PEM files of an own CA instead of the user's root. */
    DEFINE_PROP_STRING("ca-key", VirtIONSM, ca_key),
    DEFINE_PROP_STRING("ca-chain", VirtIONSM, ca_chain),
    DEFINE_PROP_STRING("region", VirtIONSM, region),
    /* Of the NSM's interface, as DescribeNSM reports it. */
    DEFINE_PROP_STRING("version", VirtIONSM, version),
};

static void virtio_nsm_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    device_class_set_props(dc, virtio_nsm_properties);
    dc->vmsd = &vmstate_virtio_nsm;
    dc->desc = "Nitro Security Module";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    vdc->realize = virtio_nsm_realize;
    vdc->unrealize = virtio_nsm_unrealize;
    vdc->get_features = virtio_nsm_get_features;
    vdc->set_status = virtio_nsm_set_status;
    vdc->reset = virtio_nsm_reset;
    vdc->queue_reset = virtio_nsm_queue_reset;
    vdc->vmsd = &vmstate_virtio_nsm_device;
}

static const TypeInfo virtio_nsm_info = {
    .name = TYPE_VIRTIO_NSM,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIONSM),
    .class_init = virtio_nsm_class_init,
};

static void virtio_nsm_register_types(void)
{
    type_register_static(&virtio_nsm_info);
}

type_init(virtio_nsm_register_types)
