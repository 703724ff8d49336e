/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going to a place of a recording, and stopping there (qapi/nitro.json)
 *
 * The nearest snapshot before the place, then forward.  Always before it, never
 * at it: arriving by running stops before everything that happens at an
 * instruction, whereas a snapshot was taken after some of that.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/error-report.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/qapi-events-nitro.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-nitro.h"
#include "system/runstate.h"
#include "qapi/qapi-types-ui.h"
#include "system/replay.h"
#include "replay/replay-internal.h"
#include "qemu-machine/record/qemu/recording-state.h"

static struct {
    QEMUBH *begin, *end;
    uint64_t target;
    /* Stopped there, before everything that happens there. */
    uint64_t arrived;
    bool ended;
} nitro_seek = { .target = NITRO_NO_PLACE, .arrived = NITRO_NO_PLACE };

static void nitro_seek_arrived(void)
{
    uint64_t icount = replay_get_current_icount();

    nitro_seek_forget();
    nitro_seek.arrived = icount;
    qapi_event_send_recording_reached(icount);
}

/* A timer of the main loop: the vCPU has come to the instruction. */
static void nitro_seek_stop(void *opaque)
{
    vm_stop(RUN_STATE_PAUSED);
    nitro_seek_arrived();
}

void nitro_seek_forget(void)
{
    nitro_seek.target = NITRO_NO_PLACE;
    replay_delete_break();
}

static bool nitro_seek_approach(uint64_t icount, Error **errp)
{
    uint64_t current = replay_get_current_icount();
    int index = nitro_store_nearest(nitro_recording->store,
                                    icount ? icount - 1 : 0);
    uint64_t snapshot = index < 0 ? 0
        : nitro_store_get(nitro_recording->store, index).icount;

    if (current < icount && (index < 0 || snapshot <= current)) {
        return true;
    }
    if (index < 0) {
        error_setg(errp, "the recording has no snapshot before instruction %"
                   PRIu64, icount);
        return false;
    }
    if (!nitro_recording_load(index, errp)) {
        return false;
    }
    /* On the way, the reset may have read the log to its end. */
    qemu_bh_cancel(nitro_seek.end);
    nitro_seek.ended = replay_state.data_kind == EVENT_END;
    return true;
}

/* Everything that takes time: the command has been answered. */
static void nitro_seek_begin(void *opaque)
{
    uint64_t target = nitro_seek.target;
    Error *err = NULL;

    if (target == NITRO_NO_PLACE) {
        return;
    }
    replay_delete_break();
    vm_stop(RUN_STATE_PAUSED);
    if (nitro_seek.arrived != target) {
        if (!nitro_seek_approach(target, &err)) {
            g_autofree char *reason = g_strdup(error_get_pretty(err));

            error_free(err);
            nitro_seek_forget();
            nitro_recording_diverged("the snapshot", "readable", reason);
            return;
        }
        nitro_seek.arrived = NITRO_NO_PLACE;
        if (replay_get_current_icount() < target) {
            replay_set_break(target, nitro_seek_stop, NULL);
            vm_start();
            return;
        }
    }
    nitro_seek_arrived();
}

static void nitro_seek_end(void *opaque)
{
    bool sought = nitro_seek.target == replay_get_current_icount();

    vm_stop(RUN_STATE_PAUSED);
    if (sought) {
        nitro_seek_arrived();
    } else {
        nitro_seek_forget();
    }
    qapi_event_send_recording_ended(replay_get_current_icount());
}

/* On any thread, with the lock of the log. */
static void nitro_seek_log_ended(void)
{
    if (!nitro_seek.ended) {
        nitro_seek.ended = true;
        qemu_bh_schedule(nitro_seek.end);
    }
}

static void nitro_seek_state_changed(void *opaque, bool running, RunState state)
{
    if (running) {
        nitro_seek.arrived = NITRO_NO_PLACE;
        /* There is nothing more to run. */
        if (nitro_seek.ended) {
            qemu_bh_schedule(nitro_seek.end);
        }
    }
}

static const ReplayKeeper nitro_seek_keeper = {
    .ended = nitro_seek_log_ended,
    .approach = nitro_seek_approach,
};

void nitro_seek_init(void)
{
    nitro_seek.begin = qemu_bh_new(nitro_seek_begin, NULL);
    nitro_seek.end = qemu_bh_new(nitro_seek_end, NULL);
    qemu_add_vm_change_state_handler(nitro_seek_state_changed, NULL);
    replay_keeper = &nitro_seek_keeper;
    if (replay_state.data_kind == EVENT_END) {
        nitro_seek_log_ended();
    }
}

static bool nitro_seek_possible(Error **errp)
{
    if (!nitro_recording || !nitro_is_replayed()) {
        error_setg(errp, "this is no replay of a recording: start QEMU with "
                   "rr=replay and recording=FOLDER");
        return false;
    }
    return true;
}

void qmp_recording_seek(uint64_t icount, Error **errp)
{
    if (!nitro_seek_possible(errp)) {
        return;
    }
    if (icount > nitro_recording->extent.icount) {
        error_setg(errp, "the recording ends at instruction %" PRIu64,
                   nitro_recording->extent.icount);
        return;
    }
    nitro_seek.target = icount;
    qemu_bh_schedule(nitro_seek.begin);
}

void qmp_recording_seek_cancel(Error **errp)
{
    if (nitro_seek_possible(errp) && nitro_seek.target != NITRO_NO_PLACE) {
        nitro_seek_forget();
        vm_stop(RUN_STATE_PAUSED);
    }
}

RecordingInfo *qmp_query_recording(Error **errp)
{
    RecordingInfo *info = g_new0(RecordingInfo, 1);
    RecordingSnapshotList **tail = &info->snapshots;

    info->icount = MAX(nitro_clock_icount(), 0);
    if (!nitro_recording) {
        return info;
    }
    if (nitro_is_replayed()) {
        info->mode = RECORDING_MODE_REPLAY;
        info->has_end = info->has_cut = true;
        info->end = nitro_recording->extent.icount;
        info->cut = nitro_recording->extent.cut;
        info->has_target = nitro_seek.target != NITRO_NO_PLACE;
        info->target = nitro_seek.target;
        if (nitro_recording->divergence) {
            info->divergence = QAPI_CLONE(RecordingDivergence,
                                          nitro_recording->divergence);
        }
    } else {
        info->mode = RECORDING_MODE_RECORD;
        info->has_written = true;
        info->written = replay_log_size();
    }
    for (size_t i = 0; i < nitro_store_count(nitro_recording->store); i++) {
        NitroStoreSnapshot place = nitro_store_get(nitro_recording->store, i);
        RecordingSnapshot *snapshot = g_new0(RecordingSnapshot, 1);

        snapshot->name = g_strdup_printf("%" PRIu64, place.icount);
        snapshot->icount = place.icount;
        snapshot->bytes = place.bytes;
        QAPI_LIST_APPEND(tail, snapshot);
    }
    return info;
}
