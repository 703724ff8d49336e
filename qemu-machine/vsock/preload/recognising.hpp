// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whose socket it is, from the names of its ends (names.hpp).
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

#include <sys/un.h>

namespace nitroscope::preload {

// The entry of a descriptor that is ours, also when another program has opened the socket and this one got it by exec
// or SCM_RIGHTS; else null. What was not yet bound or connected then is a Unix socket for ever.
Slot *ours(int fd);

// Both ends of a connection that a program of ours or the device has made, from what the caller's socket is called.
// Somebody else has no CID; the enclave's is the likeliest answer.
void readCaller(const sockaddr_un &name, socklen_t length, Slot &connection);

} // namespace nitroscope::preload
