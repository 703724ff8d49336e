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

static void nsm_pcr_events_refill(NsmPcrEvents *events, int64_t now)
{
    int64_t more;

    if (events->budget == NSM_PCR_EVENT_BUDGET || now < events->refill_ms) {
        return;
    }
    more = 1 + (now - events->refill_ms) / NSM_PCR_EVENT_REFILL_MS;
    events->budget = MIN(NSM_PCR_EVENT_BUDGET, events->budget + more);
    events->refill_ms += more * NSM_PCR_EVENT_REFILL_MS;
}

static void nsm_pcr_events_spend(NsmPcrEvents *events, int64_t now)
{
    if (events->budget == NSM_PCR_EVENT_BUDGET) {
        events->refill_ms = now + NSM_PCR_EVENT_REFILL_MS;
    }
    events->budget--;
}

/* Sends what is due and sets the timer for what is not. */
static void nsm_pcr_events_tell(void *opaque)
{
    NsmPcrEvents *events = opaque;
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    int64_t next = INT64_MAX;
    unsigned first = events->turn;

    nsm_pcr_events_refill(events, now);
    for (unsigned k = 0; k < NSM_PCR_COUNT; k++) {
        unsigned i = (first + k) % NSM_PCR_COUNT;
        NsmPcrNews *news = &events->pcrs[i];
        int64_t due = events->budget ? news->next_ms
                                     : MAX(news->next_ms, events->refill_ms);
        char hex[2 * NSM_PCR_SIZE + 1];

        if (!news->untold) {
            continue;
        }
        if (now < due) {
            next = MIN(next, due);
            continue;
        }
        nsm_pcr_events_spend(events, now);
        events->turn = (i + 1) % NSM_PCR_COUNT;
        for (size_t j = 0; j < NSM_PCR_SIZE; j++) {
            snprintf(hex + 2 * j, 3, "%02x", news->value[j]);
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
    events->budget = NSM_PCR_EVENT_BUDGET;
    events->turn = 0;
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
