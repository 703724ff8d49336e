// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that stand for the program's listening ports. The device delivers to PATH_port of each enclave:
// the first one is the socket, the others point to it.
#pragma once

#include <cstdint>

namespace nitroscope::preload {

// Whether a Unix socket that listens has this path, as /proc/net/unix tells: connecting to find out would
// disturb it.
bool somebodyListens(const char *path);

// Makes PATH_port of all enclaves but the first point to `target`. `suffix` is "_port".
void linkOthers(const char *suffix, const char *target);

// Removes the paths of a port, unless somebody still listens there (a child that inherited the socket).
void removePaths(uint32_t port);

} // namespace nitroscope::preload
