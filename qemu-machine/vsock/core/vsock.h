/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C ABI of the vsock core, for the virtio shim in QEMU. The host side (sockets, routes, services) is made by
 * its own C ABI and handed over as a VsockHostSide, which is a nitroscope::vsock::HostSide in C++ (host.hpp).
 *
 * Life: vsock_new(…) → the host side is made with vsock_guest_side(vsock) → vsock_set_host_side(vsock, host)
 * → … → vsock_close_flows(vsock) → the host side is destroyed → vsock_free(vsock).
 *
 * Rules for every function: no exception crosses the boundary (when memory runs out, what was worked on is dropped and
 * counted, and its flow ends with VSOCK_REASON_OUT_OF_MEMORY); nothing blocks; pointers are borrowed for the
 * call; what a guest sends makes the core neither crash nor use unbounded memory. One thread at a time (QEMU:
 * the big lock). Callbacks run inside the call that causes them and must not call back into the core, except
 * where they say so.
 */
#ifndef NITROSCOPE_VSOCK_H
#define NITROSCOPE_VSOCK_H

#include <stddef.h>
#include <stdint.h>

#include "qemu-machine/rules/rules.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Vsock Vsock;
typedef struct VsockHostSide VsockHostSide;   /* a nitroscope::vsock::HostSide */
typedef struct VsockGuestSide VsockGuestSide; /* a nitroscope::vsock::GuestSide */

#define VSOCK_FLOWS_MAX 4096u
#define VSOCK_PATTERN_MAX 64u /* bytes of payload that a rule looks for */
#define VSOCK_RULES_MAX 64u   /* faults, and as many break conditions */
#define VSOCK_TEXT_MAX 128u   /* of a peer's description, with the terminating zero */

typedef enum VsockDirection {
    VSOCK_ANY_DIRECTION,
    VSOCK_TO_GUEST,   /* same number as NITRO_CAPTURE_INBOUND */
    VSOCK_FROM_GUEST, /* same number as NITRO_CAPTURE_OUTBOUND */
} VsockDirection;

typedef enum VsockState {
    VSOCK_CONNECTING,  /* the guest waits for the host */
    VSOCK_REQUESTED,   /* the host waits for the guest */
    VSOCK_ESTABLISHED, /* in one or both directions */
    VSOCK_CLOSING,     /* SHUTDOWN of both directions was sent to the guest, its RST is awaited */
    VSOCK_LINGERING,   /* the guest has closed; what it sent is still on its way to the host */
    VSOCK_CLOSED,      /* only in the list of flows that ended */
    VSOCK_STATES
} VsockState;
const char *vsock_reason_name(unsigned reason); /* of a VsockReason: "host-closed" */
const char *vsock_reason_text(unsigned reason); /* a sentence for the user */
const char *vsock_op_name(unsigned op);         /* "REQUEST" */

/* ---- Rules: faults and break conditions
 * ---------------------------------------------------------------------- */

const char *vsock_action_name(VsockAction action); /* "freeze-credit" */

/* A packet matches when all that is set (not 0) agrees. */
typedef struct VsockMatch {
    VsockDirection direction;
    uint64_t flow;       /* id of the flow */
    uint64_t cid;        /* of the guest's peer */
    uint32_t port_first; /* the port dialed: of the listener, whichever side that is on */
    uint32_t port_last;  /* 0 = port_first alone */
    uint16_t type;       /* 1 stream, 2 seqpacket */
    uint16_t op;         /* VirtIO's number */
    uint32_t nth;        /* only the nth packet of this direction in its flow, from 1, as its sender counts them */
    int has_offset;
    uint64_t offset; /* only the packet with this byte of the flow's direction, from 0 */
    uint32_t pattern_size;
    uint8_t pattern[VSOCK_PATTERN_MAX]; /* the payload of one packet contains it */
} VsockMatch;

typedef struct VsockRule {
    uint32_t id; /* from 1; 0 when adding: one is chosen */
    VsockMatch match;
    RuleQuota quota; /* which of the packets that match; a rule that is used up stays, so that its hits can be seen */
    VsockAction action;
    uint32_t milliseconds; /* delay */
    uint32_t jitter;       /* delay: milliseconds */
    uint64_t rate;         /* throttle: bytes per second */
    uint32_t bytes;        /* slice */
    int violate;           /* drop, duplicate: also what a real transport never does */
} VsockRule;

/* ---- What the core asks of the shim
 * --------------------------------------------------------------------------- */

/* As struct iovec. */
typedef struct VsockPiece {
    void *data;
    size_t size;
} VsockPiece;

