// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the Unix sockets are called, so that everybody who holds one finds vsock addresses in it: the program that
// accepts, and one that got the socket by exec or SCM_RIGHTS and has never heard of it.
//
//   a party, abstract    "nitroscope-vsock/CID:PORT/…": who is at an end of a connection. The device's ends have such
//                        names, too (callerName() of the host side). A connecting program's own has CID any, as
//                        getsockname() has it, and after the slash the CID that it dials
//   a port, a path       PATH_PORT: bound to the parent's CID or any. PATH_1_PORT: bound to CID 1, or a link to the
//                        socket that is bound to any
#pragma once

#include "qemu-machine/vsock/preload/settings.hpp"

namespace nitroscope::preload {

struct Party {
    uint32_t cid = anyCid, port = anyPort;
    uint32_t dialled = anyCid; // of a connecting program only
};

// Length of the abstract name; different each time.
socklen_t makePartyName(const Party &party, sockaddr_un &name);
bool readPartyName(const sockaddr_un &name, socklen_t length, Party &party);

// The port of a path of ours; `isLocalOnly`: bound to CID 1.
bool readPortPath(const sockaddr_un &name, socklen_t length, uint32_t &port, bool &isLocalOnly);

// "_<port>" into `suffix`, "_1_<port>" for CID 1.
void portSuffix(uint32_t cid, uint32_t port, char (&suffix)[16]);

} // namespace nitroscope::preload
