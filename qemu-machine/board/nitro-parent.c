/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU does not outlive the program that started it by much
 *
 * Who starts QEMU may ask the kernel to send it SIGTERM at their own end, and
 * QEMU then closes files and removes sockets, from its main loop. A guest that
 * keeps the big lock busy could delay that for as long as it likes. So the
 * signal's handler also sets a timer of the kernel's, which needs no thread of
 * QEMU's. It is only for orphans: whoever else sends a signal is there to send
 * another one.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "block/aio.h"
#include "qemu-machine/board/nitro-machine.h"

#define NITRO_PARENT_GRACE_MS 500

static pid_t nitro_parent_pid;
static timer_t nitro_parent_timer;
static struct sigaction nitro_parent_next;

static void nitro_parent_on_signal(int number, siginfo_t *info, void *context)
{
    const struct itimerspec grace = {
        .it_value.tv_nsec = NITRO_PARENT_GRACE_MS * SCALE_MS,
    };

    if (getppid() != nitro_parent_pid) {
        timer_settime(nitro_parent_timer, 0, &grace, NULL);
    }
    nitro_parent_next.sa_sigaction(number, info, context);
}

/* In the main loop, that is after QEMU has set its own handler. */
static void nitro_parent_watch(void *opaque)
{
    struct sigaction action = {
        .sa_sigaction = nitro_parent_on_signal,
        .sa_flags = SA_SIGINFO,
    };

    if (sigaction(SIGTERM, NULL, &nitro_parent_next) == 0 &&
        (nitro_parent_next.sa_flags & SA_SIGINFO)) {
        sigaction(SIGTERM, &action, NULL);
    }
}

void nitro_parent_init(void)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL,
        .sigev_signo = SIGKILL,
    };

    nitro_parent_pid = getppid();
    if (timer_create(CLOCK_MONOTONIC, &event, &nitro_parent_timer)) {
        warn_report("QEMU may outlive the program that started it: %s",
                    strerror(errno));
        return;
    }
    aio_bh_schedule_oneshot(qemu_get_aio_context(), nitro_parent_watch, NULL);
}
