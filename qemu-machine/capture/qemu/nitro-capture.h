/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture stream's way out of QEMU
 *
 * NitroCaptureSink owns the capture core and the chardev that its bytes go to
 * (machine property "capture"). Devices report to the core alone; see
 * qemu-machine/capture/core/capture.h.
 */
#ifndef NITROSCOPE_NITRO_CAPTURE_H
#define NITROSCOPE_NITRO_CAPTURE_H

#include "chardev/char.h"
#include "qom/object.h"
#include "qemu-machine/capture/core/capture.h"

#define TYPE_NITRO_CAPTURE_SINK "nitro-capture-sink"
OBJECT_DECLARE_SIMPLE_TYPE(NitroCaptureSink, NITRO_CAPTURE_SINK)

/*
 * A child "capture-sink" of the machine, writing to the chardev of that id, at
 * most so many bytes. Returns NULL and an error when there is no such chardev or
 * it is taken.
 */
NitroCaptureSink *nitro_capture_sink_create(Object *machine,
                                            const char *chardev_id,
                                            uint64_t limit, Error **errp);

/* The machine's sink; NULL and an error when nothing is captured. */
NitroCaptureSink *nitro_capture_sink_find(Error **errp);
/* The id of the chardev it writes to. */
const char *nitro_capture_sink_chardev(NitroCaptureSink *sink);

/* For devices; NULL when sink is NULL, which every core function accepts. */
NitroCapture *nitro_capture_sink_core(NitroCaptureSink *sink);

/*
 * A chardev that passes everything on to `driver`, in both directions, and
 * reports it as console text. The serial port takes it in driver's place.
 * `sink` may be NULL.
 */
Chardev *nitro_capture_tap_console(NitroCaptureSink *sink, Chardev *driver,
                                   Error **errp);

/*
 * Who else gets what the guest writes to its console; one at a time, NULL
 * ends it. For the vsock device, which serves the console to parents.
 */
typedef void NitroConsoleObserver(void *opaque, const uint8_t *bytes,
                                  size_t size);
void nitro_console_observe(NitroConsoleObserver *observer, void *opaque);

/* From now on records of TCG plugins go to this core; NULL ends it. */
void nitro_capture_serve_plugins(NitroCapture *capture);

/*
 * For plugins, which find it by name; on any thread. One CBOR map of the
 * interface "guest".
 */
void nitro_capture_plugin_record(const uint8_t *cbor, size_t size);

/* After reporting console bytes: ends the batch if nothing follows soon. */
void nitro_capture_sink_console_pending(NitroCaptureSink *sink);

#endif
