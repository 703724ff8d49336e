// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that stand for the program's bound ports. The device delivers to PATH_port of each enclave: the first one
// is the socket, the others point to it. Who dials CID 1 goes to PATH_1_port (names.hpp).
#pragma once

#include <cstdint>

namespace nitroscope::preload {

// Whether a Unix socket that was bound to this path, or to what it points to, still exists and has not been connected,
// as /proc/net/unix tells: connecting to find out would disturb it. What a listener accepted does not count.
bool isHeld(const char *path);

// Whether a socket may be bound to this CID and port: 0, EADDRINUSE, or ENAMETOOLONG. Removes what a program that has
// ended left there.
int freePort(uint32_t cid, uint32_t port);

// Makes all other paths of the port point to `target`, which is bound.
void linkOthers(uint32_t cid, uint32_t port, const char *target);

// Removes the paths of a port, unless somebody still holds it (a child that inherited the socket).
void removePaths(uint32_t cid, uint32_t port);

} // namespace nitroscope::preload
