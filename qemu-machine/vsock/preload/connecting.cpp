// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/connecting.hpp"

#include "qemu-machine/vsock/preload/paths.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

int64_t nowMs() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// While it lives, a blocking connect() to a full queue waits no longer than told: that of a Unix socket
// goes by the time limit for sending. Afterwards the program's own limit holds again.
class ConnectLimit {
public:
    explicit ConnectLimit(int fd) : m_fd(fd) {
        socklen_t length = sizeof m_before;
        if (NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_SNDTIMEO, &m_before, &length) != 0)
            m_before = {};
    }
    ConnectLimit(const ConnectLimit &) = delete;
    ConnectLimit &operator=(const ConnectLimit &) = delete;
    ~ConnectLimit() { set(m_before); }

    void waitAtMost(int64_t ms) { set({ms / 1000, ms % 1000 * 1000}); }

private:
    void set(timeval limit) {
        const int error = errno;
        NITROSCOPE_REAL(setsockopt)(m_fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        errno = error;
    }

    int m_fd;
    timeval m_before{};
};

// 0 or an errno value.
int reach(int fd, const sockaddr_un &name, int64_t deadline) {
    ConnectLimit limit(fd);
    for (;;) {
        const int64_t left = deadline - nowMs();
        limit.waitAtMost(left > 1 ? left : 1); // 0 would be for ever
        if (NITROSCOPE_REAL(connect)(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0)
            return 0;
        if (errno == ENOENT || errno == ECONNREFUSED)
            return ENODEV;
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        if (nowMs() >= deadline)
            return ETIMEDOUT;
        poll(nullptr, 0, 5); // the device's queue is full; nothing tells when it is not
    }
}

// Waits for "OK <port>\n", taking not one byte more. 0 or an errno value.
int awaitAnswer(int fd, uint32_t type, int64_t deadline, uint32_t &port) {
    char line[32];
    size_t length = 0;
    for (;;) {
        const ssize_t got =
            recv(fd, line + length, type == SOCK_SEQPACKET ? sizeof line - 1 : 1, MSG_DONTWAIT);
        if (got > 0) {
            length += static_cast<size_t>(got);
            if (line[length - 1] == '\n' || type == SOCK_SEQPACKET)
                break;
            if (length >= sizeof line - 1)
                return EPROTO;
            continue;
        }
        if (got == 0)
            return ECONNRESET; // refused by the enclave
        if (errno != EAGAIN && errno != EINTR)
            return errno;
        const int64_t left = deadline - nowMs();
        if (left <= 0)
            return ETIMEDOUT;
        pollfd readable{fd, POLLIN, 0};
        poll(&readable, 1, static_cast<int>(left));
    }
    line[length] = 0;
    return std::sscanf(line, "OK %u", &port) == 1 ? 0 : EPROTO;
}

int dial(int fd, const Slot &slot, const Enclave &enclave, const sockaddr_vm &address, uint32_t &localPort) {
    const int64_t deadline = nowMs() + slot.connectMs.load();
    sockaddr_un name;
    if (!makeName(enclave, slot.type == SOCK_SEQPACKET ? "_seqpacket" : "", name))
        return ENAMETOOLONG;
    if (const int error = reach(fd, name, deadline); error != 0)
        return error;
    char line[64];
    int length = std::snprintf(line, sizeof line, "CONNECT %u:%u", address.svm_cid, address.svm_port);
    if (slot.localPort.load() != anyPort)
        length += std::snprintf(line + length, sizeof line - static_cast<size_t>(length), " %u",
                                slot.localPort.load());
    line[length++] = '\n';
    if (send(fd, line, static_cast<size_t>(length), MSG_NOSIGNAL) != length)
        return ECONNRESET;
    return awaitAnswer(fd, slot.type, deadline, localPort);
}

// A Unix socket cannot be connected twice: puts a fresh one in its place, with the same flags.
void renew(int fd, Slot &slot) {
    const int status = NITROSCOPE_REAL(fcntl)(fd, F_GETFL, 0), flags = NITROSCOPE_REAL(fcntl)(fd, F_GETFD, 0);
    const int type = static_cast<int>(slot.type.load()) | (status & O_NONBLOCK ? SOCK_NONBLOCK : 0);
    const int fresh = NITROSCOPE_REAL(socket)(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fresh < 0)
        return;
    NITROSCOPE_REAL(dup3)(fresh, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
    NITROSCOPE_REAL(close)(fresh);
    const uint32_t timeout = slot.connectMs;
    const uint64_t size = slot.bufferSize, least = slot.bufferMin, most = slot.bufferMax;
    enter(fd, State::open, slot.type);
    slot.connectMs = timeout;
    slot.bufferSize = size;
    slot.bufferMin = least;
    slot.bufferMax = most;
}

} // namespace

int connectSocket(int fd, Slot &slot, const sockaddr_vm &address) {
    const State state = slot.state;
    if (state != State::open && state != State::bound) {
        errno = state == State::connected ? EISCONN : EINVAL;
        return -1;
    }
    const Enclave *enclave = settings().find(address.svm_cid, address.svm_port);
    uint32_t localPort = slot.localPort;
    const int error = enclave == nullptr ? ENODEV : dial(fd, slot, *enclave, address, localPort);
    tell("connect to %u:%u: %s", address.svm_cid, address.svm_port,
         error ? std::strerror(error) : "connected");
    if (state == State::bound)
        removePaths(slot.localPort);
    if (error != 0) {
        renew(fd, slot);
        errno = error;
        return -1;
    }
    slot.localCid = parentCid;
    slot.localPort = localPort;
    slot.peerCid = address.svm_cid;
    slot.peerPort = address.svm_port;
    slot.state = State::connected;
    return 0;
}

} // namespace nitroscope::preload
