/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vsock device's host side on QEMU's main loop, and its QMP commands
 *
 * All sockets are watched by the main loop under the big lock, as character
 * devices are.  Time comes from the device's virtual clock, except in a
 * recording: there the host has its own, and what it says goes through the log.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "system/system.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/vsock/qemu/nitro-vsock-host.h"

struct NitroVsockHost {
    VsockHost *core;
    NitroVsockTurn turn;
    /* What the loop calls with: one NitroVsockFd for each descriptor. */
    GHashTable *fds;
    Notifier exit;
    /* Of a recording: the host's own time. */
    QEMUTimer *timer;
};

typedef struct NitroVsockFd {
    NitroVsockHost *host;
    int fd;
} NitroVsockFd;

/* A machine has at most one; QMP commands and the console find it here. */
static NitroVsockHost *nitro_vsock_host_current;

static void nitro_vsock_fd_ready(const NitroVsockFd *entry, unsigned events)
{
    const NitroVsockTurn *turn = &entry->host->turn;

    turn->begins(turn->opaque);
    vsock_host_fd_ready(entry->host->core, entry->fd, events);
    turn->ends(turn->opaque);
}

static void nitro_vsock_fd_read(void *opaque)
{
    nitro_vsock_fd_ready(opaque, VSOCK_FD_READ);
}

static void nitro_vsock_fd_write(void *opaque)
{
    nitro_vsock_fd_ready(opaque, VSOCK_FD_WRITE);
}

/*
 * An entry stays until the host goes: the loop may still hold it in the call
 * that ended its watch, and there are only as many as descriptors.
 */
static void nitro_vsock_watch(void *opaque, int fd, unsigned events)
{
    NitroVsockHost *host = opaque;
    NitroVsockFd *entry = g_hash_table_lookup(host->fds, GINT_TO_POINTER(fd));

    if (!entry) {
        entry = g_new0(NitroVsockFd, 1);
        entry->host = host;
        entry->fd = fd;
        g_hash_table_insert(host->fds, GINT_TO_POINTER(fd), entry);
    }
    qemu_set_fd_handler(fd,
                        events & VSOCK_FD_READ ? nitro_vsock_fd_read : NULL,
                        events & VSOCK_FD_WRITE ? nitro_vsock_fd_write : NULL,
                        entry);
}

/* ------------------------------------------------------------------ */
/* In a recording                                                     */

static void nitro_vsock_to_log(void *opaque, const uint8_t *event, size_t size)
{
    nitro_input(NITRO_INPUT_VSOCK, event, size);
}

static void nitro_vsock_from_log(void *opaque, const uint8_t *event,
                                 size_t size)
{
    NitroVsockHost *host = opaque;

    host->turn.begins(host->turn.opaque);
    vsock_host_take(host->core, event, size);
    host->turn.ends(host->turn.opaque);
}

static int64_t nitro_vsock_now(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
}

static void nitro_vsock_set_alarm(void *opaque, int64_t when)
{
    NitroVsockHost *host = opaque;

    if (when < 0) {
        timer_del(host->timer);
    } else {
        timer_mod(host->timer, when);
    }
}

static void nitro_vsock_timer(void *opaque)
{
    NitroVsockHost *host = opaque;

    vsock_host_run_timers(host->core);
}

/* ------------------------------------------------------------------ */

static void nitro_vsock_log(void *opaque, const char *message)
{
    warn_report("vsock: %s", message);
}

static void nitro_vsock_console(void *opaque, const uint8_t *bytes,
                                size_t size)
{
    NitroVsockHost *host = opaque;

    vsock_host_console(host->core, bytes, size);
}

static bool nitro_vsock_heartbeat(const char *name, VsockHeartbeat *mode,
                                  Error **errp)
{
    static const char *const names[VSOCK_HEARTBEATS] = {
        [VSOCK_HEARTBEAT_ON] = "on",
        [VSOCK_HEARTBEAT_OFF] = "off",
        [VSOCK_HEARTBEAT_DELAY] = "delay",
        [VSOCK_HEARTBEAT_WRONG] = "wrong",
    };

    for (int i = 0; i < VSOCK_HEARTBEATS; i++) {
        if (!name || g_str_equal(name, names[i])) {
            *mode = i;
            return true;
        }
    }
    error_setg(errp, "heartbeat '%s' is not on, off, delay or wrong", name);
    return false;
}

