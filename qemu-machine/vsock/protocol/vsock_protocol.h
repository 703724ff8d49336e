/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words and numbers of vsock, each here and nowhere else: what VirtIO 1.2 §5.10 and Linux's linux/vm_sockets.h say of
 * packets and addresses, and what our device adds to them, fault actions and reasons. C11 and C++20. The cores, QEMU's shims,
 * the app and the tests take them from here; qemu-machine/qapi/nitro.json repeats them, and tests/checks/vocabulary compares.
 *
 * A room of its own below the device's core, because the capture core writes packets too and must not know the device.
 * A list is a macro that applies X to each of its entries, in the order of their numbers.
 */
#pragma once

/* Context ids with a meaning of their own (Linux; Nitro Enclaves: the parent is CID 3). */
enum { VSOCK_CID_HYPERVISOR = 0, VSOCK_CID_LOCAL = 1, VSOCK_CID_HOST = 2, VSOCK_CID_PARENT = 3 };
/* Those of enclaves: the range, and the one of an enclave that did not ask for any. Plain numbers, for texts that quote them. */
#define VSOCK_CID_FIRST_GUEST 4
#define VSOCK_CID_DEFAULT_GUEST 16
#define VSOCK_CID_LAST 0xfffffffe /* 0xffffffff is "any" */

/* The most that heartbeat-delay can be, in milliseconds. */
#define VSOCK_HEARTBEAT_DELAY_MAX 999999999

/* Offsets in struct virtio_vsock_hdr, §5.10.6; all fields little-endian. */
enum {
    VSOCK_HEADER_SRC_CID_AT = 0,    /* u64 */
    VSOCK_HEADER_DST_CID_AT = 8,    /* u64 */
    VSOCK_HEADER_SRC_PORT_AT = 16,  /* u32 */
    VSOCK_HEADER_DST_PORT_AT = 20,  /* u32 */
    VSOCK_HEADER_LEN_AT = 24,       /* u32: bytes of payload */
    VSOCK_HEADER_TYPE_AT = 28,      /* u16: VsockType */
    VSOCK_HEADER_OP_AT = 30,        /* u16: VsockOp */
    VSOCK_HEADER_FLAGS_AT = 32,     /* u32 */
    VSOCK_HEADER_BUF_ALLOC_AT = 36, /* u32: bytes of the sender's buffer */
    VSOCK_HEADER_FWD_CNT_AT = 40    /* u32: bytes that the sender has consumed so far */
};
#define VSOCK_HEADER_BYTES 44u

/* Socket types, §5.10.6, from 1: X(CONSTANT, enumerator); the enumerator is the name. */
#define VSOCK_TYPE_LIST(X) \
    X(STREAM, stream) \
    X(SEQPACKET, seqpacket)

/* Operations, §5.10.6: X(CONSTANT, enumerator, class), from 0. The constant is the name, without VIRTIO_VSOCK_OP_; QMP has it
 * in lower case with hyphens. The class is the operation of Linux's vsock monitor that the packet belongs to, linux/vsockmon.h. */
#define VSOCK_OP_LIST(X) \
    X(INVALID, invalid, UNKNOWN) \
    X(REQUEST, request, CONNECT) \
    X(RESPONSE, response, CONNECT) \
    X(RST, rst, DISCONNECT) \
    X(SHUTDOWN, shutdown, DISCONNECT) \
    X(RW, rw, PAYLOAD) \
    X(CREDIT_UPDATE, creditUpdate, CONTROL) \
    X(CREDIT_REQUEST, creditRequest, CONTROL)

enum VsockMonitorOp {
    VSOCK_MONITOR_UNKNOWN,
    VSOCK_MONITOR_CONNECT,
    VSOCK_MONITOR_DISCONNECT,
    VSOCK_MONITOR_CONTROL,
    VSOCK_MONITOR_PAYLOAD
};
#define VSOCK_MONITOR_TRANSPORT_VIRTIO 2

/* Flags of SHUTDOWN: which direction the packet's sender gives up. Flags of RW in a seqpacket flow: the end of a message, the
 * end of a record (MSG_EOR). */
enum { VSOCK_SHUTDOWN_RECEIVE = 1, VSOCK_SHUTDOWN_SEND = 2, VSOCK_SHUTDOWN_BOTH = 3 };
enum { VSOCK_SEQ_END_OF_MESSAGE = 1, VSOCK_SEQ_END_OF_RECORD = 2 };

/* What a rule does with the packets that it matches: X(CONSTANT, "name"), from 0. All but the first are faults. */
#define VSOCK_ACTION_LIST(X) \
    X(BREAK, "break") /* only tell: the `break_hit` callback */ \
    X(DELAY, "delay") /* hold back for `milliseconds`, plus up to `jitter` at random; order is kept */ \
    X(DROP, "drop") /* of an RW packet only with `violate`: streams lose no bytes */ \
    X(RESET, "reset") /* end the flow, RST to the guest, abort at the host */ \
    X(REFUSE, "refuse") /* a REQUEST: answer RST at once */ \
    X(BLACKHOLE, "blackhole") /* this packet and everything after it in this flow, both ways, is dropped */ \
    X(THROTTLE, "throttle") /* `rate` bytes per second of payload */ \
    X(SLICE, "slice") /* payload in packets of at most `bytes` */ \
    X(CORRUPT, "corrupt") /* flip one random bit of the payload */ \
    X(DUPLICATE, "duplicate") /* deliver twice; of an RW packet only with `violate` */ \
    X(FREEZE_CREDIT, "freeze-credit") /* the receiver of this direction tells of no room, until the rule is removed */ \
    X(TRANSPORT_RESET, "transport-reset") /* the guest resets all its connected sockets */

