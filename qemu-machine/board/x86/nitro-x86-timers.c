/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's timers do not keep the main loop for themselves
 *
 * A periodic timer, of a local APIC or of the i8254, may be set to nanoseconds.
 * QEMU makes up for each period that has passed, and when one takes longer to
 * make up for than it lasts, the main loop comes to nothing else any more: no
 * monitor, no end. KVM, and so every real enclave, has no shorter period of
 * either than 200 microseconds (min_timer_period_us).
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "hw/core/cpu.h"
#include "hw/i386/apic_internal.h"
#include "hw/timer/i8254_internal.h"
#include "target/i386/cpu.h"
#include "qemu-machine/board/x86/nitro-x86.h"

#define NITRO_TIMER_PERIOD_MIN_NS (200 * SCALE_US)

/* QEMU's own; the same for all that are of a kind. */
static QEMUTimerCB *nitro_apic_timer;
static QEMUTimerCB *nitro_pit_timer;

/* Puts off a timer that is due too soon, and tells its device of it. */
static void nitro_put_off(QEMUTimer *timer, int64_t *next, int64_t pause_ns)
{
    int64_t earliest = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + pause_ns;

    if (timer_pending(timer) && *next < earliest) {
        *next = earliest;
        timer_mod(timer, earliest);
    }
}

static bool nitro_apic_hurries(const APICCommonState *apic)
{
    uint64_t period = ((uint64_t)apic->initial_count + 1)
                      << apic->count_shift;

    return (apic->lvt[APIC_LVT_TIMER] & APIC_LVT_TIMER_PERIODIC) &&
           period < NITRO_TIMER_PERIOD_MIN_NS;
}

static void nitro_apic_timer_expired(void *opaque)
{
    APICCommonState *apic = opaque;

    nitro_apic_timer(apic);
    if (nitro_apic_hurries(apic)) {
        nitro_put_off(apic->timer, &apic->next_time, NITRO_TIMER_PERIOD_MIN_NS);
        apic->timer_expiry = apic->next_time;
    }
}

/* Mode 2 is the rate generator, mode 3 the square wave. */
static bool nitro_pit_hurries(const PITChannelState *channel)
{
    return (channel->mode == 2 || channel->mode == 3) &&
           muldiv64(channel->count, NANOSECONDS_PER_SECOND, PIT_FREQ) <
           NITRO_TIMER_PERIOD_MIN_NS;
}

static void nitro_pit_timer_expired(void *opaque)
{
    PITChannelState *channel = opaque;

    nitro_pit_timer(channel);
    if (nitro_pit_hurries(channel)) {
        /* It expires twice in a period: the line goes up and down. */
        nitro_put_off(channel->irq_timer, &channel->next_transition_time,
                      NITRO_TIMER_PERIOD_MIN_NS / 2);
    }
}

void nitro_timers_watch_cpus(void)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        DeviceState *state = X86_CPU(cpu)->apic_state;
        QEMUTimer *timer = state ? APIC_COMMON(state)->timer : NULL;

        /* An APIC in the kernel has none. */
        if (timer) {
            nitro_apic_timer = timer->cb;
            timer->cb = nitro_apic_timer_expired;
        }
    }
}

void nitro_timers_watch_pit(ISADevice *pit)
{
    /* Only the first channel has an interrupt. */
    QEMUTimer *timer = PIT_COMMON(pit)->channels[0].irq_timer;

    nitro_pit_timer = timer->cb;
    timer->cb = nitro_pit_timer_expired;
}
