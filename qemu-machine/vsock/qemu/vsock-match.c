/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets are meant: between QAPI's VsockPacketMatch and the core's
 * VsockMatch
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

/*
 * QAPI's enumerations start at 0, where the core has "any", "invalid" or
 * nothing.
 */
QEMU_BUILD_BUG_ON((int)VSOCK_PACKET_DIRECTION_TO_GUEST + 1 != (int)VSOCK_TO_GUEST);
QEMU_BUILD_BUG_ON((int)VSOCK_PACKET_DIRECTION_FROM_GUEST + 1 !=
                  (int)VSOCK_FROM_GUEST);
#define VSOCK_OPERATION_INVALID (-1)
#define VSOCK_CHECK_OP(constant, enumerator, monitor) \
    QEMU_BUILD_BUG_ON((int)VSOCK_OPERATION_##constant + 1 != VSOCK_OP_##constant);
#define VSOCK_CHECK_TYPE(constant, enumerator) \
    QEMU_BUILD_BUG_ON((int)VSOCK_KIND_##constant + 1 != VSOCK_TYPE_##constant);
VSOCK_OP_LIST(VSOCK_CHECK_OP)
VSOCK_TYPE_LIST(VSOCK_CHECK_TYPE)

static bool virtio_vsock_parse_hex(const char *hex, VsockMatch *match,
                                   Error **errp)
{
    size_t length = strlen(hex);

    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isxdigit(hex[i])) {
            error_setg(errp, "'hex' has something other than a hexadecimal "
                       "digit at position %zu", i);
            return false;
        }
    }
    if (length % 2 || length / 2 > VSOCK_PATTERN_MAX) {
        error_setg(errp, "'hex' must have two digits for each of at most %u "
                   "bytes", VSOCK_PATTERN_MAX);
        return false;
    }
    match->pattern_size = length / 2;
    for (size_t i = 0; i < match->pattern_size; i++) {
        match->pattern[i] = g_ascii_xdigit_value(hex[2 * i]) << 4 |
                            g_ascii_xdigit_value(hex[2 * i + 1]);
    }
    return true;
}

bool virtio_vsock_parse_match(const VsockPacketMatch *packet, VsockMatch *match,
                              Error **errp)
{
    *match = (VsockMatch) { 0 };
    if (!packet) {
        return true;
    }
    match->direction = packet->has_direction ? packet->direction + 1 : 0;
    match->flow = packet->has_flow ? packet->flow : 0;
    match->cid = packet->has_cid ? packet->cid : 0;
    match->port_first = packet->has_port ? packet->port : 0;
    match->port_last = packet->has_last_port ? packet->last_port : 0;
    match->type = packet->has_kind ? packet->kind + 1 : 0;
    match->op = packet->has_operation ? packet->operation + 1 : 0;
    match->nth = packet->has_nth ? packet->nth : 0;
    match->has_offset = packet->has_offset;
    match->offset = packet->has_offset ? packet->offset : 0;
    if (packet->has_last_port &&
        (!packet->has_port || packet->last_port < packet->port)) {
        error_setg(errp, "'last-port' needs a 'port' that is not above it");
        return false;
    }
    if (packet->hex && packet->text) {
        error_setg(errp, "'text' and 'hex' are two ways to say the same thing: "
                   "give only one");
        return false;
    }
    if (packet->text) {
        size_t length = strlen(packet->text);

        if (length > VSOCK_PATTERN_MAX) {
            error_setg(errp, "'text' is longer than %u bytes",
                       VSOCK_PATTERN_MAX);
            return false;
        }
        memcpy(match->pattern, packet->text, length);
        match->pattern_size = length;
    }
    return !packet->hex || virtio_vsock_parse_hex(packet->hex, match, errp);
}

VsockPacketMatch *virtio_vsock_match_info(const VsockMatch *match)
{
    VsockPacketMatch *packet = g_new0(VsockPacketMatch, 1);

    packet->has_direction = match->direction;
    packet->direction = match->direction ? match->direction - 1 : 0;
    packet->has_flow = match->flow;
    packet->flow = match->flow;
    packet->has_cid = match->cid;
    packet->cid = match->cid;
    packet->has_port = match->port_first;
    packet->port = match->port_first;
    packet->has_last_port = match->port_last;
    packet->last_port = match->port_last;
    packet->has_kind = match->type;
    packet->kind = match->type ? match->type - 1 : 0;
    packet->has_operation = match->op;
    packet->operation = match->op ? match->op - 1 : 0;
    packet->has_nth = match->nth;
    packet->nth = match->nth;
    packet->has_offset = match->has_offset;
    packet->offset = match->offset;
    if (match->pattern_size) {
        GString *hex = g_string_new("");

        for (size_t i = 0; i < match->pattern_size; i++) {
            g_string_append_printf(hex, "%02x", match->pattern[i]);
        }
        packet->hex = g_string_free(hex, false);
    }
    return packet;
}
