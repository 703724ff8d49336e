// SPDX-License-Identifier: GPL-2.0-or-later
//
// Connections on their way: what has become of one is found out when somebody asks. Those that nobody waits for also
// have a thread, which delivers what the device had no room for and ends those whose time is up; it is there only as
// long as there are any.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

int64_t nowMs(); // monotonic

// Moves a slot that is connecting on, if something has happened. Keeps errno.
void settle(int fd, Slot &slot);

// Waits for the end of it: 0, or the errno of connect().
int awaitEnd(int fd, Slot &slot);

// Somebody is to look after this process's connections from now on.
void lookAfter();

// SO_ERROR of the socket, which is taken by asking.
int takeError(int fd, Slot &slot);

} // namespace nitroscope::preload
