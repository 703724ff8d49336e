// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program's listening side: ports as paths.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

// bind(2) to a vsock address: 0, or -1 with errno as the kernel's AF_VSOCK has it.
int bindSocket(int fd, Slot &slot, const sockaddr_vm &address);

// accept4(2). `address` and `length` may be null.
int acceptSocket(int fd, const Slot &slot, sockaddr *address, socklen_t *length, int flags);

// Copies a vsock address to the caller as the kernel does: cut to `length`, which then says how long it is. 0, or -1
// with errno.
int giveAddress(uint32_t cid, uint32_t port, sockaddr *address, socklen_t *length);

} // namespace nitroscope::preload
