/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breaks: stop the machine when something chosen happens
 *
 * Which events a break applies to is counted by the rule engine, as for faults.
 */

#include "qemu/osdep.h"
#include "qapi/clone-visitor.h"
#include "qapi/error.h"
#include "qapi/qapi-events-nitro.h"
#include "qapi/qapi-visit-nitro.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "qemu-machine/rules/qemu/nitro-break.h"
#include "qemu-machine/rules/rules.h"
#include "trace.h"

typedef struct NitroRegisteredSource {
    const NitroBreakSource *source;
    void *opaque;
    /* So many breaks watch it. */
    unsigned breaks;
} NitroRegisteredSource;

struct NitroBreaks {
    NitroCapture *capture;
    RuleList *rules;
    NitroRegisteredSource sources[ENCLAVE_BREAK_SOURCE__MAX];
};

typedef struct NitroBreak {
    NitroRegisteredSource *from;
    /* As it was asked for, and as its source understands it. */
    EnclaveBreakCondition *asked;
    void *condition;
} NitroBreak;

typedef struct NitroBreakEvent {
    const NitroRegisteredSource *from;
    const void *event;
} NitroBreakEvent;

static int nitro_break_matches(const void *opaque, uint32_t id,
                               const void *happened)
{
    const NitroBreak *rule = opaque;
    const NitroBreakEvent *event = happened;

    return rule->from == event->from &&
           rule->from->source->matches(rule->condition, id, event->event);
}

static void nitro_break_forget(void *opaque, uint32_t id)
{
    NitroBreak *rule = opaque;

    rule->from->breaks--;
    rule->from->source->forget(rule->from->opaque, rule->condition, id);
    qapi_free_EnclaveBreakCondition(rule->asked);
    g_free(rule);
}

NitroBreaks *nitro_breaks_new(NitroCapture *capture)
{
    const RuleOwner owner = {
        .matches = nitro_break_matches,
        .forget = nitro_break_forget,
    };
    NitroBreaks *breaks = g_new0(NitroBreaks, 1);

    breaks->capture = capture;
    breaks->rules = rule_list_new(&owner, NITRO_BREAKS_MAX);
    g_assert(breaks->rules);
    return breaks;
}

void nitro_break_register(NitroBreaks *breaks, const NitroBreakSource *source,
                          void *opaque)
{
    NitroRegisteredSource *place = &breaks->sources[source->source];

    g_assert(!place->source);
    place->source = source;
    place->opaque = opaque;
}

bool nitro_breaks_watch(const NitroBreaks *breaks, EnclaveBreakSource source)
{
    return breaks && breaks->sources[source].breaks;
}

/* ------------------------------------------------------------------ */
/* A hit                                                              */

static void nitro_break_announce(NitroBreaks *breaks, uint32_t id,
                                 const NitroBreakEvent *event)
{
    const NitroBreakSource *source = event->from->source;
    NitroBreakDescription told = { 0 };
    g_autofree char *detail = NULL;

    source->describe(event->event, &told);
    detail = told.detail;
    trace_nitro_break(id, detail);
    nitro_capture_break(breaks->capture, id,
                        EnclaveBreakSource_str(source->source), detail,
                        told.has_transaction ? told.transaction : told.flow);
    qapi_event_send_enclave_break(
        id, source->source, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
        told.has_stage, told.stage, told.request, told.has_pcr, told.pcr,
        told.error, told.has_transaction, told.transaction, told.has_flow,
        told.flow, detail);
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

uint32_t nitro_break_hit(NitroBreaks *breaks, EnclaveBreakSource source,
                         const void *event)
{
    NitroBreakEvent happened = { .event = event };
    uint32_t id;

    if (!nitro_breaks_watch(breaks, source)) {
        return 0;
    }
    happened.from = &breaks->sources[source];
    id = rule_list_consult(breaks->rules, &happened);
    if (id) {
        nitro_break_announce(breaks, id, &happened);
        nitro_break_stop();
    }
    return id;
}

/* ------------------------------------------------------------------ */
/* QMP                                                                */

/* Whether all members go with the source. */
static bool nitro_break_check(const EnclaveBreakCondition *condition,
                              Error **errp)
{
    const struct {
        const char *name;
        EnclaveBreakSource source;
        bool given;
    } members[] = {
        { "stage", ENCLAVE_BREAK_SOURCE_BOOT_STAGE, condition->has_stage },
        { "request", ENCLAVE_BREAK_SOURCE_NSM, condition->request },
        { "pcr", ENCLAVE_BREAK_SOURCE_NSM, condition->has_pcr },
        { "error", ENCLAVE_BREAK_SOURCE_NSM, condition->error },
        { "packet", ENCLAVE_BREAK_SOURCE_VSOCK, condition->packet },
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (members[i].given && members[i].source != condition->source) {
            error_setg(errp, "'%s' does not fit source '%s'",
                       members[i].name,
                       EnclaveBreakSource_str(condition->source));
            return false;
        }
    }
    return true;
}

static EnclaveBreakInfo *nitro_break_info(const RuleListed *listed)
{
    const NitroBreak *rule = listed->rule;
    EnclaveBreakInfo *info = g_new0(EnclaveBreakInfo, 1);

    QAPI_CLONE_MEMBERS(EnclaveBreakCondition, qapi_EnclaveBreakInfo_base(info),
                       rule->asked);
    info->has_skip = info->has_count = true;
    info->skip = rule_quota_skip_left(&listed->quota);
    info->id = listed->id;
    info->hits = listed->quota.hits;
    return info;
}

EnclaveBreakInfo *nitro_break_add(NitroBreaks *breaks,
                                  const EnclaveBreakCondition *condition,
                                  Error **errp)
{
    NitroRegisteredSource *from = &breaks->sources[condition->source];
    const RuleQuota quota = {
        .skip = condition->skip,
        .count = condition->count,
    };
    RuleListed listed;
    NitroBreak *rule;
    void *own;

    if (!nitro_break_check(condition, errp)) {
        return NULL;
    }
    if (rule_list_full(breaks->rules)) {
        error_setg(errp, "there are %u breaks already: remove one first",
                   NITRO_BREAKS_MAX);
        return NULL;
    }
    own = from->source->parse(from->opaque, condition,
                              rule_list_next_id(breaks->rules), errp);
    if (!own) {
        return NULL;
    }
    rule = g_new0(NitroBreak, 1);
    rule->from = from;
    rule->asked = QAPI_CLONE(EnclaveBreakCondition, condition);
    rule->condition = own;
    from->breaks++;
    if (!rule_list_add(breaks->rules, &quota, rule)) {
        error_setg(errp, "not enough memory for another break");
        return NULL;
    }
    rule_list_get(breaks->rules, rule_list_count(breaks->rules) - 1, &listed);
    return nitro_break_info(&listed);
}

void nitro_break_remove(NitroBreaks *breaks, uint32_t id, Error **errp)
{
    if (!id || rule_list_remove(breaks->rules, id)) {
        error_setg(errp, "there is no break %" PRIu32, id);
    }
}

void nitro_break_remove_all(NitroBreaks *breaks)
{
    rule_list_remove(breaks->rules, 0);
}

EnclaveBreakInfoList *nitro_break_list(const NitroBreaks *breaks)
{
    EnclaveBreakInfoList *list = NULL;
    RuleListed listed;

    for (size_t i = rule_list_count(breaks->rules); i-- > 0;) {
        rule_list_get(breaks->rules, i, &listed);
        QAPI_LIST_PREPEND(list, nitro_break_info(&listed));
    }
    return list;
}
