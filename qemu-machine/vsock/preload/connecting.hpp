// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program's connecting side.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

// connect(2) to a vsock address: 0, or -1 with the errno of AF_VSOCK: ECONNRESET when nobody listens in the
// enclave, ETIMEDOUT when it does not answer, ENODEV when there is no such enclave. Waits for the answer, at
// most SO_VM_SOCKETS_CONNECT_TIMEOUT (2 s), also when the socket is non-blocking: a Unix socket cannot be
// connected and not yet writable. After a failure the socket may be connected again.
int connectSocket(int fd, Slot &slot, const sockaddr_vm &address);

} // namespace nitroscope::preload
