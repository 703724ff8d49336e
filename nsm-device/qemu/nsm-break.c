/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM requests and their answers as a source of breaks
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "nsm-device/qemu/nsm-break.h"
#include "nsm-device/qemu/nsm-names.h"

typedef struct NsmBreakCondition {
    /* NSM_REQUEST_KINDS and NSM_ERRORS for none. */
    NsmRequestKind request;
    NsmError error;
    bool has_pcr;
    uint8_t pcr;
} NsmBreakCondition;

static void *nsm_break_parse(void *opaque,
                             const EnclaveBreakCondition *asked, uint32_t id,
                             Error **errp)
{
    NsmBreakCondition condition = {
        .has_pcr = asked->has_pcr,
        .pcr = asked->pcr,
    };

    if (asked->has_pcr && asked->pcr >= NSM_PCR_COUNT) {
        error_setg(errp, "there is no PCR %u: the last one is %u", asked->pcr,
                   NSM_PCR_COUNT - 1);
        return NULL;
    }
    if (!nsm_find_request(asked->request, &condition.request, errp) ||
        !nsm_find_error(asked->error, &condition.error, errp)) {
        return NULL;
    }
    return g_memdup2(&condition, sizeof(condition));
}

static void nsm_break_forget(void *opaque, void *condition, uint32_t id)
{
    g_free(condition);
}

static bool nsm_break_matches(const void *opaque, uint32_t id,
                              const void *happened)
{
    const NsmBreakCondition *condition = opaque;
    const NsmBreakEvent *event = happened;
    const NsmQuestion *question = event->question;
    const bool wants_answer = condition->error != NSM_ERRORS;

    return (event->answer != NULL) == wants_answer &&
           (!wants_answer || condition->error == event->answer->error) &&
           (condition->request == NSM_REQUEST_KINDS ||
            condition->request == question->kind) &&
           (!condition->has_pcr || (question->first_pcr <= condition->pcr &&
                                    condition->pcr <= question->last_pcr));
}

static void nsm_break_describe(const void *happened,
                               NitroBreakDescription *description)
{
    const NsmBreakEvent *event = happened;
    const NsmQuestion *question = event->question;
    GString *text = g_string_new(nsm_request_name(question->kind));

    description->request = nsm_request_name(question->kind);
    description->has_transaction = true;
    description->transaction = question->transaction;
    if (question->index >= 0) {
        description->has_pcr = true;
        description->pcr = question->index;
        g_string_append_printf(
            text, question->kind == NSM_REQUEST_LOCK_PCRS
            ? " below PCR %d" : " of PCR %d", question->index);
    }
    if (event->answer) {
        description->error = nsm_error_name(event->answer->error);
        g_string_append_printf(text, " answered with %s", description->error);
    }
    description->detail = g_string_free(text, false);
}

static const NitroBreakSource nsm_break_source = {
    .source = ENCLAVE_BREAK_SOURCE_NSM,
    .parse = nsm_break_parse,
    .forget = nsm_break_forget,
    .matches = nsm_break_matches,
    .describe = nsm_break_describe,
};

void nsm_break_register(NitroBreaks *breaks)
{
    nitro_break_register(breaks, &nsm_break_source, NULL);
}
