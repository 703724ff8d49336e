/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands of the vsock device (qapi/nitro.json)
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

QEMU_BUILD_BUG_ON((int)VSOCK_FLOW_STATE__MAX != (int)VSOCK_STATES);
QEMU_BUILD_BUG_ON((int)VSOCK_FLOW_STATE_ESTABLISHED != (int)VSOCK_ESTABLISHED);
/* The core's first action is VSOCK_BREAK, which is none of QAPI's. */
#define VSOCK_FAULT_ACTION_BREAK (-1)
#define VSOCK_CHECK_ACTION(constant, name) \
    QEMU_BUILD_BUG_ON((int)VSOCK_FAULT_ACTION_##constant + 1 != VSOCK_##constant);
VSOCK_ACTION_LIST(VSOCK_CHECK_ACTION)

/* ------------------------------------------------------------------ */
/* query-vsock                                                        */

static VsockFlow *virtio_vsock_flow_info(const VsockFlowInfo *flow)
{
    VsockFlow *info = g_new0(VsockFlow, 1);
    bool closed = flow->state == VSOCK_CLOSED;

    info->id = flow->id;
    info->state = (VsockFlowState)flow->state;
    info->kind = flow->type == VSOCK_TYPE_SEQPACKET ? VSOCK_KIND_SEQPACKET : VSOCK_KIND_STREAM;
    info->guest_dialed = flow->guest_dialed;
    info->peer_cid = flow->peer_cid;
    info->guest_port = flow->guest_port;
    info->peer_port = flow->peer_port;
    info->service = flow->service;
    info->opened_ns = flow->opened_ns;
    info->has_closed_ns = closed;
    info->closed_ns = flow->closed_ns;
    info->last_ns = flow->last_ns;
    info->has_round_trip_ns = flow->round_trip_ns >= 0;
    info->round_trip_ns = flow->round_trip_ns;
    info->bytes_to_guest = flow->bytes_to_guest;
    info->bytes_from_guest = flow->bytes_from_guest;
    info->packets_to_guest = flow->packets_to_guest;
    info->packets_from_guest = flow->packets_from_guest;
    info->to_guest = g_new0(VsockCredit, 1);
    info->to_guest->buffer = flow->guest_buf_alloc;
    info->to_guest->sent = flow->to_guest_count;
    info->to_guest->consumed = flow->guest_fwd_cnt;
    info->to_guest->open = !closed && flow->host_sends && flow->guest_receives;
    info->from_guest = g_new0(VsockCredit, 1);
    info->from_guest->buffer = flow->host_buf_alloc;
    info->from_guest->sent = flow->from_guest_count;
    info->from_guest->consumed = flow->host_fwd_cnt;
    info->from_guest->open = !closed && flow->guest_sends &&
                             flow->host_receives;
    info->packets_under_way = flow->packets_under_way;
    info->buffered = flow->buffered;
    info->stalls = flow->stalls;
    info->stalled_ns = flow->stalled_ns;
    info->stalled = flow->stalled;
    info->peer = flow->peer[0] ? g_strdup(flow->peer) : NULL;
    info->has_peer_pid = flow->peer_pid > 0;
    info->peer_pid = flow->peer_pid;
    if (closed) {
        info->reason = g_strdup(vsock_reason_name(flow->reason));
        info->text = g_strdup(vsock_reason_text(flow->reason));
    }
    return info;
}

static void virtio_vsock_take_flow(void *opaque, const VsockFlowInfo *flow)
{
    VsockFlowList ***tail = opaque;

    QAPI_LIST_APPEND(*tail, virtio_vsock_flow_info(flow));
}

VsockInfo *qmp_query_vsock(Error **errp)
{
    VirtIOVsock *s = virtio_vsock_find(errp);
    VsockFlowList **flows, **closed;
    VsockCounters counters;
    VsockInfo *info;

    if (!s) {
        return NULL;
    }
    vsock_counters(s->core, &counters);
    info = g_new0(VsockInfo, 1);
    info->guest_cid = vsock_guest_cid(s->core);
    info->running = s->running;
    info->seqpacket = vsock_seqpacket(s->core);
    info->packets_to_guest = counters.packets_to_guest;
    info->packets_from_guest = counters.packets_from_guest;
    info->bytes_to_guest = counters.bytes_to_guest;
    info->bytes_from_guest = counters.bytes_from_guest;
    info->flows_opened = counters.flows_opened;
    info->flows_closed = counters.flows_closed;
    info->flows_refused = counters.flows_refused;
    info->guest_errors = counters.guest_errors;
    info->out_of_memory = counters.out_of_memory;
    flows = &info->flows;
    vsock_each_flow(s->core, virtio_vsock_take_flow, &flows);
    closed = &info->closed;
    vsock_each_closed_flow(s->core, virtio_vsock_take_flow, &closed);
    return info;
}

/* ------------------------------------------------------------------ */
/* vsock-fault-*                                                      */

static VsockFaultInfo *virtio_vsock_fault_info(const VsockRule *rule)
{
    VsockFaultInfo *info = g_new0(VsockFaultInfo, 1);

    info->id = rule->id;
    info->hits = rule->quota.hits;
    info->action = rule->action - 1;
    info->packet = virtio_vsock_match_info(&rule->match);
    info->has_milliseconds = rule->action == VSOCK_DELAY;
    info->milliseconds = rule->milliseconds;
    info->has_jitter = rule->action == VSOCK_DELAY;
    info->jitter = rule->jitter;
    info->has_rate = rule->action == VSOCK_THROTTLE;
    info->rate = rule->rate;
    info->has_bytes = rule->action == VSOCK_SLICE;
    info->bytes = rule->bytes;
    info->has_violate = rule->violate;
    info->violate = rule->violate;
    info->has_skip = info->has_count = info->has_chance = true;
    info->skip = rule->quota.skip;
    info->count = rule->quota.count;
    info->chance = rule->quota.chance;
    return info;
}

static bool virtio_vsock_check_fault(const VsockFaultSpec *spec, Error **errp)
{
    const char *missing = NULL;

    if (spec->action == VSOCK_FAULT_ACTION_DELAY &&
        !spec->milliseconds && !spec->jitter) {
        missing = "milliseconds";
    } else if (spec->action == VSOCK_FAULT_ACTION_THROTTLE && !spec->rate) {
        missing = "rate";
    } else if (spec->action == VSOCK_FAULT_ACTION_SLICE && !spec->bytes) {
        missing = "bytes";
    }
    if (missing) {
        error_setg(errp, "action '%s' needs '%s'",
                   VsockFaultAction_str(spec->action), missing);
        return false;
    }
    if (spec->has_chance && (spec->chance < 1 || spec->chance > 100)) {
        error_setg(errp, "'chance' is between 1 and 100 per cent");
        return false;
    }
    return true;
}

VsockFaultInfo *qmp_vsock_fault_add(VsockFaultSpec *spec, Error **errp)
{
    VirtIOVsock *s = virtio_vsock_find(errp);
    VsockRule rule = {
        .action = spec->action + 1,
        .quota = {
            .skip = spec->skip,
            .count = spec->count,
            .chance = spec->has_chance ? spec->chance : RULE_CHANCE_ALWAYS,
        },
        .milliseconds = spec->milliseconds,
        .jitter = spec->jitter,
        .rate = spec->rate,
        .bytes = spec->bytes,
        .violate = spec->violate,
    };

    if (!s || !virtio_vsock_check_fault(spec, errp) ||
        !virtio_vsock_parse_match(spec->packet, &rule.match, errp)) {
        return NULL;
    }
    if (!nitro_control(NITRO_CONTROL_VSOCK_FAULT_ADD, &rule, &rule.id, errp)) {
        return NULL;
    }
    if (!rule.id) {
        error_setg(errp, "the rule makes no sense (delays end at an hour), or "
                   "there are %u rules already", VSOCK_RULES_MAX);
        return NULL;
    }
    return virtio_vsock_fault_info(&rule);
}

void qmp_vsock_fault_remove(bool has_id, uint32_t id, Error **errp)
{
    VirtIOVsock *s = virtio_vsock_find(errp);
    uint32_t wanted = has_id ? id : 0;
    uint32_t unknown = has_id && !id;

    if (!s || (!unknown && !nitro_control(NITRO_CONTROL_VSOCK_FAULT_REMOVE,
                                          &wanted, &unknown, errp))) {
        return;
    }
    if (unknown) {
        error_setg(errp, "there is no fault rule %" PRIu32, id);
    }
}

VsockFaultInfoList *qmp_vsock_fault_list(Error **errp)
{
    VirtIOVsock *s = virtio_vsock_find(errp);
    VsockFaultInfoList *list = NULL, **tail = &list;
    VsockRule rule;

    for (size_t i = 0; s && vsock_fault_get(s->core, i, &rule) == 0; i++) {
        QAPI_LIST_APPEND(tail, virtio_vsock_fault_info(&rule));
    }
    return list;
}

void qmp_vsock_fault_seed(uint64_t seed, Error **errp)
{
    uint32_t answer;

    if (virtio_vsock_find(errp)) {
        nitro_control(NITRO_CONTROL_VSOCK_FAULT_SEED, &seed, &answer, errp);
    }
}

void qmp_vsock_transport_reset(bool has_guest_cid, uint64_t guest_cid,
                               Error **errp)
{
    VirtIOVsock *s = virtio_vsock_find(errp);
    uint32_t answer;

    if (!s) {
        return;
    }
    if (has_guest_cid && (guest_cid < VSOCK_CID_FIRST_GUEST ||
                          guest_cid > VSOCK_CID_LAST ||
                          guest_cid == s->parent_cid)) {
        error_setg(errp, "%" PRIu64 " cannot be the CID of an enclave",
                   guest_cid);
        return;
    }
    nitro_control(NITRO_CONTROL_VSOCK_TRANSPORT_RESET,
                  &(uint64_t) { has_guest_cid ? guest_cid : 0 }, &answer, errp);
}

/* ------------------------------------------------------------------ */
/* What the commands do, now or in a replay                           */

static uint32_t virtio_vsock_do_fault_add(void *opaque, const void *arguments)
{
    VirtIOVsock *s = opaque;

    return vsock_rule_add(s->core, arguments);
}

static uint32_t virtio_vsock_do_fault_remove(void *opaque,
                                             const void *arguments)
{
    VirtIOVsock *s = opaque;

    return vsock_fault_remove(s->core, *(const uint32_t *)arguments) != 0;
}

static uint32_t virtio_vsock_do_fault_seed(void *opaque, const void *arguments)
{
    VirtIOVsock *s = opaque;

    vsock_fault_seed(s->core, *(const uint64_t *)arguments);
    return 0;
}

/* The argument is the guest's new CID; 0: as before. */
static uint32_t virtio_vsock_do_transport_reset(void *opaque,
                                                const void *arguments)
{
    VirtIOVsock *s = opaque;
    uint64_t guest_cid = *(const uint64_t *)arguments;

    if (guest_cid) {
        vsock_set_guest_cid(s->core, guest_cid);
        virtio_notify_config(VIRTIO_DEVICE(s));
    }
    if (s->running) {
        vsock_announce_transport_reset(s->core, VSOCK_REASON_TRANSPORT_RESET);
    } else {
        vsock_close_flows(s->core, VSOCK_REASON_TRANSPORT_RESET);
    }
    return 0;
}

void virtio_vsock_serve_commands(VirtIOVsock *s)
{
    nitro_control_register(NITRO_CONTROL_VSOCK_FAULT_ADD,
                           virtio_vsock_do_fault_add, sizeof(VsockRule), s);
    nitro_control_register(NITRO_CONTROL_VSOCK_FAULT_REMOVE,
                           virtio_vsock_do_fault_remove, sizeof(uint32_t), s);
    nitro_control_register(NITRO_CONTROL_VSOCK_FAULT_SEED,
                           virtio_vsock_do_fault_seed, sizeof(uint64_t), s);
    nitro_control_register(NITRO_CONTROL_VSOCK_TRANSPORT_RESET,
                           virtio_vsock_do_transport_reset, sizeof(uint64_t),
                           s);
}
