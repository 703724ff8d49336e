/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM_PCR_CHANGED for QMP, at a bounded rate
 *
 * A guest can extend faster than anybody reads events, and a monitor keeps
 * what its reader has not taken, without a bound of its own. So each PCR has at
 * most one event in NSM_PCR_EVENT_MS; changes meanwhile become one, which says
 * how many there were. As long as a guest goes on, the time between two events
 * doubles, up to NSM_PCR_EVENT_MAX_MS.  A guest that rests between two changes
 * does not get there, so all PCRs together also have a budget: what it has not
 * spent, and one event more in NSM_PCR_EVENT_REFILL_MS.  In the long run a reader
 * that does not read is left 150 bytes a second, and is disconnected when it is
 * too much (nitro-monitors.c).  The capture stream has every change.
 */
#ifndef NITROSCOPE_NSM_EVENTS_H
#define NITROSCOPE_NSM_EVENTS_H

#include "qemu/timer.h"
#include "nsm-device/core/nsm_protocol.h"

#define NSM_PCR_EVENT_MS 500
#define NSM_PCR_EVENT_MAX_MS (NSM_PCR_EVENT_MS << 7)
#define NSM_PCR_EVENT_BUDGET 64
#define NSM_PCR_EVENT_REFILL_MS 2000

typedef struct NsmPcrNews {
    /* Changes that no event has told of; the rest is of the last one. */
    uint32_t untold;
    uint8_t value[NSM_PCR_SIZE];
    bool locked;
    NsmCause cause;
    /* No event before, by the real-time clock, and how long that was. */
    int64_t next_ms;
    int64_t pause_ms;
} NsmPcrNews;

typedef struct NsmPcrEvents {
    NsmPcrNews pcrs[NSM_PCR_COUNT];
    QEMUTimer *timer;
    /* Events that may be sent now, and when there will be one more. */
    unsigned budget;
    int64_t refill_ms;
    /* The PCR whose turn it is, so that a short budget is shared. */
    unsigned turn;
} NsmPcrEvents;

void nsm_pcr_events_init(NsmPcrEvents *events);
void nsm_pcr_events_destroy(NsmPcrEvents *events);
void nsm_pcr_events_changed(NsmPcrEvents *events, unsigned index,
                            const uint8_t value[NSM_PCR_SIZE], bool locked,
                            NsmCause cause);

#endif
