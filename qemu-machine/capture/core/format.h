/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every layout of the capture stream that is ours: interfaces, packet options and record headers. Devices write them,
 * the app and the plugins read them, docs/capture-format.md describes them in words. The Wireshark dissector and
 * qemu-machine/qapi/nitro.json repeat some of them, and tests/checks/vocabulary compares.
 * What belongs to pcapng itself is in pcapng.hpp. C11 and C++20; integers are little-endian in the stream.
 */
#pragma once

#include "qemu-machine/vsock/protocol/vsock_protocol.h"

/* Versions of the packet option and of the nsm header; a reader refuses a higher one instead of guessing. */
#define NITRO_CAPTURE_VERSION 1
#define NITRO_CAPTURE_NSM_VERSION 2

/* The interfaces: X(CONSTANT, enumerator, link type, "description"); the enumerator is the name. The pcapng interface ids count from 0, and the
 * Interface Description Blocks come in this order in every section we write. Link types are LINKTYPE_VSOCK and four of the
 * "user" range; readers match on type and name, because other programs use the user range too. */
#define NITRO_CAPTURE_INTERFACE_LIST(X) \
    X(VSOCK, vsock, 271, "packets of the virtio-vsock device") \
    X(NSM, nsm, 147, "requests and responses of the Nitro Security Module") \
    X(CONSOLE, console, 148, "serial console COM1") \
    X(MACHINE, machine, 149, "boot stages, PCR changes and control of the machine") \
    X(GUEST, guest, 150, "observations of instrumentation plugins")

#define NITRO_CAPTURE_INTERFACE_CONSTANT(constant, enumerator, link, text) NITRO_CAPTURE_##constant,
#define NITRO_CAPTURE_LINK_CONSTANT(constant, enumerator, link, text) NITRO_CAPTURE_LINK_##constant = link,
enum NitroCaptureInterface {
    NITRO_CAPTURE_INTERFACE_LIST(NITRO_CAPTURE_INTERFACE_CONSTANT) NITRO_CAPTURE_INTERFACES
};
enum NitroCaptureLink { NITRO_CAPTURE_INTERFACE_LIST(NITRO_CAPTURE_LINK_CONSTANT) };

/* Same values as the direction bits of epb_flags. The guest is the point of view. */
enum NitroCaptureDirection {
    NITRO_CAPTURE_NO_DIRECTION = 0,
    NITRO_CAPTURE_INBOUND = 1, /* towards the guest: an NSM response, console input */
    NITRO_CAPTURE_OUTBOUND = 2 /* sent by the guest: an NSM request, console output */
};

/* What became of a packet: X(CONSTANT, enumerator), from 0; the enumerator is the name. The comment option says it in words when
 * it is not NITRO_CAPTURE_PASSED. */
#define NITRO_CAPTURE_VERDICT_LIST(X) \
    X(PASSED, passed) \
    X(DELAYED, delayed) \
    X(DROPPED, dropped) /* taken, but never delivered or answered */ \
    X(CHANGED, changed) /* corrupted, stale, duplicated or cut on purpose */ \
    X(REFUSED, refused) /* answered with an error or a reset on purpose */ \
    X(MALFORMED, malformed) /* the guest broke the transport's rules */

#define NITRO_CAPTURE_VERDICT_CONSTANT(constant, enumerator) NITRO_CAPTURE_##constant,
enum NitroCaptureVerdict { NITRO_CAPTURE_VERDICT_LIST(NITRO_CAPTURE_VERDICT_CONSTANT) NITRO_CAPTURE_VERDICTS };

/*
 * Option of every packet: pcapng custom option 2989 (binary, copied along by tools). Offsets from the first byte of the
 * option's value, that is from the Private Enterprise Number.
 */
#define NITRO_CAPTURE_PEN 32473 /* RFC 5612's number for examples: we own none, so a magic number follows it */
#define NITRO_CAPTURE_OPTION_MAGIC 0x4f43534eu /* "NSCO" */
enum {
    NITRO_CAPTURE_OPTION_PEN_AT = 0,      /* u32 */
    NITRO_CAPTURE_OPTION_MAGIC_AT = 4,    /* u32 */
    NITRO_CAPTURE_OPTION_VERSION_AT = 8,  /* u8 */
    NITRO_CAPTURE_OPTION_VERDICT_AT = 9,  /* u8, NitroCaptureVerdict */
    NITRO_CAPTURE_OPTION_RULE_AT = 12,    /* u32: id of the fault or break rule that acted, 0 = none; u16 before it is 0 */
    NITRO_CAPTURE_OPTION_FLOW_AT = 16,    /* u64: vsock flow or NSM transaction, 0 = none */
    NITRO_CAPTURE_OPTION_VIRTUAL_AT = 24, /* i64: nanoseconds of the guest's virtual clock */
    NITRO_CAPTURE_OPTION_BYTES = 32,
    /* There when instructions are counted (-icount); who wants it looks at the option's length. */
    NITRO_CAPTURE_OPTION_ICOUNT_AT = 32, /* u64: instructions that the guest has executed */
    NITRO_CAPTURE_OPTION_BYTES_ICOUNT = 40
};

