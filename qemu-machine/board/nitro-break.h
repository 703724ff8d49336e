/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breaks: stop the machine when the boot, the NSM or another device does
 * something chosen (QMP enclave-break-add, qapi/nitro.json)
 *
 * A device describes what is about to happen and asks nitro_break_hit(). When
 * the answer is not 0 the machine is going to stop: at once when the caller is
 * a vCPU, very soon otherwise. The device must then hold back what it was about
 * to do, and do it once the machine runs again (a VM change state handler).
 *
 * To add a source: EnclaveBreakSource and optional members of
 * EnclaveBreakCondition in the schema, members here, and one function each for
 * checking, matching and describing in nitro-break.c.
 */
#ifndef NITROSCOPE_NITRO_BREAK_H
#define NITROSCOPE_NITRO_BREAK_H

#include "qapi/qapi-types-nitro.h"
#include "nsm-device/core/nsm.h"
#include "qemu-machine/capture/core/capture.h"
#include "qemu-machine/vsock/core/vsock.h"

#define NITRO_BREAKS_MAX 64

typedef struct NitroBreaks NitroBreaks;

/* What is about to happen; only the members of its source are looked at. */
typedef struct NitroBreakEvent {
    EnclaveBreakSource source;

    /* boot-stage */
    EnclaveBootStage stage;

    /* nsm */
    NsmRequestKind request;
    int32_t pcr;                /* LockPCRs: the range; -1: none */
    unsigned first_pcr;         /* the PCRs it touches; */
    unsigned last_pcr;          /* none when first > last */
    bool answered;              /* the answer is known, with this error: */
    NsmError error;
    uint64_t transaction;

    /* vsock: the core has compared the packet with all breaks; these match */
    const uint32_t *vsock_ids;
    size_t vsock_count;
    const VsockPacket *packet;
} NitroBreakEvent;

/* Hits are also recorded in `capture`, which may be NULL. */
NitroBreaks *nitro_breaks_new(NitroCapture *capture);

/*
 * Whether any break watches this source: lets a device skip the work of
 * describing an event. NULL breaks watch nothing.
 */
bool nitro_breaks_watch(const NitroBreaks *breaks, EnclaveBreakSource source);

/*
 * Counts the event in all breaks that match. When one of them says so, sends
 * ENCLAVE_BREAK, makes the machine stop, and returns the id of that break; 0:
 * go on. Needs the big lock.
 */
uint32_t nitro_break_hit(NitroBreaks *breaks, const NitroBreakEvent *event);

#endif
