/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breaks: stop the machine when something chosen happens
 */

#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/qapi-events-nitro.h"
#include "qapi/qapi-visit-nitro.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "nsm-device/qemu/nsm-names.h"
#include "qemu-machine/board/nitro-break.h"
#include "qemu-machine/board/nitro-machine.h"
#include "trace.h"

typedef struct NitroBreak {
    EnclaveBreakInfo *info;
    /* Its names as numbers, NSM_REQUEST_KINDS and NSM_ERRORS for none. */
    NsmRequestKind request;
    NsmError error;
} NitroBreak;

struct NitroBreaks {
    NitroCapture *capture;
    uint32_t last_id;
    unsigned count;
    /* The oldest first. */
    NitroBreak list[NITRO_BREAKS_MAX];
};

NitroBreaks *nitro_breaks_new(NitroCapture *capture)
{
    NitroBreaks *breaks = g_new0(NitroBreaks, 1);

    breaks->capture = capture;
    return breaks;
}

bool nitro_breaks_watch(const NitroBreaks *breaks, EnclaveBreakSource source)
{
    for (unsigned i = 0; breaks && i < breaks->count; i++) {
        if (breaks->list[i].info->source == source) {
            return true;
        }
    }
    return false;
}

static void nitro_break_drop(NitroBreaks *breaks, unsigned position)
{
    const EnclaveBreakInfo *info = breaks->list[position].info;

    if (info->source == ENCLAVE_BREAK_SOURCE_VSOCK) {
        virtio_vsock_break_remove(nitro_machine_get(&error_abort)->vsock,
                                  info->id);
    }
    qapi_free_EnclaveBreakInfo(breaks->list[position].info);
    breaks->count--;
    memmove(&breaks->list[position], &breaks->list[position + 1],
            (breaks->count - position) * sizeof(breaks->list[0]));
}

/* ------------------------------------------------------------------ */
/* One function of each kind per source                               */

static bool nitro_break_check(const EnclaveBreakCondition *condition,
                              Error **errp)
{
    const bool nsm = condition->source == ENCLAVE_BREAK_SOURCE_NSM;
    const char *stray = NULL;

    if (condition->source != ENCLAVE_BREAK_SOURCE_BOOT_STAGE &&
        condition->has_stage) {
        stray = "stage";
    } else if (!nsm && condition->request) {
        stray = "request";
    } else if (!nsm && condition->has_pcr) {
        stray = "pcr";
    } else if (!nsm && condition->error) {
        stray = "error";
    } else if (condition->source != ENCLAVE_BREAK_SOURCE_VSOCK &&
               condition->packet) {
        stray = "packet";
    }
    if (stray) {
        error_setg(errp, "'%s' does not go with source '%s'", stray,
                   EnclaveBreakSource_str(condition->source));
        return false;
    }
    if (condition->has_pcr && condition->pcr >= NSM_PCR_COUNT) {
        error_setg(errp, "there is no PCR %u: the last one is %u",
                   condition->pcr, NSM_PCR_COUNT - 1);
        return false;
    }
    return true;
}

static bool nitro_break_matches_nsm(const NitroBreak *rule,
                                    const NitroBreakEvent *event)
{
    return event->answered == (rule->error != NSM_ERRORS) &&
           (!event->answered || rule->error == event->error) &&
           (rule->request == NSM_REQUEST_KINDS ||
            rule->request == event->request) &&
           (!rule->info->has_pcr || (event->first_pcr <= rule->info->pcr &&
                                     rule->info->pcr <= event->last_pcr));
}

/* The vsock core has compared the packet already. */
static bool nitro_break_matches_vsock(const NitroBreak *rule,
                                      const NitroBreakEvent *event)
{
    for (size_t i = 0; i < event->vsock_count; i++) {
        if (event->vsock_ids[i] == rule->info->id) {
            return true;
        }
    }
    return false;
}

static bool nitro_break_matches(const NitroBreak *rule,
                                const NitroBreakEvent *event)
{
    if (rule->info->source != event->source) {
        return false;
    }
    switch (event->source) {
    case ENCLAVE_BREAK_SOURCE_BOOT_STAGE:
        return !rule->info->has_stage || rule->info->stage == event->stage;
    case ENCLAVE_BREAK_SOURCE_NSM:
        return nitro_break_matches_nsm(rule, event);
    case ENCLAVE_BREAK_SOURCE_VSOCK:
        return nitro_break_matches_vsock(rule, event);
    default:
        return false;
    }
}

static char *nitro_break_describe_nsm(const NitroBreakEvent *event)
{
    GString *text = g_string_new(nsm_request_name(event->request));

    if (event->pcr >= 0) {
        g_string_append_printf(
            text, event->request == NSM_REQUEST_LOCK_PCRS
            ? " below PCR %d" : " of PCR %d", event->pcr);
    }
    if (event->answered) {
        g_string_append_printf(text, " answered with %s",
                               nsm_error_name(event->error));
    }
    return g_string_free(text, false);
}

