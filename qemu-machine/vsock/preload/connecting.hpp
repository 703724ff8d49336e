// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program's connecting side.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

// connect(2) to a vsock address: 0, or -1 with the errno of AF_VSOCK: ECONNRESET when nobody listens, ETIMEDOUT when
// the enclave does not answer within SO_VM_SOCKETS_CONNECT_TIMEOUT (2 s), ENODEV when there is no such enclave; and
// EACCES, which AF_VSOCK has not, when another user's program is in its place (recognising.hpp). With a
// non-blocking socket EINPROGRESS at once, and the result in SO_ERROR when the socket is writable. After a failure the
// socket may be connected again.
int connectSocket(int fd, Slot &slot, const sockaddr_vm &address);

} // namespace nitroscope::preload
