/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chardev between the serial port and its real backend
 *
 * Passes on bytes, events, flow control and ioctls unchanged, and reports what
 * went through to the capture core and to one observer: only bytes that the
 * backend has taken, so that a byte which the serial port sends again is not
 * reported twice.
 *
 * In a recording and its replay the guest must not notice how fast anybody
 * reads or types.  What it prints is always taken, and waits here for the
 * backend.  What is typed is input of the log, and waits here until the serial
 * port has room, which is the guest's doing.
 */

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/lockable.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "migration/vmstate.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

#define TYPE_NITRO_CONSOLE_TAP "chardev-nitro-console-tap"
OBJECT_DECLARE_SIMPLE_TYPE(NitroConsoleTap, NITRO_CONSOLE_TAP)

/* In /chardevs, where the serial port's property looks it up. */
#define NITRO_CONSOLE_TAP_ID "nitro-console-tap"

/* Typed, and not yet read by the guest. */
#define NITRO_TAP_TYPED_MAX 4096
/* Printed, and not yet taken by a backend that does not read. */
#define NITRO_TAP_PRINTED_MAX (1024 * 1024)
/* How long a prompt without an end of line waits for more. */
#define NITRO_TAP_PROMPT_NS (20 * SCALE_MS)

struct NitroConsoleTap {
    Chardev parent_obj;

    CharBackend driver;
    NitroCaptureSink *sink;

    /* In a recording and its replay. */
    uint8_t typed[NITRO_TAP_TYPED_MAX];
    uint32_t typed_size;
    uint32_t typed_in_log; /* given to the log, not yet back from it */
    QEMUTimer *prompt;
    GByteArray *printed;
    guint printed_watch;
    bool passing;
};

static NitroConsoleObserver *nitro_observer;
static void *nitro_observer_opaque;

void nitro_console_observe(NitroConsoleObserver *observer, void *opaque)
{
    nitro_observer = observer;
    nitro_observer_opaque = opaque;
}

static void nitro_tap_report(NitroConsoleTap *tap, int direction,
                             const uint8_t *buf, size_t size)
{
    if (size == 0) {
        return;
    }
    if (nitro_observer && direction == NITRO_CAPTURE_OUTBOUND) {
        nitro_observer(nitro_observer_opaque, buf, size);
    }
    if (!tap->sink) {
        return;
    }
    nitro_capture_console(nitro_capture_sink_core(tap->sink), direction, buf,
                          size);
    /* A recording's prompts go by the guest's clock. */
    if (!nitro_is_recorded() && buf[size - 1] != '\n') {
        nitro_capture_sink_console_pending(tap->sink);
    }
}

/* ------------------------------------------------------------------ */
/* In a recording and its replay                                      */

static gboolean nitro_tap_writable(void *do_not_use, GIOCondition condition,
                                   void *opaque);

/*
 * To the backend what it takes now.  Not qemu_chr_fe_write(), which waits while
 * it records.
 */
static void nitro_tap_print(NitroConsoleTap *tap)
{
    Chardev *driver = qemu_chr_fe_get_driver(&tap->driver);
    int written = 0;

    if (!driver || tap->printed_watch || !tap->printed->len) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&driver->chr_write_lock) {
        written = CHARDEV_GET_CLASS(driver)->chr_write(
            driver, tap->printed->data, tap->printed->len);
    }
    if (written > 0) {
        g_byte_array_remove_range(tap->printed, 0, written);
    }
    if (tap->printed->len) {
        tap->printed_watch = qemu_chr_fe_add_watch(&tap->driver,
                                                   G_IO_OUT | G_IO_HUP,
                                                   nitro_tap_writable, tap);
    }
}

static gboolean nitro_tap_writable(void *do_not_use, GIOCondition condition,
                                   void *opaque)
{
    NitroConsoleTap *tap = opaque;

    tap->printed_watch = 0;
    nitro_tap_print(tap);
    return G_SOURCE_REMOVE;
}

