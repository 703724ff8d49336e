/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A QMP client that does not read cannot fill QEMU's memory
 *
 * A monitor keeps what its client has not taken, answers and events, without a
 * bound of its own, and a guest can cause events for as long as it likes: it
 * sets its clock, resets, extends PCRs. So a client that has left too much
 * lying is disconnected, as if it had gone: nobody is told half of a story.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "block/aio.h"
#include "chardev/char.h"
#include "monitor/monitor-internal.h"
#include "qemu-machine/board/nitro-machine.h"

/* More than a day of what one guest can cause, dozens of the longest answer. */
#define NITRO_MONITOR_MAX (16 * MiB)
#define NITRO_MONITORS_MS 100

static QEMUTimer *nitro_monitors_timer;

static bool nitro_monitor_is_behind(Monitor *mon)
{
    QEMU_LOCK_GUARD(&mon->mon_lock);
    return mon->outbuf->len > NITRO_MONITOR_MAX;
}

/* In the thread that serves the monitor, like the end of any connection. */
static void nitro_monitor_disconnect(void *opaque)
{
    Monitor *mon = opaque;

    if (!nitro_monitor_is_behind(mon)) {
        return;
    }
    warn_report("a QMP client was disconnected, because it left more than "
                "%" PRIu64 " MiB of what it was sent unread",
                (uint64_t)(NITRO_MONITOR_MAX / MiB));
    qemu_chr_fe_disconnect(&mon->chr);
    qemu_mutex_lock(&mon->mon_lock);
    g_string_free(mon->outbuf, true);
    mon->outbuf = g_string_new(NULL);
    qemu_mutex_unlock(&mon->mon_lock);
}

static void nitro_monitors_look_later(void)
{
    timer_mod(nitro_monitors_timer,
              qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + NITRO_MONITORS_MS);
}

static void nitro_monitors_look(void *opaque)
{
    Monitor *mon;

    WITH_QEMU_LOCK_GUARD(&monitor_lock) {
        QTAILQ_FOREACH(mon, &mon_list, entry) {
            /* What is no socket, standard output for one, has no end. */
            if (!monitor_is_qmp(mon) || !mon->chr.chr ||
                !CHARDEV_GET_CLASS(mon->chr.chr)->chr_disconnect ||
                !nitro_monitor_is_behind(mon)) {
                continue;
            }
            aio_bh_schedule_oneshot(
                mon->use_io_thread ? iothread_get_aio_context(mon_iothread)
                                   : qemu_get_aio_context(),
                nitro_monitor_disconnect, mon);
        }
    }
    nitro_monitors_look_later();
}

void nitro_monitors_init(void)
{
    nitro_monitors_timer = timer_new_ms(QEMU_CLOCK_REALTIME,
                                        nitro_monitors_look, NULL);
    nitro_monitors_look_later();
}
