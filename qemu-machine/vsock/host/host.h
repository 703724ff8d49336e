/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C ABI of the vsock device's host side, for QEMU. Same rules as core/vsock.h: no exception crosses, strings are
 * copied, one thread at a time (QEMU: the big lock), nothing blocks.
 */
#ifndef NITROSCOPE_VSOCK_HOST_H
#define NITROSCOPE_VSOCK_HOST_H

#include "qemu-machine/vsock/core/vsock.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct VsockHost VsockHost;

/* Descriptor readiness, level-triggered; errors and hang-ups count as readiness of what is watched. */
typedef enum VsockFdEvents {
    VSOCK_FD_NONE = 0, /* not watched at all, not even for a hang-up */
    VSOCK_FD_READ = 1,
    VSOCK_FD_WRITE = 2
} VsockFdEvents;

/* The main loop as the host side sees it: whenever `events` of `fd` hold, vsock_host_fd_ready() is to be called,
 * from the loop and never from inside `watch`. A call replaces the one before for this `fd`; VSOCK_FD_NONE ends it,
 * and after that `fd` may be closed and its number be used for something else. */
typedef struct VsockLoop {
    void *opaque;
    void (*watch)(void *opaque, int fd, unsigned events);
    void (*log)(void *opaque, const char *message); /* one sentence for the user; may be NULL */
} VsockLoop;

typedef enum VsockHeartbeat {
    VSOCK_HEARTBEAT_ON,
    VSOCK_HEARTBEAT_OFF,
    VSOCK_HEARTBEAT_DELAY,
    VSOCK_HEARTBEAT_WRONG,
    VSOCK_HEARTBEATS
} VsockHeartbeat;

/* A recording: what the host has to say goes into a log, and reaches the core when vsock_host_take() brings it. */
typedef struct VsockHostLog {
    void *opaque;
    void (*write)(void *opaque, const uint8_t *event, size_t size); /* NULL: a replay, where no socket is opened */
    /* The host's clock, for what has a time limit on its side; the guest's would be part of the recording. */
    int64_t (*now)(void *opaque); /* nanoseconds */
    void (*set_alarm)(void *opaque, int64_t when); /* vsock_host_run_timers() then; negative: never */
} VsockHostLog;

typedef struct VsockHostOptions {
    const char *path; /* of the hybrid socket; NULL or "": none */
    const char *routes; /* "PORT=ROUTE;PORT=ROUTE", see route.hpp; NULL or "": none */
    VsockHeartbeat heartbeat;
    uint32_t heartbeat_delay_ms; /* of VSOCK_HEARTBEAT_DELAY, on the virtual clock; 0: 10000 */
    int console; /* serve the console on CID 0: the enclave is in debug mode */
    const VsockHostLog *log; /* NULL: nothing is recorded */
} VsockHostOptions;

/* Opens the listening sockets. NULL with a sentence in `error`: options that make no sense, a path in use. */
VsockHost *vsock_host_new(const VsockLoop *loop, VsockGuestSide *guest, const VsockHostOptions *options, char *error,
                          size_t error_size);
/* For vsock_set_host_side(). */
VsockHostSide *vsock_host_side(VsockHost *host);
/* After vsock_close_flows(): no flow may exist any more. Removes the sockets' paths. NULL is fine. */
void vsock_host_free(VsockHost *host);
/* At the process's end, when nothing is freed any more: removes the sockets' paths. */
void vsock_host_remove_paths(VsockHost *host);

/* `events`: what holds of what is watched. */
void vsock_host_fd_ready(VsockHost *host, int fd, unsigned events);

/* Of a recording: an event comes out of the log; the log's alarm has gone off. */
void vsock_host_take(VsockHost *host, const uint8_t *event, size_t size);
void vsock_host_run_timers(VsockHost *host);

/* Bytes that the guest wrote to its console. */
void vsock_host_console(VsockHost *host, const uint8_t *bytes, size_t size);

/* `route` as in route.hpp ("tcp:127.0.0.1:80", "listen:/path", "refuse"). 0, or -1 with a sentence in `error`. */
int vsock_host_route_add(VsockHost *host, uint32_t port, const char *route, char *error, size_t error_size);
/* `published`: the route of kind listen, otherwise the other one. 0, or -1 when there is none. */
int vsock_host_route_remove(VsockHost *host, uint32_t port, int published);
/* Calls `each` for every route, in the order of the ports; those of kind listen come last. */
void vsock_host_route_list(const VsockHost *host, void (*each)(void *opaque, uint32_t port, const char *route),
                           void *opaque);

#ifdef __cplusplus
}
#endif

#endif
