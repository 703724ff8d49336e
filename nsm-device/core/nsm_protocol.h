/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words and numbers of the NSM, each here and nowhere else: the requests, errors and sizes of the public NSM API
 * (aws-nitro-enclaves-nsm-api), and what our device adds to them, causes and faults. C11 and C++20. The core, QEMU's shims,
 * the app and the tests take them from the lists below; what cannot include C (qemu-machine/qapi/nitro.json, the Wireshark
 * dissector, docs/capture-format.md) repeats them, and tests/checks/vocabulary compares.
 *
 * A list is a macro that applies X to each of its entries, in the order of their numbers, from 0:
 *   X(CONSTANT, "name")
 */
#pragma once

#define NSM_PCR_COUNT 32u
#define NSM_PCR_SIZE 48u /* SHA-384 */
#define NSM_RANDOM_SIZE 256u /* bytes of one GetRandom answer, as the real device gives */
#define NSM_FIELD_MAX 1024u /* user_data, nonce, public_key */
#define NSM_REQUEST_MAX 0x1000u /* longer requests answer InputTooLarge */
#define NSM_RESPONSE_MAX 0x3000u /* the buffer the Linux driver offers */
#define NSM_MODULE_ID_MAX 128u /* with the terminating zero */

/* The variants of the API's enum Request, in the order of its declaration; the names travel on the wire. The first three have
 * one PCR, LockPCRs has a number of PCRs. */
#define NSM_REQUEST_LIST(X) \
    X(DESCRIBE_PCR, "DescribePCR") \
    X(EXTEND_PCR, "ExtendPCR") \
    X(LOCK_PCR, "LockPCR") \
    X(LOCK_PCRS, "LockPCRs") \
    X(DESCRIBE_NSM, "DescribeNSM") \
    X(ATTESTATION, "Attestation") \
    X(GET_RANDOM, "GetRandom") \
    X(UNKNOWN, "unknown") /* not recognisable as any of these */

/* The API's ErrorCode, same names and numbers. A client makes InvalidResponse itself; the device never sends it. */
#define NSM_ERROR_LIST(X) \
    X(SUCCESS, "Success") \
    X(INVALID_ARGUMENT, "InvalidArgument") \
    X(INVALID_INDEX, "InvalidIndex") \
    X(INVALID_RESPONSE, "InvalidResponse") \
    X(READ_ONLY_INDEX, "ReadOnlyIndex") \
    X(INVALID_OPERATION, "InvalidOperation") \
    X(BUFFER_TOO_SMALL, "BufferTooSmall") \
    X(INPUT_TOO_LARGE, "InputTooLarge") \
    X(INTERNAL_ERROR, "InternalError")

/* Why a PCR changed. */
#define NSM_CAUSE_LIST(X) \
    X(RESET, "reset") /* nsm_reset() */ \
    X(SEED, "seed") /* nsm_seed_pcr(): the platform's measurement */ \
    X(LOCK, "lock") /* locked, by the platform or by LockPCR and LockPCRs */ \
    X(EXTEND, "extend") /* ExtendPCR */ \
    X(LOAD, "load") /* nsm_load_state(): a snapshot */

/* What a fault rule does to the requests that it matches. */
#define NSM_FAULT_LIST(X) \
    X(ERROR, "error") /* answer with an error of choice, and do nothing */ \
    X(DELAY, "delay") /* answer some milliseconds later */ \
    X(DROP, "drop") /* never answer, and do nothing */ \
    X(CORRUPT_DOCUMENT, "corrupt-document") /* flip one bit of the payload after signing */ \
    X(CORRUPT_SIGNATURE, "corrupt-signature") /* flip one bit of the signature */ \
    X(EXPIRED_LEAF, "expired-leaf") /* sign with a certificate that has been out of date for ten minutes */ \
    X(STALE_TIMESTAMP, "stale-timestamp") /* a document dated some milliseconds back */ \
    X(WRONG_ROOT, "wrong-root") /* sign under a root of the same name with another key */

#define NSM_REQUEST_CONSTANT(constant, name) NSM_REQUEST_##constant,
#define NSM_ERROR_CONSTANT(constant, name) NSM_##constant,
#define NSM_CAUSE_CONSTANT(constant, name) NSM_CAUSE_##constant,
#define NSM_FAULT_CONSTANT(constant, name) NSM_FAULT_##constant,

typedef enum NsmRequestKind { NSM_REQUEST_LIST(NSM_REQUEST_CONSTANT) NSM_REQUEST_KINDS } NsmRequestKind;
typedef enum NsmError { NSM_ERROR_LIST(NSM_ERROR_CONSTANT) NSM_ERRORS } NsmError;
typedef enum NsmCause { NSM_CAUSE_LIST(NSM_CAUSE_CONSTANT) NSM_CAUSES } NsmCause;
typedef enum NsmFaultAction { NSM_FAULT_LIST(NSM_FAULT_CONSTANT) NSM_FAULT_ACTIONS } NsmFaultAction;

#ifdef __cplusplus
extern "C" {
#endif

/* The names above; "unknown" for any other number, never NULL. */
const char *nsm_request_name(NsmRequestKind kind);
const char *nsm_error_name(NsmError error);
const char *nsm_cause_name(NsmCause cause);
const char *nsm_fault_action_name(NsmFaultAction action);

#ifdef __cplusplus
}
#endif
