// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the socket calls do with a socket that is ours, whoever serves them: the library in the program, or a supervisor beside
// it (qemu-machine/vsock/supervise). Each returns as the call does, with errno. bind, connect and accept: listening.hpp,
// connecting.hpp; options: options.hpp.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

namespace nitroscope::preload {

// socket(AF_VSOCK, type, protocol).
int openSocket(int type, int protocol);

// A vsock address that a program gave; false with errno as the kernel has it.
bool takeAddress(const sockaddr *address, socklen_t length, sockaddr_vm &result);

int listenAt(int fd, Slot &slot, int backlog);
int giveOwnName(const Slot &slot, sockaddr *address, socklen_t *length);
int givePeerName(int fd, Slot &slot, sockaddr *address, socklen_t *length);

} // namespace nitroscope::preload