/* Header of a record on the nsm interface; CBOR follows: the request or the response as it crossed the virtqueue. */
enum {
    NITRO_CAPTURE_NSM_VERSION_AT = 0,      /* u8 */
    NITRO_CAPTURE_NSM_DIRECTION_AT = 1,    /* u8: 0 request, 1 response */
    NITRO_CAPTURE_NSM_KIND_AT = 2,         /* u8: NsmRequestKind of nsm-device/core/nsm_protocol.h */
    NITRO_CAPTURE_NSM_RESULT_AT = 3,       /* u8: NsmError of the same header; 0 in a request */
    NITRO_CAPTURE_NSM_HEADER_BYTES_AT = 4, /* u16: where the CBOR starts; u16 after it is 0 */
    NITRO_CAPTURE_NSM_TRANSACTION_AT = 8,  /* u64: same in request and response, counts from 1 */
    NITRO_CAPTURE_NSM_DURATION_AT = 16,    /* u64: host nanoseconds from taking the request to giving the answer; 0 in a request */
    /* Since version 2, in request and response alike, so that nobody has to take the CBOR apart for a list: */
    NITRO_CAPTURE_NSM_PCR_AT = 24,        /* u32: PCR that the request names; of LockPCRs, how many */
    NITRO_CAPTURE_NSM_DATA_AT = 28,       /* u32: bytes of ExtendPCR's data or of Attestation's user_data */
    NITRO_CAPTURE_NSM_NONCE_AT = 32,      /* u32: bytes of Attestation's nonce */
    NITRO_CAPTURE_NSM_PUBLIC_KEY_AT = 36, /* u32: bytes of its public_key */
    NITRO_CAPTURE_NSM_CBOR_BYTES_AT = 40, /* u32: bytes of the CBOR, also when the record is cut */
    NITRO_CAPTURE_NSM_HEADER_BYTES = 44,
    NITRO_CAPTURE_NSM_HEADER_BYTES_V1 = 24
};
#define NITRO_CAPTURE_NSM_NONE 0xffffffffu /* in one of those: the request has none, or it could not be decoded */
enum { NITRO_CAPTURE_NSM_REQUEST = 0, NITRO_CAPTURE_NSM_RESPONSE = 1 };

/* Header of a record on the vsock interface: Linux's struct af_vsockmon_hdr, then the virtio header as it was in the
 * virtqueue, then payload. */
enum {
    NITRO_CAPTURE_VSOCK_SRC_CID_AT = 0,         /* u64 */
    NITRO_CAPTURE_VSOCK_DST_CID_AT = 8,         /* u64 */
    NITRO_CAPTURE_VSOCK_SRC_PORT_AT = 16,       /* u32 */
    NITRO_CAPTURE_VSOCK_DST_PORT_AT = 20,       /* u32 */
    NITRO_CAPTURE_VSOCK_OP_AT = 24,             /* u16: VsockMonitorOp of qemu-machine/vsock/protocol/vsock_protocol.h */
    NITRO_CAPTURE_VSOCK_TRANSPORT_AT = 26,      /* u16: VSOCK_MONITOR_TRANSPORT_VIRTIO */
    NITRO_CAPTURE_VSOCK_TRANSPORT_BYTES_AT = 28, /* u16: bytes of the virtio header; u16 after it is 0 */
    NITRO_CAPTURE_VSOCK_HEADER_BYTES = 32,
    NITRO_CAPTURE_VIRTIO_VSOCK_BYTES = VSOCK_HEADER_BYTES /* struct virtio_vsock_hdr */
};

/* A record on the console interface is text of COM1 and nothing else. Records on the machine interface are one CBOR map
 * each, with text keys; "kind" is always the first key. Keys and values per kind: docs/capture-format.md. */
#define NITRO_CAPTURE_KIND_BOOT_STAGE "boot-stage"
#define NITRO_CAPTURE_KIND_BOOT_WARNING "boot-warning"
#define NITRO_CAPTURE_KIND_BOOT_FAILURE "boot-failure"
#define NITRO_CAPTURE_KIND_PCR "pcr-change"
#define NITRO_CAPTURE_KIND_BREAK "break"
#define NITRO_CAPTURE_KIND_FAULT "fault"
#define NITRO_CAPTURE_KIND_RESET "reset"
#define NITRO_CAPTURE_KIND_SNAPSHOT "snapshot"
#define NITRO_CAPTURE_KIND_RUN_STATE "run-state"
#define NITRO_CAPTURE_KIND_CONTROL "capture"
#define NITRO_CAPTURE_KIND_DROPPED "dropped"
#define NITRO_CAPTURE_KIND_VSOCK_OPEN "vsock-open"
#define NITRO_CAPTURE_KIND_VSOCK_CLOSE "vsock-close"

/* Records on the guest interface are CBOR maps of the same form, made by the plugins. */
#define NITRO_CAPTURE_KIND_SYSTEM_CALL "system-call"
#define NITRO_CAPTURE_KIND_SYSTEM_CALL_RESULT "system-call-result"
#define NITRO_CAPTURE_KIND_FIRST_CALL "first-call"
