// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the sockets of this room are made with.
#pragma once

#include "app/session/proxy/socket_relay.hpp"

#include <QString>
#include <sys/un.h>

namespace nitroscope::app {

// What an errno of a socket means to the user, as a part of a sentence.
QString socketProblem(int error);

// False when the path does not fit into the 108 bytes of a name.
bool makeUnixName(const QString &path, sockaddr_un &name);

// A stream socket that does not wait and is not inherited; none, with errno, when there is none to be had.
UniqueFd makeSocket(int family);

} // namespace nitroscope::app