/* Why a flow was refused or ended: X(CONSTANT, enumerator, "name for programs", "sentence for people"), from 0. The numbers are
 * in saved snapshots: only append. */
#define VSOCK_REASON_LIST(X) \
    X(NONE, none, "none", "no reason") \
    /* The guest shut down both directions and everything was delivered. */ \
    X(GUEST_CLOSED, guestClosed, "guest-closed", "the enclave closed the connection") \
    /* Likewise the host. */ \
    X(HOST_CLOSED, hostClosed, "host-closed", "the host program closed the connection") \
    /* RST from the guest. */ \
    X(GUEST_RESET, guestReset, "guest-reset", "the enclave reset the connection") \
    /* The host's peer ended with data unread, or the connection broke. */ \
    X(HOST_RESET, hostReset, "host-reset", "the host program ended or left data unread") \
    X(NO_LISTENER, noListener, "no-listener", "no program listens on the host for this port") \
    X(REFUSED_BY_ROUTE, refusedByRoute, "refused-by-route", "the route of this port refuses connections") \
    X(NO_ROUTE, noRoute, "no-route", "there is no route and no socket for this port") \
    X(HOST_BUSY, hostBusy, "host-busy", "the host program did not take connections from its full queue in time") \
    X(CONNECT_TIMEOUT, connectTimeout, "connect-timeout", "the host did not answer in time") \
    /* RST to our REQUEST. */ \
    X(REFUSED_BY_GUEST, refusedByGuest, "refused-by-guest", "no program of the enclave listens on this port") \
    X(GUEST_TIMEOUT, guestTimeout, "guest-timeout", "the enclave did not answer in time") \
    /* No RST after SHUTDOWN within its time. */ \
    X(CLOSE_TIMEOUT, closeTimeout, "close-timeout", "the other end did not confirm the end of the connection in time") \
    X(TOO_MANY_FLOWS, tooManyFlows, "too-many-flows", "there are too many connections at the same time") \
    X(UNKNOWN_CID, unknownCid, "unknown-cid", "nobody has this CID; the parent is CID 3") \
    X(BAD_TYPE, badType, "bad-type", "the socket type is not stream, nor seqpacket as negotiated") \
    X(PROTOCOL_ERROR, protocolError, "protocol-error", "the operation is not allowed in the connection's state") \
    X(CREDIT_OVERRUN, creditOverrun, "credit-overrun", "the enclave sent more than the receiver has room for") \
    /* A seqpacket message that does not fit into the receiver's buffer. */ \
    X(MESSAGE_TOO_LONG, messageTooLong, "message-too-long", "a message is longer than the receiver's buffer") \
    X(KIND_MISMATCH, kindMismatch, "kind-mismatch", "one end is a stream socket, the other a seqpacket socket") \
    X(FAULT, fault, "fault", "a fault rule ended the connection") \
    /* New CID, or a fault rule. */ \
    X(TRANSPORT_RESET, transportReset, "transport-reset", "the device announced a new transport") \
    X(DEVICE_RESET, deviceReset, "device-reset", "the enclave's driver reset the device") \
    X(SNAPSHOT_LOADED, snapshotLoaded, "snapshot-loaded", "a snapshot was loaded, and the host's end is not part of it") \
    X(CANCELLED, cancelled, "cancelled", "the host program gave up before the enclave answered") \
    X(HOST_ERROR, hostError, "host-error", "an unexpected error of the host system") \
    /* Host side only: not `CONNECT <port>\n` in time. */ \
    X(BAD_HANDSHAKE, badHandshake, "bad-handshake", "the host program did not send CONNECT <port> in time") \
    /* A packet of a flow that does not exist (any more). */ \
    X(UNKNOWN_FLOW, unknownFlow, "unknown-flow", "the connection does not exist (any more)") \
    X(OUT_OF_MEMORY, outOfMemory, "out-of-memory", "the machine had no memory left for the connection")

#define VSOCK_TYPE_CONSTANT(constant, enumerator) VSOCK_TYPE_##constant,
#define VSOCK_OP_CONSTANT(constant, enumerator, monitor) VSOCK_OP_##constant,
#define VSOCK_ACTION_CONSTANT(constant, name) VSOCK_##constant,
#define VSOCK_REASON_CONSTANT(constant, enumerator, name, text) VSOCK_REASON_##constant,

typedef enum VsockType { VSOCK_TYPE_NONE, VSOCK_TYPE_LIST(VSOCK_TYPE_CONSTANT) VSOCK_TYPES } VsockType;
typedef enum VsockOp { VSOCK_OP_LIST(VSOCK_OP_CONSTANT) VSOCK_OPS } VsockOp;
typedef enum VsockAction { VSOCK_ACTION_LIST(VSOCK_ACTION_CONSTANT) VSOCK_ACTIONS } VsockAction;
typedef enum VsockReason { VSOCK_REASON_LIST(VSOCK_REASON_CONSTANT) VSOCK_REASONS } VsockReason;
