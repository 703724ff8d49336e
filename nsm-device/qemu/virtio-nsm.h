/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio Nitro Security Module device
 *
 * The NSM itself is the C++ core behind nsm-device/core/nsm.h; this is its
 * virtio transport (device id 33, one queue, no configuration space).
 */
#ifndef NITROSCOPE_VIRTIO_NSM_H
#define NITROSCOPE_VIRTIO_NSM_H

#include "hw/virtio/virtio.h"
#include "qom/object.h"
#include "nsm-device/core/nsm.h"
#include "nsm-device/qemu/nsm-events.h"
#include "nsm-device/qemu/nsm-recorder.h"
#include "qemu-machine/rules/qemu/nitro-break.h"

#define TYPE_VIRTIO_NSM "virtio-nsm-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIONSM, VIRTIO_NSM)

enum {
    NSM_HOLD_NOTHING,
    NSM_HOLD_REQUEST,           /* a break came first: not yet handled */
    NSM_HOLD_ANSWER,            /* a fault's delay, or a break on its error */
};

struct VirtIONSM {
    VirtIODevice parent_obj;

    VirtQueue *vq;
    Nsm *nsm;
    NsmRecorder recorder;
    NsmPcrEvents events;
    NitroBreaks *breaks;

    /* Properties. */
    char *module_id;
    bool debug_mode;
    bool definite_payload;
    char *pki_directory;
    char *ca_key;
    char *ca_chain;
    char *region;
    char *version;

    /* Bounce buffers: the core never sees guest memory. */
    uint8_t request[NSM_REQUEST_MAX];
    uint8_t response[NSM_RESPONSE_MAX];
    /* Of the last transaction, as reported by the core or the replay log. */
    size_t answer_size;

    /*
     * What is held back, NSM_HOLD_*; its two chains are still in the available
     * ring. It goes on when @timer expires, which @stopped by a break starts
     * only once the machine runs again.
     */
    uint8_t hold;
    bool stopped;
    uint32_t delay_ms;
    /* Of the answer in @response. */
    uint32_t pending_size;
    QEMUTimer *timer;
    VMChangeStateEntry *run_state;

    /* Begins the next turn; what was done in the present one, see NSM_TURN_*. */
    QEMUBH *bh;
    unsigned turn_requests;
    int64_t turn_ns;

    /* Only valid while a snapshot is saved or loaded. */
    NsmState state;
};

/* The machine's NSM; NULL and an error when it has none. */
VirtIONSM *virtio_nsm_find(Error **errp);

/*
 * For the board, once the device is realized. Resetting the virtio device
 * keeps the PCRs, as on the real platform; only the machine resets them.
 */
void virtio_nsm_reset_pcrs(VirtIONSM *s);
void virtio_nsm_seed_pcr(VirtIONSM *s, unsigned index,
                         const uint8_t value[NSM_PCR_SIZE]);
/* Locks PCR 0 .. n - 1. */
void virtio_nsm_lock_range(VirtIONSM *s, unsigned n);
/* What the guest is shown, zero for PCR 0-2 and 8 in debug mode. */
void virtio_nsm_get_pcr(VirtIONSM *s, unsigned index,
                        uint8_t value[NSM_PCR_SIZE], bool *locked);
void virtio_nsm_get_counters(VirtIONSM *s, NsmCounters *counters);
const char *virtio_nsm_module_id(VirtIONSM *s);
/* Records transactions and PCR changes from now on; NULL: no more. */
void virtio_nsm_set_capture(VirtIONSM *s, NitroCapture *capture);
/* nsm-fault-qmp.c: what its commands do, in a recording by way of the log. */
void virtio_nsm_serve_commands(VirtIONSM *s);
/* Requests and answers become a source of these breaks. */
void virtio_nsm_set_breaks(VirtIONSM *s, NitroBreaks *breaks);

#endif
