// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/connecting.hpp"

#include "qemu-machine/vsock/preload/carrying.hpp"
#include "qemu-machine/vsock/preload/names.hpp"
#include "qemu-machine/vsock/preload/paths.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

// Ports of connecting sockets, away from those that the device chooses for programs that do not (2^30 and up).
constexpr uint32_t firstOwnPort = 3u << 29, ownPorts = 1u << 29;

// From a place that differs from process to process, as the kernel chooses at random.
uint32_t nextPort() {
    static std::atomic<uint32_t> next{0};
    static std::atomic<pid_t> process{0};
    const pid_t own = getpid();
    if (process.exchange(own) != own) {
        uint32_t start = 0;
        if (getrandom(&start, sizeof start, GRND_NONBLOCK) != ssize_t(sizeof start))
            start = static_cast<uint32_t>(own) * 2654435761u;
        next = start;
    }
    return firstOwnPort + next.fetch_add(1) % ownPorts;
}

bool isNonBlocking(int fd) {
    return (NITROSCOPE_REAL(fcntl)(fd, F_GETFL, 0) & O_NONBLOCK) != 0;
}

// A Unix socket cannot be connected twice: puts a fresh one in its place, with the same flags and time limits.
void renew(int fd, Slot &slot) {
    const int status = NITROSCOPE_REAL(fcntl)(fd, F_GETFL, 0), flags = NITROSCOPE_REAL(fcntl)(fd, F_GETFD, 0);
    const int type = static_cast<int>(slot.type.load()) | (status & O_NONBLOCK ? SOCK_NONBLOCK : 0);
    const int fresh = NITROSCOPE_REAL(socket)(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fresh < 0)
        return;
    for (const int name : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        timeval limit{};
        socklen_t length = sizeof limit;
        if (NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, name, &limit, &length) == 0)
            NITROSCOPE_REAL(setsockopt)(fresh, SOL_SOCKET, name, &limit, length);
    }
    NITROSCOPE_REAL(dup3)(fresh, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
    NITROSCOPE_REAL(close)(fresh);
    Slot kept{};
    kept.copyFrom(slot);
    enter(fd, State::open, slot.type);
    kept.inode = slot.inode.load();
    kept.state = State::open;
    kept.error = 0;
    slot.copyFrom(kept);
}

// connect() that does not wait for a full queue, whatever the socket's flags and limits say. 0 or an errno value.
int connectAtOnce(int fd, const sockaddr_un &name) {
    timeval before{}, shortest{0, 1};
    socklen_t length = sizeof before;
    NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_SNDTIMEO, &before, &length);
    NITROSCOPE_REAL(setsockopt)(fd, SOL_SOCKET, SO_SNDTIMEO, &shortest, sizeof shortest);
    const bool isDone =
        NITROSCOPE_REAL(connect)(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0;
    const int error = isDone ? 0 : errno;
    NITROSCOPE_REAL(setsockopt)(fd, SOL_SOCKET, SO_SNDTIMEO, &before, sizeof before);
    return error;
}

// To a program that listens on this side. 0 or an errno value.
int startLocally(int fd, Slot &slot, bool waits) {
    char suffix[16];
    portSuffix(slot.peerCid, slot.peerPort, suffix);
    sockaddr_un target, own;
    const socklen_t length = makePartyName({anyCid, slot.localPort, slot.peerCid}, own);
    NITROSCOPE_REAL(bind)(fd, reinterpret_cast<sockaddr *>(&own), length);
    if (makeName(settings().enclaves[0], suffix, target) && connectAtOnce(fd, target) == 0) {
        if (isPeerTrusted(fd, target.sun_path))
            return 0;
        NITROSCOPE_REAL(shutdown)(fd, SHUT_RDWR); // another user was there first
        slot.state = State::spent;
        return EACCES;
    }
    if (waits) {
        slot.state = State::spent; // it is called as the caller of this address
        return ECONNRESET;         // also when the listener's queue is full
    }
    breakDown(fd, slot);
    return 0;
}

// To the device. 0 or an errno value.
int startDialling(int fd, Slot &slot) {
    const int carrier = reachDevice(slot);
    if (carrier < 0 && errno != EAGAIN)
        return errno;
    const int farEnd = makeFarEnd(fd, slot);
    const int error = farEnd < 0 ? errno : sendFarEnd(fd, slot, farEnd, carrier);
    if (carrier >= 0)
        NITROSCOPE_REAL(close)(carrier);
    if (error != 0)
        slot.state = State::spent;
    return error;
}

int start(int fd, Slot &slot, const sockaddr_vm &address, bool waits) {
    const bool isLocal = address.svm_cid == localCid || address.svm_cid == parentCid;
    if (!isLocal && settings().find(address.svm_cid, address.svm_port) == nullptr)
        return ENODEV;
    if (slot.state.load() == State::bound)
        removePaths(slot.localCid, slot.localPort);
    slot.peerCid = address.svm_cid;
    slot.peerPort = address.svm_port;
    slot.error = 0;
    if (slot.localPort.load() == anyPort)
        slot.localPort = nextPort();
    slot.deadlineMs = nowMs() + slot.connectMs.load();
    const int error = isLocal ? startLocally(fd, slot, waits) : startDialling(fd, slot);
    if (error == 0) {
        slot.state = State::connecting;
        shareState(slot);
    }
    return error;
}

int fail(const Slot &slot, int error) {
    tell("connect to %u:%u: %s", slot.peerCid.load(), slot.peerPort.load(), std::strerror(error));
    errno = error;
    return -1;
}

int finish(int fd, Slot &slot) {
    if (const int error = awaitEnd(fd, slot); error != 0)
        return fail(slot, error);
    tell("connect to %u:%u: connected", slot.peerCid.load(), slot.peerPort.load());
    return 0;
}

} // namespace

int connectSocket(int fd, Slot &slot, const sockaddr_vm &address) {
    const bool waits = !isNonBlocking(fd);
    settle(fd, slot);
    switch (slot.state.load()) {
    case State::connected:
        errno = EISCONN;
        return -1;
    case State::connecting:
    case State::refused: // as the kernel: until somebody waits for it
        if (waits)
            return finish(fd, slot);
        errno = EALREADY;
        return -1;
    case State::spent:
        renew(fd, slot);
        break;
    case State::open:
    case State::bound:
        break;
    default:
        errno = EINVAL;
        return -1;
    }
    if (const int error = start(fd, slot, address, waits); error != 0)
        return fail(slot, error);
    if (waits)
        return finish(fd, slot);
    lookAfter();
    return fail(slot, EINPROGRESS);
}

} // namespace nitroscope::preload
