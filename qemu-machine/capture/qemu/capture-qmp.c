/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands of the capture stream (qapi/nitro.json)
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/util.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"

QEMU_BUILD_BUG_ON((int)ENCLAVE_CAPTURE_INTERFACE__MAX !=
                  NITRO_CAPTURE_INTERFACES);
#define NITRO_CAPTURE_CHECK(constant, enumerator, link, text) \
    QEMU_BUILD_BUG_ON((int)ENCLAVE_CAPTURE_INTERFACE_##constant != \
                      NITRO_CAPTURE_##constant);
NITRO_CAPTURE_INTERFACE_LIST(NITRO_CAPTURE_CHECK)

EnclaveCaptureInfo *qmp_query_capture(Error **errp)
{
    NitroCaptureSink *sink = nitro_capture_sink_find(errp);
    NitroCaptureStats stats;
    EnclaveCaptureInfo *info;

    if (!sink) {
        return NULL;
    }
    nitro_capture_stats(nitro_capture_sink_core(sink), &stats);
    info = g_new0(EnclaveCaptureInfo, 1);
    info->chardev = g_strdup(nitro_capture_sink_chardev(sink));
    info->paused = stats.paused;
    info->capacity = stats.capacity;
    info->pending = stats.pending;
    info->high_water = stats.high_water;
    info->limit = stats.limit;
    info->bytes = stats.bytes;
    info->full = stats.full;
    for (int i = NITRO_CAPTURE_INTERFACES; i-- > 0;) {
        EnclaveCaptureCounters *counters = g_new0(EnclaveCaptureCounters, 1);

        counters->interface = i;
        counters->enabled = stats.enabled >> i & 1;
        counters->snap_length = stats.snap_length[i];
        counters->records = stats.records[i];
        counters->dropped = stats.dropped[i];
        QAPI_LIST_PREPEND(info->interfaces, counters);
    }
    return info;
}

void qmp_capture_control(bool has_paused, bool paused, bool has_interfaces,
                         EnclaveCaptureInterfaceList *interfaces,
                         bool has_snap_lengths,
                         EnclaveCaptureSnapLengthList *snap_lengths,
                         Error **errp)
{
    NitroCapture *capture =
        nitro_capture_sink_core(nitro_capture_sink_find(errp));
    uint32_t enabled = 0;

    if (!capture) {
        return;
    }
    for (; snap_lengths; snap_lengths = snap_lengths->next) {
        nitro_capture_set_snap_length(capture, snap_lengths->value->interface,
                                      snap_lengths->value->bytes);
    }
    if (has_interfaces) {
        for (; interfaces; interfaces = interfaces->next) {
            enabled |= 1u << interfaces->value;
        }
        nitro_capture_set_enabled(capture, enabled);
    }
    if (has_paused) {
        nitro_capture_set_paused(capture, paused);
    }
}
