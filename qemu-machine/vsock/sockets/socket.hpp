// SPDX-License-Identifier: GPL-2.0-or-later
//
// The system calls that the host side needs, none of which waits: a descriptor that closes itself, listening
// without taking a name away from a living process, connecting, and who is at the other end.
#pragma once

#include "qemu-machine/vsock/core/host.hpp"
#include "qemu-machine/vsock/sockets/fd_loop.hpp"
#include "qemu-machine/vsock/sockets/host_address.hpp"

#include <string>
#include <sys/socket.h>
#include <utility>

namespace nitroscope::vsock {

// Owns a descriptor and its watch.
class WatchedFd {
public:
    WatchedFd() = default;
    WatchedFd(FdLoop &loop, int fd) : m_loop(&loop), m_fd(fd) {}
    WatchedFd(WatchedFd &&other) noexcept { *this = std::move(other); }
    WatchedFd &operator=(WatchedFd &&other) noexcept;
    ~WatchedFd() { reset(); }

    int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }
    void watch(std::function<void(Readiness)> ready); // replaces the watch that there was
    void setInterest(Readiness interest);             // told to the loop only when it changes
    Readiness interest() const { return m_interest; }
    void reset(); // ends the watch and closes

private:
    FdLoop *m_loop = nullptr;
    int m_fd = -1;
    bool m_isWatched = false;
    Readiness m_interest;
};

// A non-blocking AF_UNIX socket of this kind, or -1 with errno.
int makeUnixSocket(Kind kind);
// Room for throughput: what the system allows, up to 1 MiB each way.
void enlargeBuffers(int fd);

struct UnixName {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }

    static UnixName path(const std::string &path);     // at most unixPathLimit bytes
    static UnixName abstract(const std::string &name); // likewise
};

// The folder that a path is in.
std::string folderOf(const std::string &path);

// The process that made the other end of a connected Unix socket; -1 when it is not known.
std::int64_t peerPid(int fd);

// Whether the other end is gone altogether, which read() and write() alone do not tell.
bool isHungUp(int fd);

// Name that the device's end of a guest-initiated connection has, an abstract one, so that programs that know
// of it (the preload library) learn from getpeername() who in the guest is calling:
// "nitroscope-vsock/CID:PORT/UNIQUE".
std::string callerName(Address guest, std::uint64_t unique);

} // namespace nitroscope::vsock
