/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C ABI of the vsock core, for the virtio shim in QEMU. The host side (sockets, routes, services) is made by its own
 * C ABI and handed over as a VsockHostSide, which is a nitroscope::vsock::HostSide in C++ (host.hpp).
 *
 * Life: vsock_new(…) → the host side is made with vsock_guest_side(vsock) → vsock_set_host_side(vsock, host) → … →
 * vsock_close_flows(vsock) → the host side is destroyed → vsock_free(vsock).
 */
#ifndef NITROSCOPE_VSOCK_H
#define NITROSCOPE_VSOCK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Vsock Vsock;
typedef struct VsockHostSide VsockHostSide;   /* a nitroscope::vsock::HostSide */
typedef struct VsockGuestSide VsockGuestSide; /* a nitroscope::vsock::GuestSide */

#ifdef __cplusplus
}
#endif

#endif
