/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C ABI of the NSM core: a Nitro Security Module without a transport. One request in, one response out, both CBOR
 * as the public NSM API (aws-nitro-enclaves-nsm-api) encodes them. The QEMU device, the tests and the fuzzers use
 * the core through this header alone.
 *
 * Rules that hold for every function here: no exception and no longjmp crosses the boundary; the core never keeps
 * a caller's pointer beyond the call (the host callbacks excepted); what a guest sends makes it neither crash nor
 * use more than a fixed amount of memory. An Nsm is not thread-safe: the caller serialises (QEMU: the big lock).
 */
#ifndef NITROSCOPE_NSM_H
#define NITROSCOPE_NSM_H

#include <stddef.h>
#include <stdint.h>

#include "nsm-device/core/nsm_protocol.h"
#include "qemu-machine/rules/rules.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Nsm Nsm;

/* Bytes of what a request carries; -1: it has none. */
typedef struct NsmFieldSizes {
    int32_t data; /* ExtendPCR's data, Attestation's user_data */
    int32_t nonce, public_key;
} NsmFieldSizes;

/* One request with its answer, for whoever records them. Pointers are valid during the callback only. */
typedef struct NsmTransaction {
    uint64_t id; /* 1, 2, 3, … since creation */
    NsmRequestKind kind;
    NsmError error;
    int32_t index; /* the PCR (LockPCRs: the range), -1 when the request has none */
    NsmFieldSizes fields;
    uint32_t faults; /* bit n = NsmFaultAction n was applied */
    uint32_t rule; /* id of the first fault rule that was; 0 = none */
    uint32_t delay_ms; /* the host is to hold the answer back this long */
    int dropped; /* no answer is sent; `response` is empty */
    uint64_t duration_ns; /* spent in the core, host time */
    const uint8_t *request;
    size_t request_size;
    const uint8_t *response;
    size_t response_size;
} NsmTransaction;

/* What the core asks of its host. `random` is required; a NULL `now_ms` means the system clock. Callbacks run
 * inside the call that causes them and must not call back into the same Nsm, except for the getters. */
typedef struct NsmHost {
    void *opaque;
    int (*random)(void *opaque, uint8_t *out, size_t size); /* 0 = filled */
    int64_t (*now_ms)(void *opaque); /* milliseconds since 1970-01-01 UTC */
    /* `value` as the guest sees it: zero for PCR 0-2 and 8 in debug mode. */
    void (*pcr_changed)(void *opaque, unsigned index, const uint8_t value[NSM_PCR_SIZE], int locked, NsmCause cause);
    void (*transaction)(void *opaque, const NsmTransaction *transaction); /* after each request; may be NULL */
    void (*log)(void *opaque, const char *message); /* one line for the user, why documents fail; may be NULL */
} NsmHost;

/* Where the signing keys come from. Zeroed members take the default. */
typedef struct NsmIdentity {
    const char *pki_directory; /* of the user's root; default "$XDG_DATA_HOME/nitroscope/pki". Made on first use. */
    const char *ca_key_file; /* a CA of the user's own instead: PEM key … */
    const char *ca_chain_file; /* … and PEM certificates, its own and those above it */
    const char *region; /* in the certificates' names; default "us-east-1" */
} NsmIdentity;

typedef struct NsmOptions {
    const char *module_id; /* NULL or "": one of the real shape is made (random instance id, start time = now) */
    int debug_mode; /* PCR 0-2 and 8 read as zero, as on EC2 */
    int definite_payload; /* documents with a definite payload map, as before 2025 */
    const char *version; /* "major.minor.patch" for DescribeNSM; NULL or "" = "1.0.0", the only one seen so far */
    const NsmIdentity *identity; /* NULL: Attestation answers InternalError, never an unsigned document */
} NsmOptions;

/* Copies what it needs. NULL with a sentence in `error` (which may be NULL): no randomness, no SHA-384, options that
 * make no sense, or a CA of the user's that does not work. The user's root is not touched before the first document. */
Nsm *nsm_create(const NsmHost *host, const NsmOptions *options, char *error, size_t error_size);
void nsm_destroy(Nsm *nsm);

/* "<instance_id>-enc<16 hex>": the top 48 bits of the number are the start time in milliseconds since the epoch, the
 * low 16 bits are `random`. For the machine, which knows the instance id (PCR 4 must agree with it). Returns the
 * length without the zero; the text is cut at `size`. */
size_t nsm_make_module_id(const char *instance_id, int64_t start_ms, uint16_t random, char *out, size_t size);
const char *nsm_module_id(const Nsm *nsm);

typedef struct NsmAnswer {
    size_t size; /* bytes written to the response buffer */
    NsmRequestKind kind;
    NsmError error; /* NSM_SUCCESS when the response is not an Error */
    int32_t index; /* as in NsmTransaction */
    uint32_t delay_ms; /* a fault: give the answer this much later */
    int dropped; /* a fault: give no answer at all */
} NsmAnswer;