static int nitro_tap_write_recorded(NitroConsoleTap *tap, const uint8_t *buf,
                                    int len)
{
    nitro_tap_report(tap, NITRO_CAPTURE_OUTBOUND, buf, len);
    /* Nobody reads it: it is in the capture. */
    if (tap->printed->len + len <= NITRO_TAP_PRINTED_MAX) {
        g_byte_array_append(tap->printed, buf, len);
    }
    nitro_tap_print(tap);
    if (buf[len - 1] != '\n' && !timer_pending(tap->prompt)) {
        timer_mod(tap->prompt, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                               NITRO_TAP_PROMPT_NS);
    }
    return len;
}

static void nitro_tap_prompt(void *opaque)
{
    NitroConsoleTap *tap = opaque;

    nitro_capture_flush_console(nitro_capture_sink_core(tap->sink));
}

/* To the serial port what it has room for; it asks again when the guest reads. */
static void nitro_tap_pass_typed(NitroConsoleTap *tap)
{
    if (tap->passing) {
        return;
    }
    tap->passing = true;
    while (tap->typed_size) {
        int room = qemu_chr_be_can_write(CHARDEV(tap));
        uint32_t size = MIN(MAX(room, 0), tap->typed_size);

        if (!size) {
            break;
        }
        nitro_tap_report(tap, NITRO_CAPTURE_INBOUND, tap->typed, size);
        qemu_chr_be_write(CHARDEV(tap), tap->typed, size);
        tap->typed_size -= size;
        memmove(tap->typed, tap->typed + size, tap->typed_size);
    }
    tap->passing = false;
}

static void nitro_tap_input(void *opaque, const uint8_t *bytes, size_t size)
{
    NitroConsoleTap *tap = opaque;
    uint32_t taken = MIN(size, NITRO_TAP_TYPED_MAX - tap->typed_size);

    memcpy(tap->typed + tap->typed_size, bytes, taken);
    tap->typed_size += taken;
    if (!nitro_is_replayed()) {
        tap->typed_in_log -= MIN(size, tap->typed_in_log);
        qemu_chr_fe_accept_input(&tap->driver);
    }
    nitro_tap_pass_typed(tap);
}

static bool nitro_tap_typed_fits(void *opaque, int version)
{
    return ((NitroConsoleTap *)opaque)->typed_size <= NITRO_TAP_TYPED_MAX;
}

static const VMStateDescription vmstate_nitro_tap = {
    .name = "nitro-console-tap",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(typed_size, NitroConsoleTap),
        VMSTATE_VALIDATE("what was typed fits", nitro_tap_typed_fits),
        VMSTATE_BUFFER(typed, NitroConsoleTap),
        VMSTATE_TIMER_PTR(prompt, NitroConsoleTap),
        VMSTATE_END_OF_LIST()
    },
};

static void nitro_tap_record(NitroConsoleTap *tap)
{
    Chardev *driver = qemu_chr_fe_get_driver(&tap->driver);

    /* What it reads and writes is our business, not QEMU's. */
    clear_bit(QEMU_CHAR_FEATURE_REPLAY, driver->features);
    tap->printed = g_byte_array_new();
    tap->prompt = timer_new_ns(QEMU_CLOCK_VIRTUAL, nitro_tap_prompt, tap);
    nitro_input_register(NITRO_INPUT_CONSOLE, nitro_tap_input, tap);
    vmstate_register(NULL, 0, &vmstate_nitro_tap, tap);
}

/* ------------------------------------------------------------------ */

static int nitro_tap_write(Chardev *chr, const uint8_t *buf, int len)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(chr);
    int written, saved;

    if (tap->printed) {
        return nitro_tap_write_recorded(tap, buf, len);
    }
    written = qemu_chr_fe_write(&tap->driver, buf, len);
    saved = errno;
    if (written > 0) {
        nitro_tap_report(tap, NITRO_CAPTURE_OUTBOUND, buf, written);
    }
    errno = saved;
    return written;
}

static int nitro_tap_can_read(void *opaque)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(opaque);

    return tap->printed
           ? NITRO_TAP_TYPED_MAX - tap->typed_size - tap->typed_in_log
           : qemu_chr_be_can_write(CHARDEV(opaque));
}

