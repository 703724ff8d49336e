/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks of who only watches
 *
 * QEMU's own functions may be called only where the guest may do I/O, and end
 * QEMU elsewhere; a plugin's callback is elsewhere.  There the count is that at
 * the end of the block that is being executed.
 */

#include "qemu/osdep.h"
#include "qemu/seqlock.h"
#include "qemu/timer.h"
#include "hw/core/cpu.h"
#include "system/cpu-timers.h"
#include "system/cpu-timers-internal.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

/* Read from the log when the machine starts; -1: not yet. */
static int64_t nitro_clock_start = -1;

int64_t nitro_clock_icount(void)
{
    CPUState *cpu = current_cpu;
    int64_t count;

    if (!icount_enabled()) {
        return -1;
    }
    count = qatomic_read_i64(&timers_state.qemu_icount);
    if (cpu && cpu->running) {
        count += cpu->icount_budget -
                 (cpu->neg.icount_decr.u16.low + cpu->icount_extra);
    }
    return count;
}

int64_t nitro_clock_virtual_ns(void)
{
    if (!icount_enabled()) {
        return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    return qatomic_read_i64(&timers_state.qemu_icount_bias) +
           icount_to_ns(nitro_clock_icount());
}

int64_t nitro_clock_host_ns(void)
{
    struct timespec now;

    if (nitro_is_recorded() && icount_enabled()) {
        if (nitro_clock_start < 0) {
            nitro_clock_start = qemu_clock_get_ns(QEMU_CLOCK_HOST);
        }
        return nitro_clock_start + nitro_clock_virtual_ns();
    }
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec;
}
