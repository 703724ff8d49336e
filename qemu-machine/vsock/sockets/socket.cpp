// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/sockets/socket.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

namespace nitroscope::vsock {
namespace {

constexpr int socketBufferBytes = 1 << 20;

} // namespace

WatchedFd &WatchedFd::operator=(WatchedFd &&other) noexcept {
    if (this != &other) {
        reset();
        m_loop = other.m_loop;
        m_fd = std::exchange(other.m_fd, -1);
        m_isWatched = std::exchange(other.m_isWatched, false);
        m_interest = std::exchange(other.m_interest, {});
    }
    return *this;
}

void WatchedFd::watch(std::function<void(Readiness)> ready) {
    if (m_isWatched)
        m_loop->forget(m_fd);
    m_isWatched = true;
    m_interest = {};
    m_loop->watch(m_fd, std::move(ready));
}

void WatchedFd::setInterest(Readiness interest) {
    if (!m_isWatched || interest == m_interest)
        return;
    m_interest = interest;
    m_loop->setInterest(m_fd, interest);
}

void WatchedFd::reset() {
    if (m_isWatched)
        m_loop->forget(m_fd);
    m_isWatched = false;
    m_interest = {};
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

int makeUnixSocket(Kind kind) {
    const int type = kind == Kind::seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
    return socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void enlargeBuffers(int fd) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &socketBufferBytes, sizeof socketBufferBytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socketBufferBytes, sizeof socketBufferBytes);
}

UnixName UnixName::path(const std::string &path) {
    UnixName name;
    auto *address = reinterpret_cast<sockaddr_un *>(&name.storage);
    address->sun_family = AF_UNIX;
    const size_t length = std::min(path.size(), unixPathLimit);
    std::memcpy(address->sun_path, path.data(), length);
    name.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + 1);
    return name;
}

UnixName UnixName::abstract(const std::string &text) {
    UnixName name = path('\0' + text);
    --name.length; // no final zero: it would be part of the name
    return name;
}

std::string folderOf(const std::string &path) {
    const size_t slash = path.rfind('/');
    return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::int64_t peerPid(int fd) {
    ucred peer{};
    socklen_t length = sizeof peer;
    // 0: a process outside our PID namespace, or not a Unix socket.
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 0)
        return -1;
    return peer.pid;
}

bool isHungUp(int fd) {
    pollfd state{fd, 0, 0};
    return poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

std::string callerName(Address guest, std::uint64_t unique) {
    return "nitroscope-vsock/" + std::to_string(guest.cid) + ':' + std::to_string(guest.port) + '/' +
           std::to_string(getpid()) + '.' + std::to_string(unique);
}

} // namespace nitroscope::vsock
