// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whose socket it is: from the names of its ends (names.hpp), and by the kernel's word.
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

// Whether the other end of a connected Unix socket was made by the user we act as or by the administrator
// (qemu-machine/access). If not, errno is EACCES and it is said whose `path` is; null: nothing is said.
bool isPeerTrusted(int fd, const char *path);

// Whether a socket may be made at this path: nobody else can put another one in its place (qemu-machine/access).
// 0 or EACCES.
int judgeFolderOf(const char *path);

} // namespace nitroscope::preload
