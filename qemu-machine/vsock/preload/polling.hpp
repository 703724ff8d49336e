// SPDX-License-Identifier: GPL-2.0-or-later
//
// poll() of sockets that have a low-water mark (SO_RCVLOWAT): AF_VSOCK sockets are readable when so many
// bytes are there, Unix sockets as soon as one is. Programs without such a mark get the C library's poll() as
// it is. epoll and select() are not covered.
#pragma once

#include <csignal>
#include <ctime>
#include <poll.h>

namespace nitroscope::preload {

// To be called when a mark is set; without it nobody looks for one.
void haveLowWater();
// Whether any of these descriptors has a mark above 1. Keeps errno. Not const: the C library declares that
// poll() only writes them, and compilers then take a reader for a mistake.
bool needsLowWater(pollfd *fds, nfds_t count);
// As ppoll(); `timeout` may be null: for ever.
int pollLowWater(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask);

} // namespace nitroscope::preload
