/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU says on standard error, at a bounded rate
 *
 * Much of what virtio devices complain about is the guest's doing, and QEMU says
 * it as often as the guest does it: thousands of times a second, with the big
 * lock held, to a pipe that may be full because its reader is slow or stopped.
 * So standard error becomes a stream of our own. It writes only what is taken at
 * once, so many lines in a row and then so many a second; the others are counted,
 * and their number is said.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu-machine/board/nitro-machine.h"

#include <limits.h>
#include <poll.h>

#define NITRO_MESSAGES_BURST 200
#define NITRO_MESSAGES_PER_SECOND 10
/* After messages that were not shown, when none follow that would say so. */
#define NITRO_MESSAGES_CATCH_UP_MS 1000

/* All of it under the stream's own lock. */
static struct {
    unsigned left;
    uint64_t untold;
    int64_t since_ms;
    QEMUTimer *timer;
} nitro_messages;

/* False when the reader does not take it now. */
static bool nitro_messages_put(const char *text, size_t size)
{
    while (size) {
        struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
        ssize_t written;

        /* A pipe that can be written to takes this much without waiting. */
        if (poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT)) {
            return false;
        }
        written = write(STDERR_FILENO, text, MIN(size, PIPE_BUF));
        if (written <= 0) {
            return false;
        }
        text += written;
        size -= written;
    }
    return true;
}

static void nitro_messages_refill(void)
{
    int64_t now = get_clock() / SCALE_MS;
    int64_t more = (now - nitro_messages.since_ms) *
                   NITRO_MESSAGES_PER_SECOND / 1000;

    if (more > 0) {
        nitro_messages.left = MIN(nitro_messages.left + more,
                                  NITRO_MESSAGES_BURST);
        nitro_messages.since_ms = now;
    }
}

static void nitro_messages_tell(void)
{
    g_autofree char *text = NULL;

    if (!nitro_messages.untold || !nitro_messages.left) {
        return;
    }
    text = g_strdup_printf("%s: warning: %" PRIu64 " more messages are not "
                           "shown, because there were too many at once\n",
                           g_get_prgname(), nitro_messages.untold);
    if (nitro_messages_put(text, strlen(text))) {
        nitro_messages.untold = 0;
        nitro_messages.left--;
    }
}

static void nitro_messages_catch_up_later(void)
{
    timer_mod(nitro_messages.timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                                    NITRO_MESSAGES_CATCH_UP_MS);
}

static void nitro_messages_catch_up(void *opaque)
{
    flockfile(stderr);
    nitro_messages_refill();
    nitro_messages_tell();
    if (nitro_messages.untold) {
        nitro_messages_catch_up_later();
    }
    funlockfile(stderr);
}

/* What a stream that is buffered by lines writes: a line, usually. */
static ssize_t nitro_messages_write(void *cookie, const char *text, size_t size)
{
    nitro_messages_refill();
    nitro_messages_tell();
    if (!nitro_messages.left || nitro_messages.untold ||
        !nitro_messages_put(text, size)) {
        if (nitro_messages.untold++ == 0) {
            nitro_messages_catch_up_later();
        }
    } else {
        nitro_messages.left--;
    }
    return size;
}

void nitro_messages_init(void)
{
    const cookie_io_functions_t functions = { .write = nitro_messages_write };
    FILE *bounded = fopencookie(NULL, "w", functions);

    if (!bounded) {
        return;
    }
    nitro_messages.left = NITRO_MESSAGES_BURST;
    nitro_messages.since_ms = get_clock() / SCALE_MS;
    nitro_messages.timer = timer_new_ms(QEMU_CLOCK_REALTIME,
                                        nitro_messages_catch_up, NULL);
    fflush(stderr);
    setvbuf(bounded, NULL, _IOLBF, BUFSIZ);
    stderr = bounded;
}
