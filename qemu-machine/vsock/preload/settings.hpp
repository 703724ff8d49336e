// SPDX-License-Identifier: GPL-2.0-or-later
//
// libnitroscope-vsock.so: AF_VSOCK for unmodified parent programs, without the kernel's help.
//
// On EC2 a parent instance talks to its enclave by AF_VSOCK: it listens on CID 3 (or any) and connects to the
// enclave's CID. Here the enclave's end is a folder of Unix sockets (qemu-machine/vsock/host). This library,
// loaded with LD_PRELOAD, makes AF_VSOCK sockets of the program Unix sockets and translates addresses:
//
//   bind(3, P), listen()      listens at PATH_P, where the device delivers the enclave's connections
//   connect(CID, P)           asks for CONNECT CID:P at PATH (seqpacket: PATH_seqpacket); see carrying.hpp
//   connect(0, 10000 + CID)   the console of an enclave in debug mode, by the same way
//   connect(1 or 3, P)        another parent program's listener, as the kernel's loopback
//   getsockname, getpeername, SO_DOMAIN, SO_VM_SOCKETS_*, /dev/vsock   answer as AF_VSOCK does
//
// Everything else (read, write, poll, epoll, passing descriptors) is the Unix socket's own. The library is quiet
// unless NITROSCOPE_VSOCK is set:
//
//   NITROSCOPE_VSOCK=PATH or CID=PATH[,CID=PATH…]   where the enclaves are; a PATH alone is CID 16
//   NITROSCOPE_VSOCK_DEBUG=1                        says on standard error what it does
//
// Limits: a static program, or one that makes system calls by itself as Go does, is not reached (nitroscope-cli parent
// says so). Sockets of other users are not spoken to. A socket that is not connected hangs up at once when it is polled, as a Unix socket does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/socket.h>
#include <sys/un.h>

namespace nitroscope::preload {

constexpr uint32_t anyCid = 0xffffffff, anyPort = 0xffffffff;
constexpr uint32_t consoleCid = 0, localCid = 1, parentCid = 3;

struct Enclave {
    uint32_t cid = 0;
    char path[sizeof sockaddr_un::sun_path] = {};
};

// The enclaves of NITROSCOPE_VSOCK. Parsed once; 0 of them: the library does nothing.
struct Settings {
    static constexpr size_t limit = 16;
    Enclave enclaves[limit];
    size_t count = 0;
    bool debug = false;

    // The one with this CID; CID 0 (the console) goes to the one whose console port it is, else null.
    const Enclave *find(uint32_t cid, uint32_t port) const;
};
const Settings &settings();

// PATH + suffix as an address; false when it does not fit.
bool makeName(const Enclave &enclave, const char *suffix, sockaddr_un &name);

[[gnu::format(printf, 1, 2)]] void tell(const char *format, ...);
// What the program's own words would not explain: said whatever the settings are, the first time.
[[gnu::format(printf, 1, 2)]] void warn(const char *format, ...);

} // namespace nitroscope::preload
