/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands of the NSM's faults (qapi/nitro.json); nsm.h describes what
 * each rule does
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/util.h"
#include "nsm-device/qemu/nsm-names.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

QEMU_BUILD_BUG_ON((int)NSM_FAULT_KIND__MAX != NSM_FAULT_ACTIONS);
#define NSM_CHECK_FAULT(constant, name) \
    QEMU_BUILD_BUG_ON((int)NSM_FAULT_KIND_##constant != NSM_FAULT_##constant);
NSM_FAULT_LIST(NSM_CHECK_FAULT)

static bool nsm_fault_takes_time(NsmFaultKind action)
{
    return action == NSM_FAULT_KIND_DELAY ||
           action == NSM_FAULT_KIND_STALE_TIMESTAMP;
}

/* Says what is wrong with a rule that the core would only refuse. */
static bool nsm_fault_check(const NsmFaultSpec *rule, Error **errp)
{
    const char *action = NsmFaultKind_str(rule->action);

    const bool has_error = rule->error;

    if (has_error != (rule->action == NSM_FAULT_KIND_ERROR)) {
        error_setg(errp, has_error ? "action '%s' takes no 'error'"
                                   : "action '%s' needs an 'error'",
                   action);
    } else if (has_error && g_str_equal(rule->error,
                                        nsm_error_name(NSM_SUCCESS))) {
        error_setg(errp, "'Success' is not an error to answer with");
    } else if (rule->has_milliseconds != nsm_fault_takes_time(rule->action)) {
        error_setg(errp, rule->has_milliseconds
                   ? "action '%s' takes no 'milliseconds'"
                   : "action '%s' needs 'milliseconds'", action);
    } else if (rule->action == NSM_FAULT_KIND_DELAY &&
               rule->milliseconds > NSM_DELAY_MAX) {
        error_setg(errp, "a delay is at most %u milliseconds", NSM_DELAY_MAX);
    } else if (rule->has_pcr && rule->pcr >= NSM_PCR_COUNT) {
        error_setg(errp, "there is no PCR %u: the last one is %u", rule->pcr,
                   NSM_PCR_COUNT - 1);
    } else if (rule->has_chance && (!rule->chance || rule->chance > 100)) {
        error_setg(errp, "'chance' is in per cent, 1 to 100");
    } else {
        return true;
    }
    return false;
}

static NsmFaultInfo *nsm_fault_info(const NsmFaultRule *rule)
{
    NsmFaultInfo *info = g_new0(NsmFaultInfo, 1);

    info->action = (NsmFaultKind)rule->action;
    if (rule->kind != NSM_REQUEST_KINDS) {
        info->request = g_strdup(nsm_request_name(rule->kind));
    }
    info->has_pcr = rule->index >= 0;
    info->pcr = rule->index;
    if (rule->action == NSM_FAULT_ERROR) {
        info->error = g_strdup(nsm_error_name(rule->error));
    }
    info->has_milliseconds = nsm_fault_takes_time(info->action);
    info->milliseconds = rule->milliseconds;
    info->has_skip = info->has_count = info->has_chance = true;
    info->skip = rule_quota_skip_left(&rule->quota);
    info->count = rule->quota.count;
    info->chance = rule->quota.chance;
    info->id = rule->id;
    info->hits = rule->quota.hits;
    return info;
}

NsmFaultInfo *qmp_nsm_fault_add(NsmFaultSpec *spec, Error **errp)
{
    VirtIONSM *s = virtio_nsm_find(errp);
    NsmFaultRule rule = {
        .index = spec->has_pcr ? spec->pcr : -1,
        .action = (NsmFaultAction)spec->action,
        .milliseconds = spec->milliseconds,
        .quota = {
            .skip = spec->skip,
            .count = spec->count,
            .chance = spec->chance,
        },
    };
    uint32_t id;

    if (!s || !nsm_fault_check(spec, errp) ||
        !nsm_find_request(spec->request, &rule.kind, errp) ||
        !nsm_find_error(spec->error, &rule.error, errp)) {
        return NULL;
    }
    if (!nitro_control(NITRO_CONTROL_NSM_FAULT_ADD, &rule, &id, errp)) {
        return NULL;
    }
    if (!id) {
        error_setg(errp, "there are %u fault rules already: remove one first",
                   NSM_FAULTS_MAX);
        return NULL;
    }
    nsm_fault_get(s->nsm, nsm_fault_count(s->nsm) - 1, &rule);
    return nsm_fault_info(&rule);
}

void qmp_nsm_fault_remove(bool has_id, uint32_t id, Error **errp)
{
    VirtIONSM *s = virtio_nsm_find(errp);
    uint32_t wanted = has_id ? id : 0, unknown;

    if (s && has_id && !id) {
        error_setg(errp, "there is no fault rule 0: ids start at 1");
    } else if (s && nitro_control(NITRO_CONTROL_NSM_FAULT_REMOVE, &wanted,
                                  &unknown, errp) && unknown) {
        error_setg(errp, "there is no fault rule %" PRIu32, id);
    }
}

NsmFaultInfoList *qmp_nsm_fault_list(Error **errp)
{
    VirtIONSM *s = virtio_nsm_find(errp);
    NsmFaultInfoList *list = NULL;
    NsmFaultRule rule;

    for (size_t i = s ? nsm_fault_count(s->nsm) : 0; i-- > 0;) {
        nsm_fault_get(s->nsm, i, &rule);
        QAPI_LIST_PREPEND(list, nsm_fault_info(&rule));
    }
    return list;
}

void qmp_nsm_fault_seed(uint64_t seed, Error **errp)
{
    uint32_t answer;

    if (virtio_nsm_find(errp)) {
        nitro_control(NITRO_CONTROL_NSM_FAULT_SEED, &seed, &answer, errp);
    }
}

/* What the commands do, now or in a replay. */

static uint32_t nsm_do_fault_add(void *opaque, const void *arguments)
{
    return nsm_fault_add(((VirtIONSM *)opaque)->nsm, arguments);
}

static uint32_t nsm_do_fault_remove(void *opaque, const void *arguments)
{
    return nsm_fault_remove(((VirtIONSM *)opaque)->nsm,
                            *(const uint32_t *)arguments) != 0;
}

static uint32_t nsm_do_fault_seed(void *opaque, const void *arguments)
{
    nsm_fault_seed(((VirtIONSM *)opaque)->nsm, *(const uint64_t *)arguments);
    return 0;
}

void virtio_nsm_serve_commands(VirtIONSM *s)
{
    nitro_control_register(NITRO_CONTROL_NSM_FAULT_ADD, nsm_do_fault_add,
                           sizeof(NsmFaultRule), s);
    nitro_control_register(NITRO_CONTROL_NSM_FAULT_REMOVE, nsm_do_fault_remove,
                           sizeof(uint32_t), s);
    nitro_control_register(NITRO_CONTROL_NSM_FAULT_SEED, nsm_do_fault_seed,
                           sizeof(uint64_t), s);
}
