/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture stream's door for TCG plugins
 *
 * A plugin is a shared object that may call what QEMU exports. QEMU exports
 * its plugin interface; this adds one function (the link option is in
 * qemu-machine/overlay/cores/meson.build), so that what plugins see stands in
 * the same stream, in order, as what the devices see.
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"

/* Callbacks run until the processors have stopped, which is before it ends. */
static NitroCapture *nitro_plugin_capture;

void nitro_capture_serve_plugins(NitroCapture *capture)
{
    qatomic_set(&nitro_plugin_capture, capture);
}

void nitro_capture_plugin_record(const uint8_t *cbor, size_t size)
{
    nitro_capture_guest(qatomic_read(&nitro_plugin_capture), cbor, size);
}