/* QEMU does not unrealize devices when it ends. */
static void nitro_vsock_host_exit(Notifier *notifier, void *data)
{
    NitroVsockHost *host = container_of(notifier, NitroVsockHost, exit);

    vsock_host_remove_paths(host->core);
}

NitroVsockHost *nitro_vsock_host_new(VsockGuestSide *guest,
                                     const NitroVsockTurn *turn,
                                     VsockHostOptions *options,
                                     const char *heartbeat, Error **errp)
{
    NitroVsockHost *host;
    char problem[512];
    VsockLoop loop = {
        .watch = nitro_vsock_watch,
        .log = nitro_vsock_log,
    };

    VsockHostLog log = {
        .write = nitro_is_replayed() ? NULL : nitro_vsock_to_log,
        .now = nitro_vsock_now,
        .set_alarm = nitro_vsock_set_alarm,
    };

    if (!nitro_vsock_heartbeat(heartbeat, &options->heartbeat, errp)) {
        return NULL;
    }
    host = g_new0(NitroVsockHost, 1);
    host->turn = *turn;
    host->fds = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    loop.opaque = log.opaque = host;
    if (nitro_is_recorded()) {
        options->log = &log;
        host->timer = timer_new_ns(QEMU_CLOCK_REALTIME, nitro_vsock_timer, host);
        nitro_input_register(NITRO_INPUT_VSOCK, nitro_vsock_from_log, host);
    }
    host->core = vsock_host_new(&loop, guest, options, problem,
                                sizeof(problem));
    if (!host->core) {
        error_setg(errp, "vsock: %s", problem);
        timer_free(host->timer);
        g_hash_table_destroy(host->fds);
        g_free(host);
        return NULL;
    }
    nitro_vsock_host_current = host;
    host->exit.notify = nitro_vsock_host_exit;
    qemu_add_exit_notifier(&host->exit);
    if (options->console) {
        nitro_console_observe(nitro_vsock_console, host);
    }
    return host;
}

VsockHostSide *nitro_vsock_host_side(NitroVsockHost *host)
{
    return vsock_host_side(host->core);
}

void nitro_vsock_host_free(NitroVsockHost *host)
{
    if (!host) {
        return;
    }
    nitro_console_observe(NULL, NULL);
    qemu_remove_exit_notifier(&host->exit);
    nitro_vsock_host_current = NULL;
    vsock_host_free(host->core);
    timer_free(host->timer);
    g_hash_table_destroy(host->fds);
    g_free(host);
}

static NitroVsockHost *nitro_vsock_host_get(Error **errp)
{
    if (!nitro_vsock_host_current) {
        error_setg(errp, "this machine has no vsock device");
    }
    return nitro_vsock_host_current;
}

void qmp_vsock_route_add(uint32_t port, const char *route, Error **errp)
{
    NitroVsockHost *host = nitro_vsock_host_get(errp);
    char problem[512];

    if (host && nitro_is_replayed()) {
        error_setg(errp, "in a replay no route leads anywhere");
        return;
    }
    if (host && vsock_host_route_add(host->core, port, route, problem,
                                     sizeof(problem)) != 0) {
        error_setg(errp, "%s", problem);
    }
}

void qmp_vsock_route_remove(uint32_t port, bool has_listen, bool listen,
                            Error **errp)
{
    NitroVsockHost *host = nitro_vsock_host_get(errp);

    listen = has_listen && listen;
    if (host && vsock_host_route_remove(host->core, port, listen) != 0) {
        error_setg(errp, "port %" PRIu32 " has no %s", port,
                   listen ? "listening route" : "route");
    }
}

static void nitro_vsock_route_take(void *opaque, uint32_t port,
                                   const char *text)
{
    VsockRouteList ***tail = opaque;
    VsockRoute *route = g_new0(VsockRoute, 1);

    route->port = port;
    route->route = g_strdup(text);
    QAPI_LIST_APPEND(*tail, route);
}

VsockRouteList *qmp_vsock_route_list(Error **errp)
{
    NitroVsockHost *host = nitro_vsock_host_get(errp);
    VsockRouteList *list = NULL, **tail = &list;

    if (host) {
        vsock_host_route_list(host->core, nitro_vsock_route_take, &tail);
    }
    return list;
}
