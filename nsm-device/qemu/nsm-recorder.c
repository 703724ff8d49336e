/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM transactions and PCR changes as records of the capture stream
 *
 * The core reports a transaction when it is over, after the PCRs it changed.
 * The stream has them in the order of the story: request, changes with the
 * transaction that made them, response.
 */

#include "qemu/osdep.h"
#include "nsm-device/qemu/nsm-recorder.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

static void nsm_recorder_write_change(NsmRecorder *recorder,
                                      const NsmRecordedChange *change,
                                      uint64_t transaction)
{
    nitro_capture_pcr(recorder->capture, change->index, change->value,
                      change->locked, nsm_cause_name(change->cause),
                      transaction);
}

static void nsm_recorder_write_changes(NsmRecorder *recorder,
                                       uint64_t transaction)
{
    for (unsigned i = 0; i < recorder->change_count; i++) {
        nsm_recorder_write_change(recorder, &recorder->changes[i],
                                  transaction);
    }
    recorder->change_count = 0;
}

void nsm_recorder_begin(NsmRecorder *recorder)
{
    recorder->in_request = true;
}

void nsm_recorder_end(NsmRecorder *recorder)
{
    recorder->in_request = false;
    nsm_recorder_write_changes(recorder, 0);
}

void nsm_recorder_pcr_changed(NsmRecorder *recorder, unsigned index,
                              const uint8_t value[NSM_PCR_SIZE], int locked,
                              NsmCause cause)
{
    NsmRecordedChange change = {
        .index = index,
        .locked = locked,
        .cause = cause,
    };

    memcpy(change.value, value, NSM_PCR_SIZE);
    if (recorder->in_request &&
        recorder->change_count < ARRAY_SIZE(recorder->changes)) {
        recorder->changes[recorder->change_count++] = change;
    } else {
        nsm_recorder_write_change(recorder, &change, 0);
    }
}

/* What the faults did to the answer, the strongest first. */
static int nsm_recorder_verdict(const NsmTransaction *transaction)
{
    const uint32_t delay = 1u << NSM_FAULT_DELAY;
    const uint32_t error = 1u << NSM_FAULT_ERROR;

    if (transaction->dropped) {
        return NITRO_CAPTURE_DROPPED;
    }
    if (transaction->faults & error) {
        return NITRO_CAPTURE_REFUSED;
    }
    if (transaction->faults & ~delay) {
        return NITRO_CAPTURE_CHANGED;
    }
    return transaction->faults ? NITRO_CAPTURE_DELAYED : NITRO_CAPTURE_PASSED;
}

/* "fault: delay 500 ms, corrupt-signature", or NULL. */
static char *nsm_recorder_note(const NsmTransaction *transaction)
{
    GString *note;

    if (!transaction->faults) {
        return NULL;
    }
    note = g_string_new("fault:");
    for (unsigned i = 0; i < NSM_FAULT_ACTIONS; i++) {
        if (transaction->faults & (1u << i)) {
            g_string_append_printf(note, "%s %s",
                                   note->str[note->len - 1] == ':' ? "" : ",",
                                   nsm_fault_action_name(i));
            if (i == NSM_FAULT_DELAY) {
                g_string_append_printf(note, " %" PRIu32 " ms",
                                       transaction->delay_ms);
            }
        }
    }
    return g_string_free(note, false);
}

static NitroCaptureNsmRequest nsm_recorder_request(int32_t index,
                                                   NsmFieldSizes fields)
{
    return (NitroCaptureNsmRequest) {
        .pcr = index,
        .data = fields.data,
        .nonce = fields.nonce,
        .public_key = fields.public_key,
    };
}

void nsm_recorder_hold(NsmRecorder *recorder, const NsmQuestion *question,
                       const uint8_t *request, size_t size)
{
    const NitroCaptureNsmRequest about =
        nsm_recorder_request(question->index, question->fields);
    const NitroCaptureNsm record = {
        .kind = question->kind,
        .transaction = question->transaction,
        .request = &about,
        .data = request,
        .size = size,
    };

    if (recorder->capture) {
        nitro_capture_nsm(recorder->capture, &record);
        recorder->request_written = question->transaction;
        recorder->written_size = MIN(size, sizeof(recorder->written));
        memcpy(recorder->written, request, recorder->written_size);
    }
}

void nsm_recorder_forget(NsmRecorder *recorder)
{
    recorder->request_written = 0;
}

static bool nsm_recorder_has_written(const NsmRecorder *recorder,
                                     const NsmTransaction *transaction)
{
    return recorder->request_written == transaction->id &&
           recorder->written_size == transaction->request_size &&
           (!recorder->written_size ||
            !memcmp(recorder->written, transaction->request,
                    recorder->written_size));
}

void nsm_recorder_transaction(NsmRecorder *recorder,
                              const NsmTransaction *transaction)
{
    g_autofree char *note = NULL;
    const NitroCaptureNsmRequest about =
        nsm_recorder_request(transaction->index, transaction->fields);
    /* A recording and its replay are to write the same. */
    const uint64_t duration_ns = nitro_is_recorded() ? 0
                                 : transaction->duration_ns;
    NitroCaptureNsm record = {
        .kind = transaction->kind,
        .transaction = transaction->id,
        .age_ns = duration_ns,
        .request = &about,
        .data = transaction->request,
        .size = transaction->request_size,
    };

    if (!recorder->capture) {
        recorder->change_count = 0;
        return;
    }
    if (!nsm_recorder_has_written(recorder, transaction)) {
        nitro_capture_nsm(recorder->capture, &record);
    }
    nsm_recorder_write_changes(recorder, transaction->id);

    note = nsm_recorder_note(transaction);
    if (note) {
        nitro_capture_fault(recorder->capture, transaction->rule, "nsm",
                            note + strlen("fault: "),
                            nsm_request_name(transaction->kind),
                            transaction->id);
    }
    record = (NitroCaptureNsm) {
        .response = 1,
        .kind = transaction->kind,
        .result = transaction->error,
        .transaction = transaction->id,
        .duration_ns = duration_ns,
        .request = &about,
        .data = transaction->response,
        .size = transaction->response_size,
        .verdict = nsm_recorder_verdict(transaction),
        .rule = transaction->rule,
        .note = note,
    };
    nitro_capture_nsm(recorder->capture, &record);
}
