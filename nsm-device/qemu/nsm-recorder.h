/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM transactions and PCR changes as records of the capture stream
 */
#ifndef NITROSCOPE_NSM_RECORDER_H
#define NITROSCOPE_NSM_RECORDER_H

#include "nsm-device/core/nsm.h"
#include "qemu-machine/capture/capture.h"

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
} NsmRecorder;

/* Around nsm_handle() and nsm_refuse(). */
void nsm_recorder_begin(NsmRecorder *recorder);
void nsm_recorder_end(NsmRecorder *recorder);

/* From the core's callbacks of the same names. */
void nsm_recorder_pcr_changed(NsmRecorder *recorder, unsigned index,
                              const uint8_t value[NSM_PCR_SIZE], int locked,
                              NsmCause cause);
void nsm_recorder_transaction(NsmRecorder *recorder,
                              const NsmTransaction *transaction);

#endif
