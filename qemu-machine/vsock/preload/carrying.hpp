// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a connection gets to the device without anybody waiting. A Unix socket connects at once or not at all, and is
// writable from then on; an AF_VSOCK socket is on its way until the enclave has answered, and epoll tells when. So:
//
//   the program's socket   is connected to one that we have made, the far end, and filled with bytes of no meaning
//                          until it is not writable any more
//   the far end            is sent to the device (SCM_RIGHTS) by a socket of its own, the carrier, with
//                          CONNECT CID:PORT SOURCE +BYTES; when the device's queue is full, it waits here
//   the device             throws the bytes away when the enclave accepts: the program's socket becomes writable.
//                          When it refuses it closes the far end with the bytes unread: ECONNRESET in SO_ERROR
//
// The descriptor stays the same open file throughout, so epoll, duplicates and children see all of it.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

// A descriptor connected to the device, or -1 with errno: EAGAIN when its queue is full, otherwise nobody is there.
int reachDevice(const Slot &slot);

// Connects `fd` to a far end, which is called as the slot's peer. Its descriptor, or -1 with errno.
int makeFarEnd(int fd, const Slot &slot);

// Fills `fd` until it is not writable, and hands the far end to the device by the carrier, if there is one, else keeps
// it in the slot. 0 or an errno value.
int sendFarEnd(int fd, Slot &slot, int farEnd, int carrier);

// Tries again with the far end that waits in the slot. Nothing happens when there is none.
void deliver(int fd, Slot &slot);

// Makes `fd`, which is not connected, a socket whose connection was refused.
void breakDown(int fd, const Slot &slot);

} // namespace nitroscope::preload
