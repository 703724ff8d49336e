/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM transactions and PCR changes as records of the capture stream
 */
#ifndef NITROSCOPE_NSM_RECORDER_H
#define NITROSCOPE_NSM_RECORDER_H

#include "nsm-device/core/nsm.h"
#include "qemu-machine/capture/core/capture.h"

typedef struct NsmRecordedChange {
    unsigned index;
    uint8_t value[NSM_PCR_SIZE];
    int locked;
    NsmCause cause;
} NsmRecordedChange;

typedef struct NsmRecorder {
    /* NULL: nothing is recorded. */
    NitroCapture *capture;
    /* A request is being handled; what it changes is written after it. */
    bool in_request;
    unsigned change_count;
    NsmRecordedChange changes[NSM_PCR_COUNT];
    /* The transaction whose request is written already, and as what; 0 = none. */
    uint64_t request_written;
    uint8_t written[NSM_REQUEST_MAX];
    size_t written_size;
} NsmRecorder;

/* Around nsm_handle() and nsm_refuse(). */
void nsm_recorder_begin(NsmRecorder *recorder);
void nsm_recorder_end(NsmRecorder *recorder);

/*
 * A request that is held back unanswered, so that a reader sees it now. It is
 * read from the guest's memory again when it is handled: if it is another one
 * then, it is written again, as it was handled.
 */
void nsm_recorder_hold(NsmRecorder *recorder, const NsmQuestion *question,
                       const uint8_t *request, size_t size);
/* It will never be answered: the driver has reset the device. */
void nsm_recorder_forget(NsmRecorder *recorder);

/* From the core's callbacks of the same names. */
void nsm_recorder_pcr_changed(NsmRecorder *recorder, unsigned index,
                              const uint8_t value[NSM_PCR_SIZE], int locked,
                              NsmCause cause);
void nsm_recorder_transaction(NsmRecorder *recorder,
                              const NsmTransaction *transaction);

#endif