/* Answers one request. A request of 0 or more than NSM_REQUEST_MAX bytes has an answer too. A response that does not
 * fit into `capacity` becomes Error BufferTooSmall (the operation has been carried out, as the API says), itself
 * cut at `capacity` when even that does not fit. */
NsmAnswer nsm_handle(Nsm *nsm, const uint8_t *request, size_t request_size, uint8_t *response, size_t capacity);

/* What a request is about, without carrying it out: for a host that wants to stop in front of it. */
typedef struct NsmQuestion {
    NsmRequestKind kind;
    int32_t index; /* as in NsmTransaction */
    unsigned first_pcr, last_pcr; /* the PCRs it touches; none when first > last */
    uint64_t transaction; /* the id it will have if it is the next to be handled */
    NsmFieldSizes fields;
} NsmQuestion;
NsmQuestion nsm_inspect(const Nsm *nsm, const uint8_t *request, size_t request_size);

/* Answers for a request that the transport did not even read (too long a chain, say) with Error `error`. It counts
 * and is observed like a request of an unknown kind without bytes. */
NsmAnswer nsm_refuse(Nsm *nsm, NsmError error, uint8_t *response, size_t capacity);

/* The platform's side of the PCR bank; locks are ignored, an index out of range is a no-op. */
void nsm_reset(Nsm *nsm); /* all zero and unlocked; counters start again */
void nsm_seed_pcr(Nsm *nsm, unsigned index, const uint8_t value[NSM_PCR_SIZE]);
void nsm_lock_range(Nsm *nsm, unsigned count); /* PCR 0 .. count - 1 */
/* The real value, also in debug mode. `locked` may be NULL. */
void nsm_get_pcr(const Nsm *nsm, unsigned index, uint8_t value[NSM_PCR_SIZE], int *locked);
/* What the guest is shown: as above, but zero for PCR 0-2 and 8 in debug mode. */
void nsm_get_visible_pcr(const Nsm *nsm, unsigned index, uint8_t value[NSM_PCR_SIZE], int *locked);

typedef struct NsmCounters {
    uint64_t requests[NSM_REQUEST_KINDS];
    uint64_t errors[NSM_ERRORS]; /* [NSM_SUCCESS] counts the good answers */
} NsmCounters;
void nsm_get_counters(const Nsm *nsm, NsmCounters *counters);

/* Faults on request. A rule applies to each request that it matches, in the order of the rules; several may apply to
 * one. DELAY goes with anything; ERROR and DROP leave the request undone; the others change documents. */
#define NSM_FAULTS_MAX 32u
#define NSM_DELAY_MAX 3600000u /* ms; several delays add up to no more */

typedef struct NsmFaultRule {
    uint32_t id; /* out: from 1 */
    NsmRequestKind kind; /* NSM_REQUEST_KINDS = any */
    int32_t index; /* only requests that touch this PCR; -1 = any */
    NsmFaultAction action;
    NsmError error;
    uint32_t milliseconds;
    RuleQuota quota; /* which of the requests that match; a rule that is used up is gone */
} NsmFaultRule;

/* The rule's id, 0 when it makes no sense or there are NSM_FAULTS_MAX already. */
uint32_t nsm_fault_add(Nsm *nsm, const NsmFaultRule *rule);
int nsm_fault_remove(Nsm *nsm, uint32_t id); /* 0, or -1 when there is none; id 0 removes all */
size_t nsm_fault_count(const Nsm *nsm);
int nsm_fault_get(const Nsm *nsm, size_t position, NsmFaultRule *rule); /* 0, or -1 beyond the end */
void nsm_fault_seed(Nsm *nsm, uint64_t seed); /* for `chance` and the choice of bits */

#define NSM_IDENTITY_MAX 0x4000u /* of the chain with its keys in a snapshot */
#define NSM_FAULT_WORDS (5u + RULE_STATE_WORDS) /* a saved rule: kind, index, action, error, milliseconds, then rules.h's part */

/* All state that a snapshot must carry, as flat arrays for a vmstate description. */
typedef struct NsmState {
    uint8_t values[NSM_PCR_COUNT * NSM_PCR_SIZE];
    uint8_t locked[NSM_PCR_COUNT]; /* 0 or 1 */
    uint64_t requests[NSM_REQUEST_KINDS];
    uint64_t errors[NSM_ERRORS];
    uint8_t module_id[NSM_MODULE_ID_MAX]; /* text, zero-terminated */
    uint32_t faults[NSM_FAULTS_MAX * NSM_FAULT_WORDS];
    uint32_t fault_count;
    uint64_t fault_seed;
    uint64_t transactions; /* so many so far; loading never goes back, so that ids stay unique */
    uint32_t identity_size; /* 0: none issued yet, or too long; then a new chain is issued when one is needed */
    uint8_t identity[NSM_IDENTITY_MAX];
} NsmState;
void nsm_save_state(const Nsm *nsm, NsmState *state);
/* 0 = loaded; -1 = not a valid state (nothing is changed). Reports the PCRs that differ from before. */
int nsm_load_state(Nsm *nsm, const NsmState *state);

#ifdef __cplusplus
}
#endif

#endif