typedef struct VsockFlowInfo {
    uint64_t id; /* from 1, never used twice; 0: a packet that belonged to no flow */
    VsockState state;
    uint16_t type;     /* VsockType */
    int guest_dialed;  /* else the host did */
    uint64_t peer_cid; /* of the guest's peer */
    uint32_t guest_port, peer_port;
    uint32_t service;                          /* the one that was dialed */
    int64_t opened_ns, closed_ns;              /* virtual clock; 0 = not yet */
    int64_t last_ns;                           /* last packet */
    int64_t round_trip_ns;                     /* from REQUEST to the answer; -1 = not yet */
    uint64_t bytes_to_guest, bytes_from_guest; /* of payload */
    uint64_t packets_to_guest, packets_from_guest;
    uint32_t guest_buf_alloc, guest_fwd_cnt, to_guest_count; /* credit for sending to the guest */
    uint32_t host_buf_alloc, host_fwd_cnt, from_guest_count; /* and for its sending */
    uint32_t packets_under_way;                              /* not yet consumed by the guest */
    uint32_t buffered;                                       /* bytes that the host has not taken yet */
    uint64_t stalls;    /* how often the guest's credit was used up while the host had data */
    int64_t stalled_ns; /* and for how long in all */
    int stalled;        /* now */
    int guest_sends, guest_receives, host_sends, host_receives; /* directions that are still open */
    int64_t peer_pid;                                           /* -1 = unknown */
    char peer[VSOCK_TEXT_MAX];                                  /* "unix:/path" */
    unsigned reason;                                            /* VsockReason, when it is over */
} VsockFlowInfo;

typedef struct VsockPacket {
    VsockDirection direction;
    uint8_t header[VSOCK_HEADER_BYTES]; /* as in the virtqueue */
    const VsockPiece *payload;
    size_t pieces;
    uint64_t flow;
    int verdict;      /* NitroCaptureVerdict */
    uint32_t rule;    /* of the fault, 0 = none */
    const char *note; /* what happened to it, in words; NULL = nothing */
} VsockPacket;

typedef enum VsockNotice {
    VSOCK_LINT,        /* works here, but not on EC2 */
    VSOCK_GUEST_ERROR, /* the guest broke the protocol */
    VSOCK_TROUBLE,     /* of the device itself */
} VsockNotice;

typedef struct VsockCallbacks {
    void *opaque;
    /* Virtual clock. set_alarm: call vsock_run_timers() then; a negative time: not at all. */
    int64_t (*now)(void *opaque);
    void (*set_alarm)(void *opaque, int64_t when);
    /* There may be packets for the guest: offer buffers with vsock_fill() soon, not from within this call. */
    void (*work)(void *opaque);
    /* Tell the guest of a transport reset through the event queue, then call vsock_transport_reset_done(). */
    void (*transport_reset)(void *opaque);
    /* Observers; each may be NULL. */
    void (*packet)(void *opaque, const VsockPacket *packet);
    void (*flow_opened)(void *opaque, const VsockFlowInfo *flow); /* established */
    void (*flow_closed)(void *opaque, const VsockFlowInfo *flow); /* also one that was never established */
    /* A packet that these break conditions match; it takes effect nevertheless. Without payload. */
    void (*break_hit)(void *opaque, const uint32_t *ids, size_t count, const VsockPacket *packet);
    void (*fault_applied)(void *opaque, uint32_t rule, const char *note, uint64_t flow);
    void (*notice)(void *opaque, VsockNotice notice, const char *text);
} VsockCallbacks;

typedef struct VsockOptions {
    uint64_t guest_cid;    /* 0 = 16 */
    uint64_t parent_cid;   /* 0 = 3 */
    int refuse_cid2;       /* do not answer at CID 2 */
    uint32_t buffer_bytes; /* per flow towards the host; 0 = 256 KiB */
    uint32_t packet_tax;   /* bytes charged per packet, see credit.hpp; 0 = 576, VSOCK_NO_TAX = none */
    uint32_t flows;        /* 0 = VSOCK_FLOWS_MAX */
} VsockOptions;
#define VSOCK_NO_TAX UINT32_MAX

/* ---- Life
 * ------------------------------------------------------------------------------------------------------ */

/* NULL when there is no memory. */
Vsock *vsock_new(const VsockCallbacks *callbacks, const VsockOptions *options);
void vsock_free(Vsock *vsock);
VsockGuestSide *vsock_guest_side(Vsock *vsock);
void vsock_set_host_side(Vsock *vsock, VsockHostSide *host); /* NULL: every connection is refused */
void vsock_run_timers(Vsock *vsock);

