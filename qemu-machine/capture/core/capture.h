/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C interface of the capture core: devices report what they see, one consumer takes pcapng bytes out and writes them to
 * a file or a socket. The stream's format is format.h and docs/capture-format.md.
 *
 * Reporting functions may be called from any thread, take a short lock, never wait for the consumer and never allocate.
 * When the consumer is slower than the devices, the newest records are dropped and counted; the counts appear in the
 * stream as soon as there is room. A stream that has reached its limit says so, drops everything from then on, and
 * says at its end how much that was. The consumer's functions (peek, consume, pull, rewind, finish) belong to one thread.
 * Texts are UTF-8 and zero-terminated, NULL is empty; long ones are cut. A NULL NitroCapture is allowed everywhere and
 * does nothing, so that a device needs no check of its own.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "qemu-machine/capture/core/format.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct NitroCapture NitroCapture;

/* Called with the lock held (the clocks) or right after it is released (wake), on the reporting thread. The clocks must
 * not call back into the capture; a NULL clock reads the host's real-time clock, zero for the virtual one, and counts no
 * instructions. */
typedef struct NitroCaptureHost {
    void *opaque;
    int64_t (*host_ns)(void *opaque);    /* nanoseconds since 1970-01-01 UTC */
    int64_t (*virtual_ns)(void *opaque); /* nanoseconds of the guest's clock */
    int64_t (*icount)(void *opaque);     /* instructions executed so far; negative: they are not counted */
    void (*wake)(void *opaque);          /* there are bytes again after peek found none */
} NitroCaptureHost;

#define NITRO_CAPTURE_ALL_INTERFACES ((1u << NITRO_CAPTURE_INTERFACES) - 1)
#define NITRO_CAPTURE_DEFAULT_CAPACITY (16u << 20) /* bytes */
#define NITRO_CAPTURE_MINIMUM_CAPACITY (64u << 10)

typedef struct NitroCaptureOptions {
    size_t capacity;                                /* bytes of finished blocks held for the consumer; 0 = default */
    uint64_t limit;                                 /* bytes that the stream may have; 0 = any number */
    uint32_t enabled;                               /* bit per interface; 0 = all */
    uint32_t snap_length[NITRO_CAPTURE_INTERFACES]; /* bytes kept of a record, its header included; 0 = all */
    const char *application;                        /* written into the section header; may be NULL */
    const char *hardware;                           /* likewise: the machine, in words */
} NitroCaptureOptions;

/* Either argument may be NULL for defaults. NULL when there is no memory. */
NitroCapture *nitro_capture_new(const NitroCaptureHost *host, const NitroCaptureOptions *options);
void nitro_capture_free(NitroCapture *capture);

/* Settings, at any time. A change is itself a machine record. */
void nitro_capture_set_enabled(NitroCapture *capture, uint32_t interfaces);
void nitro_capture_set_snap_length(NitroCapture *capture, unsigned interface_id, uint32_t bytes);
void nitro_capture_set_paused(NitroCapture *capture, int paused);
/* Whether a record for this interface would be kept now: lets a device skip work. */
int nitro_capture_wants(const NitroCapture *capture, unsigned interface_id);

/* What a request is about; -1: it has none. */
typedef struct NitroCaptureNsmRequest {
    int32_t pcr;               /* of LockPCRs: how many */
    int32_t data;              /* bytes of ExtendPCR's data or of Attestation's user_data */
    int32_t nonce, public_key; /* bytes */
} NitroCaptureNsmRequest;

typedef struct NitroCaptureNsm {
    int response;         /* 0 request, 1 response */
    unsigned kind;        /* NsmRequestKind */
    unsigned result;      /* NsmError; 0 in a request */
    uint64_t transaction; /* counts from 1 */
    uint64_t duration_ns; /* host time; 0 in a request */
    uint64_t age_ns;      /* host time since it happened, for a report that comes later; 0 = now */
    const NitroCaptureNsmRequest *request; /* also in a response; NULL: not known */
    const uint8_t *data;                   /* CBOR */
    size_t size;
    int verdict;      /* NitroCaptureVerdict */
    uint32_t rule;    /* of the fault that acted; 0 = none */
    const char *note; /* the verdict in words */
} NitroCaptureNsm;
void nitro_capture_nsm(NitroCapture *capture, const NitroCaptureNsm *record);

/* Bytes of COM1, one by one or in runs. They become a record at the end of a line, when 1 KiB is together, when the
 * direction changes, before any other record (so that the order is kept), and on flush_console, which the host calls
 * a little later for a prompt without an end of line. */