static void nitro_tap_read(void *opaque, const uint8_t *buf, int size)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(opaque);

    if (tap->printed) {
        /* What is typed into a replay would change what has been. */
        if (!nitro_is_replayed()) {
            tap->typed_in_log += size;
            nitro_input(NITRO_INPUT_CONSOLE, buf, size);
        }
        return;
    }
    nitro_tap_report(tap, NITRO_CAPTURE_INBOUND, buf, size);
    qemu_chr_be_write(CHARDEV(opaque), buf, size);
}

static void nitro_tap_event(void *opaque, QEMUChrEvent event)
{
    /* A break would come when it likes. */
    if (!nitro_is_recorded() || event != CHR_EVENT_BREAK) {
        qemu_chr_be_event(CHARDEV(opaque), event);
    }
}

static void nitro_tap_update_read_handler(Chardev *chr)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(chr);

    qemu_chr_fe_set_handlers(&tap->driver, nitro_tap_can_read, nitro_tap_read,
                             nitro_tap_event, NULL, tap, chr->gcontext, true);
}

static GSource *nitro_tap_add_watch(Chardev *chr, GIOCondition cond)
{
    Chardev *driver = qemu_chr_fe_get_driver(&NITRO_CONSOLE_TAP(chr)->driver);
    ChardevClass *cc;

    if (!driver) {
        return NULL;
    }
    cc = CHARDEV_GET_CLASS(driver);
    return cc->chr_add_watch ? cc->chr_add_watch(driver, cond) : NULL;
}

static int nitro_tap_ioctl(Chardev *chr, int cmd, void *arg)
{
    /* Lines of a real port are the host's, and no log has them. */
    if (nitro_is_recorded()) {
        return -ENOTSUP;
    }
    return qemu_chr_fe_ioctl(&NITRO_CONSOLE_TAP(chr)->driver, cmd, arg);
}

static void nitro_tap_accept_input(Chardev *chr)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(chr);

    if (tap->printed) {
        nitro_tap_pass_typed(tap);
    } else {
        qemu_chr_fe_accept_input(&tap->driver);
    }
}

Chardev *nitro_capture_tap_console(NitroCaptureSink *sink, Chardev *driver,
                                   Error **errp)
{
    NitroConsoleTap *tap;
    Chardev *chr;

    if (!driver) {
        return driver;
    }
    chr = qemu_chardev_new(NITRO_CONSOLE_TAP_ID, TYPE_NITRO_CONSOLE_TAP, NULL,
                           NULL, errp);
    if (!chr) {
        return NULL;
    }
    tap = NITRO_CONSOLE_TAP(chr);
    tap->sink = sink;
    if (!qemu_chr_fe_init(&tap->driver, driver, errp)) {
        object_unparent(OBJECT(chr));
        return NULL;
    }
    if (nitro_is_recorded()) {
        nitro_tap_record(tap);
    }
    return chr;
}

static void nitro_tap_finalize(Object *obj)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(obj);

    if (tap->printed) {
        if (tap->printed_watch) {
            g_source_remove(tap->printed_watch);
        }
        vmstate_unregister(NULL, &vmstate_nitro_tap, tap);
        timer_free(tap->prompt);
        g_byte_array_free(tap->printed, true);
    }
    qemu_chr_fe_deinit(&tap->driver, false);
}

static void nitro_tap_class_init(ObjectClass *oc, void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    /* Not to be had with -chardev. */
    cc->internal = true;
    cc->chr_write = nitro_tap_write;
    cc->chr_add_watch = nitro_tap_add_watch;
    cc->chr_update_read_handler = nitro_tap_update_read_handler;
    cc->chr_ioctl = nitro_tap_ioctl;
    cc->chr_accept_input = nitro_tap_accept_input;
}

static const TypeInfo nitro_tap_info = {
    .name = TYPE_NITRO_CONSOLE_TAP,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(NitroConsoleTap),
    .instance_finalize = nitro_tap_finalize,
    .class_init = nitro_tap_class_init,
};

static void nitro_tap_register_types(void)
{
    type_register_static(&nitro_tap_info);
}

type_init(nitro_tap_register_types)
