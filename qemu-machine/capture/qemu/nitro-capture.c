/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture stream's way out of QEMU
 *
 * The core queues finished blocks; a moment later the main loop writes them to
 * the chardev as far as it takes them without waiting, and a watch goes on when
 * it takes more. So neither a slow nor a missing reader delays the guest. The
 * moment gathers what many requests leave behind: to wake the main loop for
 * each would cost a guest's request more than recording it.
 * While nobody is connected the queue keeps the beginning of the story; each
 * new connection gets the pcapng headers first.
 *
 * The clocks are read without telling record/replay: the guest never sees what
 * is written here.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "hw/qdev-core.h"
#include "system/runstate.h"
#include "system/runstate-action.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

/* One write, and all writes before the main loop does something else. */
#define NITRO_CAPTURE_WRITE_MAX (256 * 1024)
#define NITRO_CAPTURE_TURN_MAX (1024 * 1024)
/* From the first block that waits to the writing of all that wait by then. */
#define NITRO_CAPTURE_GATHER_MS 4
/* How long a prompt without an end of line waits for more. */
#define NITRO_CAPTURE_CONSOLE_MS 20
/* At the end of QEMU, for a reader that is behind. */
#define NITRO_CAPTURE_DRAIN_MS 1000

struct NitroCaptureSink {
    Object parent_obj;

    NitroCapture *core;
    CharBackend chr;
    QEMUBH *bh;
    QEMUTimer *gather_timer;
    QEMUTimer *console_timer;
    VMChangeStateEntry *state_change;
    Notifier shutdown;
    guint watch;
    /* The chardev has a reader; a file always has. */
    bool open;
    bool full_told;
};

static int64_t nitro_capture_host_ns(void *opaque)
{
    return nitro_clock_host_ns();
}

static int64_t nitro_capture_virtual_ns(void *opaque)
{
    return nitro_clock_virtual_ns();
}

static int64_t nitro_capture_icount(void *opaque)
{
    return nitro_clock_icount();
}

/* On any thread. */
static void nitro_capture_wake(void *opaque)
{
    NitroCaptureSink *sink = opaque;

    timer_mod(sink->gather_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                                  NITRO_CAPTURE_GATHER_MS);
}

static gboolean nitro_capture_writable(void *do_not_use, GIOCondition condition,
                                       void *opaque)
{
    NitroCaptureSink *sink = opaque;

    sink->watch = 0;
    qemu_bh_schedule(sink->bh);
    return G_SOURCE_REMOVE;
}

/* Once, for who sees no stream. */
static void nitro_capture_tell_full(NitroCaptureSink *sink)
{
    NitroCaptureStats stats;

    nitro_capture_stats(sink->core, &stats);
    if (stats.full && !sink->full_told) {
        sink->full_told = true;
        warn_report("the capture has reached its limit of %" PRIu64 " MiB: "
                    "what follows is counted, but not recorded; the limit is "
                    "set with capture-limit", stats.limit / MiB);
    }
}

/* Bytes that the chardev took; 0 when it takes none now or there are none. */
static size_t nitro_capture_write_some(NitroCaptureSink *sink)
{
    size_t size;
    const uint8_t *bytes = nitro_capture_peek(sink->core, &size);
    Chardev *chr = qemu_chr_fe_get_driver(&sink->chr);
    int written = 0;

    if (!bytes || !chr) {
        return 0;
    }
    /*
     * Not qemu_chr_fe_write(): under record/replay it would wait until
     * everything is written, and log what no guest ever sees.
     */
    WITH_QEMU_LOCK_GUARD(&chr->chr_write_lock) {
        written = CHARDEV_GET_CLASS(chr)->chr_write(
            chr, bytes, MIN(size, NITRO_CAPTURE_WRITE_MAX));
    }
    if (written < 0 && errno != EAGAIN && sink->open) {
        /* The chardev keeps the reason to itself.  Trying on would only spin. */
        error_report("the capture cannot be written any further: "
                     "is the disk full?");
        sink->open = false;
    }
    if (written <= 0) {
        return 0;
    }
    nitro_capture_consume(sink->core, written);
    return written;
}

static void nitro_capture_pump(void *opaque)
{
    NitroCaptureSink *sink = opaque;
    size_t turn = 0;
    size_t left;

    nitro_capture_tell_full(sink);
    if (!sink->open || sink->watch) {
        return;
    }
    while (turn < NITRO_CAPTURE_TURN_MAX) {
        size_t written = nitro_capture_write_some(sink);

        if (!written) {
            if (sink->open && nitro_capture_peek(sink->core, &left)) {
                sink->watch = qemu_chr_fe_add_watch(&sink->chr,
                                                    G_IO_OUT | G_IO_HUP,
                                                    nitro_capture_writable,
                                                    sink);
            }
            return;
        }
        turn += written;
    }
    qemu_bh_schedule(sink->bh);
}

static void nitro_capture_event(void *opaque, QEMUChrEvent event)
{
    NitroCaptureSink *sink = opaque;

    switch (event) {
    case CHR_EVENT_OPENED:
        if (!sink->open) {
            sink->open = true;
            nitro_capture_rewind(sink->core);
            qemu_bh_schedule(sink->bh);
        }
        break;
    case CHR_EVENT_CLOSED:
        sink->open = false;
        if (sink->watch) {
            g_source_remove(sink->watch);
            sink->watch = 0;
        }
        break;
    default:
        break;
    }
}

static void nitro_capture_console_timeout(void *opaque)
{
    NitroCaptureSink *sink = opaque;

    nitro_capture_flush_console(sink->core);
}