void nitro_capture_console(NitroCapture *capture, int direction, const uint8_t *data, size_t size);
void nitro_capture_flush_console(NitroCapture *capture);

typedef struct NitroCaptureVsock {
    int direction;                                        /* NitroCaptureDirection */
    uint8_t header[NITRO_CAPTURE_VIRTIO_VSOCK_BYTES];     /* as in the virtqueue, little-endian */
    const uint8_t *payload;
    size_t size;
    uint64_t flow;
    int verdict;
    uint32_t rule;
    const char *note;
} NitroCaptureVsock;
void nitro_capture_vsock(NitroCapture *capture, const NitroCaptureVsock *packet);
/* Bytes of payload that are kept of a packet: gathering more is in vain. */
size_t nitro_capture_vsock_payload_limit(const NitroCapture *capture);

/* One CBOR item of a TCG plugin, as it is. */
void nitro_capture_guest(NitroCapture *capture, const uint8_t *cbor, size_t size);

/* Machine records. An index below 0 and an id of 0 mean "none". */
void nitro_capture_boot_stage(NitroCapture *capture, const char *stage, int index, const char *text);
void nitro_capture_boot_warning(NitroCapture *capture, uint32_t reason, const char *ecode, const char *message);
typedef struct NitroCaptureBootFailure {
    const char *stage;
    uint32_t reason;
    int section;
    int has_offset;
    uint64_t offset; /* bytes from the start of the EIF */
    const char *ecode;
    const char *message;
} NitroCaptureBootFailure;
void nitro_capture_boot_failure(NitroCapture *capture, const NitroCaptureBootFailure *failure);
void nitro_capture_pcr(NitroCapture *capture, unsigned index, const uint8_t value[48], int locked, const char *cause,
                       uint64_t transaction);
void nitro_capture_break(NitroCapture *capture, uint32_t rule, const char *source, const char *detail, uint64_t flow);
void nitro_capture_fault(NitroCapture *capture, uint32_t rule, const char *source, const char *action,
                         const char *detail, uint64_t flow);
/* A vsock flow is established, or over (also one that never was established). */
typedef struct NitroCaptureVsockFlow {
    int closed;
    uint64_t flow;
    const char *dialed_by; /* "guest", "host" */
    uint64_t peer_cid;
    uint32_t guest_port, peer_port;
    const char *peer;      /* who is at the host's end; may be NULL */
    int64_t pid;           /* -1 = unknown */
    int64_t round_trip_ns; /* of the connection; -1 = none */
    const char *reason;    /* when closed, likewise: */
    uint64_t bytes_to_guest, bytes_from_guest;
    int64_t stalled_ns; /* without credit */
} NitroCaptureVsockFlow;
void nitro_capture_vsock_flow(NitroCapture *capture, const NitroCaptureVsockFlow *flow);
void nitro_capture_reset(NitroCapture *capture, const char *cause);
void nitro_capture_snapshot(NitroCapture *capture, const char *operation, const char *name);
void nitro_capture_run_state(NitroCapture *capture, const char *state);

/*
 * The consumer. peek shows the next bytes of the stream (their number in *size, NULL and 0 when there are none now);
 * they stay valid until consume, which says how many of them were written. pull does both into a buffer.
 */
const uint8_t *nitro_capture_peek(NitroCapture *capture, size_t *size);
void nitro_capture_consume(NitroCapture *capture, size_t size);
size_t nitro_capture_pull(NitroCapture *capture, uint8_t *out, size_t capacity);
/* A new reader: the stream starts again with its headers, then the first block that was not taken whole. */
void nitro_capture_rewind(NitroCapture *capture);
/* No more records; what is left is followed by one Interface Statistics Block per interface. */
void nitro_capture_finish(NitroCapture *capture);

typedef struct NitroCaptureStats {
    uint64_t records[NITRO_CAPTURE_INTERFACES]; /* put into the stream */
    uint64_t dropped[NITRO_CAPTURE_INTERFACES]; /* for lack of room */
    size_t pending;                             /* bytes waiting for the consumer */
    size_t high_water;                          /* most that ever waited */
    size_t capacity;
    uint32_t enabled;
    uint32_t snap_length[NITRO_CAPTURE_INTERFACES];
    int paused;
    uint64_t limit; /* of the stream's bytes; 0 = none */
    uint64_t bytes; /* of the stream so far, also those that wait */
    int full;       /* the limit is reached: everything is dropped */
} NitroCaptureStats;
void nitro_capture_stats(const NitroCapture *capture, NitroCaptureStats *stats);

#ifdef __cplusplus
}
#endif
