/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chardev between the serial port and its real backend
 *
 * Passes on bytes, events, flow control and ioctls unchanged, and reports what
 * went through to the capture core and to one observer: only bytes that the
 * backend has taken, so that a byte which the serial port sends again is not
 * reported twice.
 */

#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"

#define TYPE_NITRO_CONSOLE_TAP "chardev-nitro-console-tap"
OBJECT_DECLARE_SIMPLE_TYPE(NitroConsoleTap, NITRO_CONSOLE_TAP)

/* In /chardevs, where the serial port's property looks it up. */
#define NITRO_CONSOLE_TAP_ID "nitro-console-tap"

struct NitroConsoleTap {
    Chardev parent_obj;

    CharBackend driver;
    NitroCaptureSink *sink;
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
    if (buf[size - 1] != '\n') {
        nitro_capture_sink_console_pending(tap->sink);
    }
}

static int nitro_tap_write(Chardev *chr, const uint8_t *buf, int len)
{
    NitroConsoleTap *tap = NITRO_CONSOLE_TAP(chr);
    int written = qemu_chr_fe_write(&tap->driver, buf, len);
    int saved = errno;

    if (written > 0) {
        nitro_tap_report(tap, NITRO_CAPTURE_OUTBOUND, buf, written);
    }
    errno = saved;
    return written;
}

static int nitro_tap_can_read(void *opaque)
{
    return qemu_chr_be_can_write(CHARDEV(opaque));
}

static void nitro_tap_read(void *opaque, const uint8_t *buf, int size)
{
    nitro_tap_report(NITRO_CONSOLE_TAP(opaque), NITRO_CAPTURE_INBOUND, buf,
                     size);
    qemu_chr_be_write(CHARDEV(opaque), buf, size);
}

static void nitro_tap_event(void *opaque, QEMUChrEvent event)
{
    qemu_chr_be_event(CHARDEV(opaque), event);
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
    return qemu_chr_fe_ioctl(&NITRO_CONSOLE_TAP(chr)->driver, cmd, arg);
}

static void nitro_tap_accept_input(Chardev *chr)
{
    qemu_chr_fe_accept_input(&NITRO_CONSOLE_TAP(chr)->driver);
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
    return chr;
}

static void nitro_tap_finalize(Object *obj)
{
    qemu_chr_fe_deinit(&NITRO_CONSOLE_TAP(obj)->driver, false);
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
