/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vsock device's host side on QEMU's main loop, and its QMP commands
 */
#ifndef NITROSCOPE_NITRO_VSOCK_HOST_H
#define NITROSCOPE_NITRO_VSOCK_HOST_H

#include "qapi/error.h"
#include "qemu-machine/vsock/host/host.h"

typedef struct NitroVsockHost NitroVsockHost;

/* Called around everything that the host's sockets cause in the core. */
typedef struct NitroVsockTurn {
    void *opaque;
    void (*begins)(void *opaque);
    void (*ends)(void *opaque);
} NitroVsockTurn;

/*
 * Opens the listening sockets.  @heartbeat is "on", "off", "delay" or "wrong";
 * NULL means on.  Everything else as in host.h.  NULL and an error when a
 * socket cannot be had.
 */
NitroVsockHost *nitro_vsock_host_new(VsockGuestSide *guest,
                                     const NitroVsockTurn *turn,
                                     VsockHostOptions *options,
                                     const char *heartbeat, Error **errp);
VsockHostSide *nitro_vsock_host_side(NitroVsockHost *host);
/* When no flow exists any more.  NULL is fine. */
void nitro_vsock_host_free(NitroVsockHost *host);

#endif
