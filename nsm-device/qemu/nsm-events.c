/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM_PCR_CHANGED for QMP, at a bounded rate
 */

#include "qemu/osdep.h"
#include "qapi/qapi-events-nitro.h"
#include "nsm-device/qemu/nsm-events.h"

QEMU_BUILD_BUG_ON((int)NSM_PCR_CAUSE__MAX != NSM_CAUSES);
#define NSM_CHECK_CAUSE(constant, name) \
    QEMU_BUILD_BUG_ON((int)NSM_PCR_CAUSE_##constant != NSM_CAUSE_##constant);
NSM_CAUSE_LIST(NSM_CHECK_CAUSE)

/* Until the event after the one of now: longer for a PCR that does not rest. */
static int64_t nsm_pcr_events_pause(const NsmPcrNews *news, int64_t now)
{
    bool rested = now - news->next_ms > NSM_PCR_EVENT_MS;
    int64_t pause = rested ? 0 : 2 * news->pause_ms;

    return MIN(MAX(pause, NSM_PCR_EVENT_MS), NSM_PCR_EVENT_MAX_MS);
}

/* Sends what is due and sets the timer for what is not. */
static void nsm_pcr_events_tell(void *opaque)
{
    NsmPcrEvents *events = opaque;
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    int64_t next = INT64_MAX;

    for (unsigned i = 0; i < NSM_PCR_COUNT; i++) {
        NsmPcrNews *news = &events->pcrs[i];
        char hex[2 * NSM_PCR_SIZE + 1];

        if (!news->untold) {
            continue;
        }
        if (now < news->next_ms) {
            next = MIN(next, news->next_ms);
            continue;
        }
        for (size_t k = 0; k < NSM_PCR_SIZE; k++) {
            snprintf(hex + 2 * k, 3, "%02x", news->value[k]);
        }
        qapi_event_send_nsm_pcr_changed(i, hex, news->locked,
                                        (NsmPcrCause)news->cause,
                                        news->untold - 1);
        news->untold = 0;
        news->pause_ms = nsm_pcr_events_pause(news, now);
        news->next_ms = now + news->pause_ms;
    }
    if (next != INT64_MAX) {
        timer_mod(events->timer, next);
    }
}

void nsm_pcr_events_init(NsmPcrEvents *events)
{
    memset(events->pcrs, 0, sizeof(events->pcrs));
    events->timer = timer_new_ms(QEMU_CLOCK_REALTIME, nsm_pcr_events_tell,
                                 events);
}

void nsm_pcr_events_destroy(NsmPcrEvents *events)
{
    timer_free(events->timer);
    events->timer = NULL;
}

void nsm_pcr_events_changed(NsmPcrEvents *events, unsigned index,
                            const uint8_t value[NSM_PCR_SIZE], bool locked,
                            NsmCause cause)
{
    NsmPcrNews *news = &events->pcrs[index];

    if (news->untold < UINT32_MAX) {
        news->untold++;
    }
    memcpy(news->value, value, NSM_PCR_SIZE);
    news->locked = locked;
    news->cause = cause;
    /* A PCR that waits already has its timer. */
    if (news->untold == 1) {
        nsm_pcr_events_tell(events);
    }
}