/* The driver has negotiated features; `seqpacket` decides whether such flows are accepted. */
void vsock_start(Vsock *vsock, int seqpacket);
/* The driver has reset the device: all flows end, nothing is sent. Rules stay, and so do connections of the
 * host that the driver has not heard of. */
void vsock_reset(Vsock *vsock);
/* Ends all flows without a word to the guest. */
void vsock_close_flows(Vsock *vsock, unsigned reason);
/* All flows end and the guest hears of it through `transport_reset`. */
void vsock_announce_transport_reset(Vsock *vsock, unsigned reason);
/* The guest has taken note: packets for it may flow again. */
void vsock_transport_reset_done(Vsock *vsock);

/* ---- Packets
 * --------------------------------------------------------------------------------------------------- */

/* Whether the TX queue may be read now; when not, after the next vsock_fill(). */
int vsock_may_receive(const Vsock *vsock);
/* One packet of the guest: 44 bytes of header, then the pieces of payload (of which header.len bytes count).
 */
void vsock_receive(Vsock *vsock, const uint8_t header[VSOCK_HEADER_BYTES], const VsockPiece *payload,
                   size_t pieces);
/* A chain too short for a header. */
void vsock_receive_broken(Vsock *vsock, const char *what);
/* The TX queue is empty for now: pass on what was gathered. */
void vsock_end_of_batch(Vsock *vsock);

typedef struct VsockBuffer {
    const VsockPiece *pieces; /* device-writable */
    size_t count;
    size_t used; /* out: bytes written, header included; 0 = the buffer is too small for any packet */
} VsockBuffer;
/* Whether there may be packets for the guest. */
int vsock_wants_buffers(const Vsock *vsock);
/* Puts packets into the buffers, from the first one on; returns how many were used. */
size_t vsock_fill(Vsock *vsock, VsockBuffer *buffers, size_t count);

/* ---- What there is
 * --------------------------------------------------------------------------------------------- */

typedef struct VsockCounters {
    uint64_t packets_to_guest, packets_from_guest, bytes_to_guest, bytes_from_guest;
    uint64_t flows_opened, flows_closed, flows_refused;
    uint64_t guest_errors; /* packets that break the protocol */
    uint64_t ignored;      /* packets that mean nothing in the flow's state */
    uint64_t out_of_memory; /* packets and events that were dropped for want of memory, and their flows with them */
} VsockCounters;
void vsock_counters(const Vsock *vsock, VsockCounters *counters);
uint64_t vsock_guest_cid(const Vsock *vsock);
/* A new CID is only visible to a guest after vsock_announce_transport_reset(). */
void vsock_set_guest_cid(Vsock *vsock, uint64_t cid);
int vsock_seqpacket(const Vsock *vsock); /* whether the driver has agreed to it */
/* Calls `each` for the living flows by id, or for those that ended last, newest first. */
void vsock_each_flow(const Vsock *vsock, void (*each)(void *opaque, const VsockFlowInfo *flow), void *opaque);
void vsock_each_closed_flow(const Vsock *vsock, void (*each)(void *opaque, const VsockFlowInfo *flow),
                            void *opaque);

/* The rule's id; 0 when it makes no sense, its id is taken, or there are too many. Break conditions
 * (VSOCK_BREAK) have ids of their own, separate from the faults', and no quota here: how often they stop the
 * machine is counted where they come from. */
uint32_t vsock_rule_add(Vsock *vsock, const VsockRule *rule);
int vsock_fault_remove(Vsock *vsock, uint32_t id); /* 0, or -1 when there is none; id 0 removes all */
int vsock_break_remove(Vsock *vsock, uint32_t id); /* likewise; also from within `break_hit` */
int vsock_fault_get(const Vsock *vsock, size_t position, VsockRule *rule);
void vsock_fault_seed(Vsock *vsock, uint64_t seed);

/* Snapshots: settings, rules, counters, and which flows there were. The host's ends are not part of a
 * snapshot, so loading ends all flows; then the shim calls vsock_announce_transport_reset() when the guest
 * has a driver running. save returns the size and writes at most `capacity` bytes; 0: no memory. load: 0, or
 * -1 and nothing is changed. */
size_t vsock_save(const Vsock *vsock, uint8_t *out, size_t capacity);
/* For a recording, whose snapshots are to go on as if nothing had been: whether nothing is under way, so that the saved
 * state is all of it; and, before loading, to forget what a replay has come to, without a word to the guest. */
int vsock_is_quiet(const Vsock *vsock);
void vsock_forget_all(Vsock *vsock);
int vsock_load(Vsock *vsock, const uint8_t *state, size_t size);

#ifdef __cplusplus
}
#endif

#endif
