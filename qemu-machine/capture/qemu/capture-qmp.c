/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands of the capture stream (qapi/nitro.json)
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/util.h"
#include "qemu-machine/board/nitro-machine.h"

QEMU_BUILD_BUG_ON((int)ENCLAVE_CAPTURE_INTERFACE__MAX !=
                  NITRO_CAPTURE_INTERFACES);
#define NITRO_CAPTURE_CHECK(constant, enumerator, link, text) \
    QEMU_BUILD_BUG_ON((int)ENCLAVE_CAPTURE_INTERFACE_##constant != \
                      NITRO_CAPTURE_##constant);
NITRO_CAPTURE_INTERFACE_LIST(NITRO_CAPTURE_CHECK)

/* The machine, when it has a stream. */
static NitroMachineState *nitro_capturing_machine(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);

    if (nms && !nms->capture) {
        error_setg(errp, "there is no capture stream: give the machine "
                   "capture=<chardev id>");
        return NULL;
    }
    return nms;
}

EnclaveCaptureInfo *qmp_query_capture(Error **errp)
{
    NitroMachineState *nms = nitro_capturing_machine(errp);
    NitroCaptureStats stats;
    EnclaveCaptureInfo *info;

    if (!nms) {
        return NULL;
    }
    nitro_capture_stats(nms->capture, &stats);
    info = g_new0(EnclaveCaptureInfo, 1);
    info->chardev = g_strdup(nms->capture_id);
    info->paused = stats.paused;
    info->capacity = stats.capacity;
    info->pending = stats.pending;
    info->high_water = stats.high_water;
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
    NitroMachineState *nms = nitro_capturing_machine(errp);
    uint32_t enabled = 0;

    if (!nms) {
        return;
    }
    for (; snap_lengths; snap_lengths = snap_lengths->next) {
        nitro_capture_set_snap_length(nms->capture,
                                      snap_lengths->value->interface,
                                      snap_lengths->value->bytes);
    }
    if (has_interfaces) {
        for (; interfaces; interfaces = interfaces->next) {
            enabled |= 1u << interfaces->value;
        }
        nitro_capture_set_enabled(nms->capture, enabled);
    }
    if (has_paused) {
        nitro_capture_set_paused(nms->capture, paused);
    }
}
