/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsock packets as a source of breaks
 *
 * The core compares packets with all conditions at once, because it alone has
 * the flow and the payload; it knows them by the ids of their breaks.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

/* A packet, and the ids of the breaks that it meets. */
typedef struct VsockBreakEvent {
    const uint32_t *ids;
    size_t count;
    const VsockPacket *packet;
} VsockBreakEvent;

/* The condition is in the core: what stands for it here is the device. */
static void *vsock_break_parse(void *opaque,
                               const EnclaveBreakCondition *asked, uint32_t id,
                               Error **errp)
{
    VirtIOVsock *s = opaque;
    VsockRule rule = {
        .id = id,
        .action = VSOCK_BREAK,
    };

    if (!virtio_vsock_parse_match(asked->packet, &rule.match, errp)) {
        return NULL;
    }
    if (!vsock_rule_add(s->core, &rule)) {
        error_setg(errp, "there are %u breaks on packets already: remove one "
                   "first", VSOCK_RULES_MAX);
        return NULL;
    }
    return s;
}

static void vsock_break_forget(void *opaque, void *condition, uint32_t id)
{
    VirtIOVsock *s = opaque;

    vsock_break_remove(s->core, id);
}

static bool vsock_break_matches(const void *condition, uint32_t id,
                                const void *happened)
{
    const VsockBreakEvent *event = happened;

    for (size_t i = 0; i < event->count; i++) {
        if (event->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* "RW from 16:1024 to 3:8000" */
static void vsock_break_describe(const void *happened,
                                 NitroBreakDescription *description)
{
    const VsockBreakEvent *event = happened;
    const uint8_t *header = event->packet->header;

    description->has_flow = event->packet->flow != 0;
    description->flow = event->packet->flow;
    description->detail =
        g_strdup_printf("%s from %" PRIu64 ":%" PRIu32
                        " to %" PRIu64 ":%" PRIu32,
                        vsock_op_name(lduw_le_p(header + VSOCK_HEADER_OP_AT)),
                        ldq_le_p(header + VSOCK_HEADER_SRC_CID_AT),
                        (uint32_t)ldl_le_p(header + VSOCK_HEADER_SRC_PORT_AT),
                        ldq_le_p(header + VSOCK_HEADER_DST_CID_AT),
                        (uint32_t)ldl_le_p(header + VSOCK_HEADER_DST_PORT_AT));
}

static const NitroBreakSource vsock_break_source = {
    .source = ENCLAVE_BREAK_SOURCE_VSOCK,
    .parse = vsock_break_parse,
    .forget = vsock_break_forget,
    .matches = vsock_break_matches,
    .describe = vsock_break_describe,
};

void virtio_vsock_set_breaks(VirtIOVsock *s, NitroBreaks *breaks)
{
    s->breaks = breaks;
    nitro_break_register(breaks, &vsock_break_source, s);
}

void virtio_vsock_break_hit(void *opaque, const uint32_t *ids, size_t count,
                            const VsockPacket *packet)
{
    VirtIOVsock *s = opaque;
    const VsockBreakEvent event = {
        .ids = ids,
        .count = count,
        .packet = packet,
    };

    nitro_break_hit(s->breaks, ENCLAVE_BREAK_SOURCE_VSOCK, &event);
}