static char *nitro_break_describe(const NitroBreakEvent *event)
{
    switch (event->source) {
    case ENCLAVE_BREAK_SOURCE_BOOT_STAGE:
        return g_strdup_printf("boot stage %s",
                               EnclaveBootStage_str(event->stage));
    case ENCLAVE_BREAK_SOURCE_NSM:
        return nitro_break_describe_nsm(event);
    case ENCLAVE_BREAK_SOURCE_VSOCK:
        return virtio_vsock_describe(event->packet);
    default:
        return g_strdup("");
    }
}

/* ------------------------------------------------------------------ */
/* A hit                                                              */

static void nitro_break_announce(NitroBreaks *breaks, uint32_t id,
                                 const NitroBreakEvent *event)
{
    const bool nsm = event->source == ENCLAVE_BREAK_SOURCE_NSM;
    const bool vsock = event->source == ENCLAVE_BREAK_SOURCE_VSOCK;
    const uint64_t flow = vsock ? event->packet->flow : 0;
    g_autofree char *detail = nitro_break_describe(event);

    trace_nitro_break(id, detail);
    nitro_capture_break(breaks->capture, id,
                        EnclaveBreakSource_str(event->source), detail,
                        nsm ? event->transaction : flow);
    qapi_event_send_enclave_break(
        id, event->source, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
        event->source == ENCLAVE_BREAK_SOURCE_BOOT_STAGE, event->stage,
        nsm ? nsm_request_name(event->request) : NULL,
        nsm && event->pcr >= 0, event->pcr,
        nsm && event->answered ? nsm_error_name(event->error) : NULL,
        nsm, event->transaction, flow != 0, flow, detail);
}

/*
 * A vCPU stops before its next instruction. Another thread only asks: the stop
 * notifies all devices, and the caller is in the middle of one.
 */
static void nitro_break_stop(void)
{
    if (qemu_in_vcpu_thread()) {
        vm_stop(RUN_STATE_PAUSED);
    } else {
        qemu_system_vmstop_request_prepare();
        qemu_system_vmstop_request(RUN_STATE_PAUSED);
    }
}

uint32_t nitro_break_hit(NitroBreaks *breaks, const NitroBreakEvent *event)
{
    uint32_t id = 0;

    for (unsigned i = 0; breaks && i < breaks->count; i++) {
        EnclaveBreakInfo *info = breaks->list[i].info;

        if (!nitro_break_matches(&breaks->list[i], event)) {
            continue;
        }
        if (info->skip) {
            info->skip--;
            continue;
        }
        id = id ?: info->id;
        info->hits++;
        if (info->count && info->hits >= info->count) {
            nitro_break_drop(breaks, i--);
        }
    }
    if (id) {
        nitro_break_announce(breaks, id, event);
        nitro_break_stop();
    }
    return id;
}

/* ------------------------------------------------------------------ */
/* QMP                                                                */

EnclaveBreakInfo *qmp_enclave_break_add(EnclaveBreakCondition *condition,
                                        Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);
    NitroBreak rule;

    if (!nms || !nitro_break_check(condition, errp) ||
        !nsm_find_request(condition->request, &rule.request, errp) ||
        !nsm_find_error(condition->error, &rule.error, errp)) {
        return NULL;
    }
    if (nms->breaks->count == NITRO_BREAKS_MAX) {
        error_setg(errp, "there are %u breaks already: remove one first",
                   NITRO_BREAKS_MAX);
        return NULL;
    }
    if (condition->source == ENCLAVE_BREAK_SOURCE_VSOCK &&
        !virtio_vsock_break_add(nms->vsock, nms->breaks->last_id + 1,
                                condition->packet, errp)) {
        return NULL;
    }
    rule.info = g_new0(EnclaveBreakInfo, 1);
    QAPI_CLONE_MEMBERS(EnclaveBreakCondition,
                       qapi_EnclaveBreakInfo_base(rule.info), condition);
    rule.info->has_skip = rule.info->has_count = true;
    rule.info->id = ++nms->breaks->last_id;
    nms->breaks->list[nms->breaks->count++] = rule;
    return QAPI_CLONE(EnclaveBreakInfo, rule.info);
}

void qmp_enclave_break_remove(bool has_id, uint32_t id, Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);
    bool found = !has_id;

    if (!nms) {
        return;
    }
    for (unsigned i = nms->breaks->count; i-- > 0;) {
        if (!has_id || nms->breaks->list[i].info->id == id) {
            nitro_break_drop(nms->breaks, i);
            found = true;
        }
    }
    if (!found) {
        error_setg(errp, "there is no break %" PRIu32, id);
    }
}

EnclaveBreakInfoList *qmp_enclave_break_list(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);
    EnclaveBreakInfoList *list = NULL;

    for (unsigned i = nms ? nms->breaks->count : 0; i-- > 0;) {
        QAPI_LIST_PREPEND(list, QAPI_CLONE(EnclaveBreakInfo,
                                           nms->breaks->list[i].info));
    }
    return list;
}