void nitro_capture_sink_console_pending(NitroCaptureSink *sink)
{
    if (nitro_is_recorded()) {
        return;
    }
    if (!timer_pending(sink->console_timer)) {
        timer_mod(sink->console_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                  NITRO_CAPTURE_CONSOLE_MS);
    }
}

static void nitro_capture_state_changed(void *opaque, bool running,
                                        RunState state)
{
    NitroCaptureSink *sink = opaque;

    /* Of who looks, not of the guest: a replay's are others. */
    if (!nitro_is_recorded()) {
        nitro_capture_run_state(sink->core, RunState_str(state));
    }
}

/* The guest does not run any more: a reader may have a moment to catch up. */
static void nitro_capture_drain(NitroCaptureSink *sink)
{
    int64_t end = g_get_monotonic_time() + NITRO_CAPTURE_DRAIN_MS * 1000;
    size_t left;

    while (sink->open && nitro_capture_peek(sink->core, &left)) {
        if (nitro_capture_write_some(sink)) {
            continue;
        }
        if (g_get_monotonic_time() > end) {
            break;
        }
        g_usleep(1000);
    }
}

static void nitro_capture_shutdown(Notifier *notifier, void *data)
{
    NitroCaptureSink *sink = container_of(notifier, NitroCaptureSink, shutdown);

    /* With -no-shutdown the machine only stops, and may go on later. */
    if (shutdown_action != SHUTDOWN_ACTION_PAUSE) {
        /*
         * QEMU stops the processors only after these notifiers. Until then the
         * guest would still print, and the stream would not have its last words.
         */
        vm_shutdown();
        nitro_capture_finish(sink->core);
        nitro_capture_drain(sink);
    }
}

/* Of the machine that it is a child of. */
#define NITRO_CAPTURE_SINK_NAME "capture-sink"

NitroCaptureSink *nitro_capture_sink_find(Error **errp)
{
    Object *sink = object_resolve_path_component(qdev_get_machine(),
                                                 NITRO_CAPTURE_SINK_NAME);

    if (!sink) {
        error_setg(errp, "there is no capture stream: give the machine "
                   "capture=<chardev id>");
        return NULL;
    }
    return NITRO_CAPTURE_SINK(sink);
}

const char *nitro_capture_sink_chardev(NitroCaptureSink *sink)
{
    return qemu_chr_fe_get_driver(&sink->chr)->label;
}

NitroCapture *nitro_capture_sink_core(NitroCaptureSink *sink)
{
    return sink ? sink->core : NULL;
}

NitroCaptureSink *nitro_capture_sink_create(Object *machine,
                                            const char *chardev_id,
                                            uint64_t limit, Error **errp)
{
    const NitroCaptureOptions options = {
        .limit = limit,
        .application = "Nitroscope",
        .hardware = "QEMU machine nitro-enclave",
    };
    Chardev *chr = qemu_chr_find(chardev_id);
    NitroCaptureSink *sink;
    NitroCaptureHost host = {
        .host_ns = nitro_capture_host_ns,
        .virtual_ns = nitro_capture_virtual_ns,
        .icount = nitro_capture_icount,
        .wake = nitro_capture_wake,
    };

    if (!chr) {
        error_setg(errp, "capture: there is no chardev '%s'", chardev_id);
        return NULL;
    }
    sink = NITRO_CAPTURE_SINK(object_new(TYPE_NITRO_CAPTURE_SINK));
    if (!qemu_chr_fe_init(&sink->chr, chr, errp)) {
        object_unref(OBJECT(sink));
        return NULL;
    }
    host.opaque = sink;
    sink->core = nitro_capture_new(&host, &options);
    if (!sink->core) {
        error_setg(errp, "capture: not enough memory");
        object_unref(OBJECT(sink));
        return NULL;
    }
    nitro_capture_serve_plugins(sink->core);
    sink->bh = qemu_bh_new(nitro_capture_pump, sink);
    sink->gather_timer = timer_new_ms(QEMU_CLOCK_REALTIME, nitro_capture_pump,
                                      sink);
    sink->console_timer = timer_new_ms(QEMU_CLOCK_REALTIME,
                                       nitro_capture_console_timeout, sink);
    sink->state_change =
        qemu_add_vm_change_state_handler(nitro_capture_state_changed, sink);
    sink->shutdown.notify = nitro_capture_shutdown;
    qemu_register_shutdown_notifier(&sink->shutdown);
    qemu_chr_fe_set_handlers(&sink->chr, NULL, NULL, nitro_capture_event, NULL,
                             sink, NULL, true);

    object_property_add_child(machine, NITRO_CAPTURE_SINK_NAME, OBJECT(sink));
    object_unref(OBJECT(sink));
    return sink;
}

static void nitro_capture_sink_finalize(Object *obj)
{
    NitroCaptureSink *sink = NITRO_CAPTURE_SINK(obj);

    if (sink->watch) {
        g_source_remove(sink->watch);
    }
    if (sink->core) {
        nitro_capture_serve_plugins(NULL);
        notifier_remove(&sink->shutdown);
        qemu_del_vm_change_state_handler(sink->state_change);
        timer_free(sink->console_timer);
        timer_free(sink->gather_timer);
        qemu_bh_delete(sink->bh);
    }
    qemu_chr_fe_deinit(&sink->chr, false);
    nitro_capture_free(sink->core);
}

static const TypeInfo nitro_capture_sink_info = {
    .name = TYPE_NITRO_CAPTURE_SINK,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(NitroCaptureSink),
    .instance_finalize = nitro_capture_sink_finalize,
};

static void nitro_capture_register_types(void)
{
    type_register_static(&nitro_capture_sink_info);
}

type_init(nitro_capture_register_types)
