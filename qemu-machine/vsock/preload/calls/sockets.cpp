// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C library's functions that this library stands in front of. Each looks whether the descriptor is one of
// ours, and otherwise does exactly what the original does.
#include "qemu-machine/vsock/preload/calls/exported.hpp"
#include "qemu-machine/vsock/preload/connecting.hpp"
#include "qemu-machine/vsock/preload/listening.hpp"
#include "qemu-machine/vsock/preload/options.hpp"
#include "qemu-machine/vsock/preload/polling.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"
#include "qemu-machine/vsock/preload/requests.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace nitroscope::preload;

namespace {

bool isActive() {
    return settings().count > 0;
}

[[gnu::destructor]] void atExit() {
    leaveAll();
}

} // namespace

NITROSCOPE_CALL int socket(int domain, int type, int protocol) noexcept {
    if (domain != AF_VSOCK || !isActive())
        return NITROSCOPE_REAL(socket)(domain, type, protocol);
    return openSocket(type, protocol);
}

NITROSCOPE_CALL int bind(int fd, const sockaddr *address, socklen_t length) noexcept {
    Slot *slot = ours(fd);
    if (slot == nullptr)
        return NITROSCOPE_REAL(bind)(fd, address, length);
    sockaddr_vm wanted;
    return takeAddress(address, length, wanted) ? bindSocket(fd, *slot, wanted) : -1;
}

NITROSCOPE_CALL int listen(int fd, int backlog) noexcept {
    Slot *slot = ours(fd);
    return slot != nullptr ? listenAt(fd, *slot, backlog) : NITROSCOPE_REAL(listen)(fd, backlog);
}

NITROSCOPE_CALL int accept4(int fd, sockaddr *address, socklen_t *length, int flags) {
    const Slot *slot = ours(fd);
    return slot != nullptr ? acceptSocket(fd, *slot, address, length, flags)
                           : NITROSCOPE_REAL(accept4)(fd, address, length, flags);
}

NITROSCOPE_CALL int accept(int fd, sockaddr *address, socklen_t *length) {
    const Slot *slot = ours(fd);
    return slot != nullptr ? acceptSocket(fd, *slot, address, length, 0)
                           : NITROSCOPE_REAL(accept)(fd, address, length);
}

NITROSCOPE_CALL int connect(int fd, const sockaddr *address, socklen_t length) {
    Slot *slot = ours(fd);
    if (slot == nullptr)
        return NITROSCOPE_REAL(connect)(fd, address, length);
    sockaddr_vm target;
    return takeAddress(address, length, target) ? connectSocket(fd, *slot, target) : -1;
}

NITROSCOPE_CALL int getsockname(int fd, sockaddr *address, socklen_t *length) noexcept {
    const Slot *slot = ours(fd);
    return slot != nullptr ? giveOwnName(*slot, address, length)
                           : NITROSCOPE_REAL(getsockname)(fd, address, length);
}

NITROSCOPE_CALL int getpeername(int fd, sockaddr *address, socklen_t *length) noexcept {
    Slot *slot = ours(fd);
    return slot != nullptr ? givePeerName(fd, *slot, address, length)
                           : NITROSCOPE_REAL(getpeername)(fd, address, length);
}

NITROSCOPE_CALL int getsockopt(int fd, int level, int name, void *value, socklen_t *length) noexcept {
    Slot *slot = ours(fd);
    int result = 0;
    if (slot != nullptr && getOption(fd, *slot, level, name, value, length, result) == Answer::ours)
        return result;
    return NITROSCOPE_REAL(getsockopt)(fd, level, name, value, length);
}

NITROSCOPE_CALL int setsockopt(int fd, int level, int name, const void *value, socklen_t length) noexcept {
    Slot *slot = ours(fd);
    int result = 0;
    if (slot != nullptr && setOption(*slot, level, name, value, length, result) == Answer::ours)
        return result;
    return NITROSCOPE_REAL(setsockopt)(fd, level, name, value, length);
}

NITROSCOPE_CALL int shutdown(int fd, int how) noexcept {
    Slot *slot = ours(fd);
    if (slot == nullptr || how < SHUT_RD || how > SHUT_RDWR)
        return NITROSCOPE_REAL(shutdown)(fd, how);
    settle(fd, *slot);
    const State state = slot->state.load();
    if (state != State::connected && state != State::connecting && state != State::disconnecting) {
        errno = ENOTCONN;
        return -1;
    }
    const int result = NITROSCOPE_REAL(shutdown)(fd, how);
    slot->state = State::disconnecting;
    shareState(*slot);
    // A Unix socket would still give what had come before.
    char rest[4096];
    while (how != SHUT_WR && NITROSCOPE_REAL(recv)(fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
    }
    return result;
}

NITROSCOPE_CALL int ioctl(int fd, unsigned long code, ...) noexcept {
    va_list list;
    va_start(list, code);
    void *argument = va_arg(list, void *);
    va_end(list);
    const Slot *slot = find(fd);
    int result = 0;
    if (slot != nullptr && request(*slot, code, argument, result) == Answer::ours)
        return result;
    return NITROSCOPE_REAL(ioctl)(fd, code, argument);
}

NITROSCOPE_CALL int poll(pollfd *fds, nfds_t count, int milliseconds) {
    if (!needsLowWater(fds, count))
        return NITROSCOPE_REAL(poll)(fds, count, milliseconds);
    const timespec timeout{milliseconds / 1000, milliseconds % 1000 * 1000000L};
    return pollLowWater(fds, count, milliseconds < 0 ? nullptr : &timeout, nullptr);
}

NITROSCOPE_CALL int ppoll(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask) {
    return needsLowWater(fds, count) ? pollLowWater(fds, count, timeout, mask)
                                     : NITROSCOPE_REAL(ppoll)(fds, count, timeout, mask);
}

// What the two become in programs that are compiled with _FORTIFY_SOURCE.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the C library's
extern "C" int __poll_chk(pollfd *fds, nfds_t count, int milliseconds, size_t bytes);
extern "C" int __ppoll_chk(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask,
                           size_t bytes);

NITROSCOPE_CALL int __poll_chk(pollfd *fds, nfds_t count, int milliseconds, size_t bytes) {
    return needsLowWater(fds, count) && count <= bytes / sizeof *fds
               ? poll(fds, count, milliseconds)
               : NITROSCOPE_REAL(__poll_chk)(fds, count, milliseconds, bytes);
}

NITROSCOPE_CALL int __ppoll_chk(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask,
                                size_t bytes) {
    return needsLowWater(fds, count) && count <= bytes / sizeof *fds
               ? pollLowWater(fds, count, timeout, mask)
               : NITROSCOPE_REAL(__ppoll_chk)(fds, count, timeout, mask, bytes);
}
// NOLINTEND(bugprone-reserved-identifier)

// ------------------------------------------------------------------------------------------------
// descriptors

NITROSCOPE_CALL int close(int fd) {
    const Leaving leaving = leave(fd);
    const int result = NITROSCOPE_REAL(close)(fd);
    finish(leaving);
    return result;
}

NITROSCOPE_CALL int dup(int fd) noexcept {
    const int result = NITROSCOPE_REAL(dup)(fd);
    if (result >= 0)
        copy(fd, result);
    return result;
}

NITROSCOPE_CALL int dup2(int fd, int target) noexcept {
    const Leaving leaving = fd != target ? whatLeaves(target) : Leaving();
    const int result = NITROSCOPE_REAL(dup2)(fd, target);
    if (result >= 0) {
        copy(fd, result);
        finish(leaving);
    }
    return result;
}

NITROSCOPE_CALL int dup3(int fd, int target, int flags) noexcept {
    const Leaving leaving = fd != target ? whatLeaves(target) : Leaving();
    const int result = NITROSCOPE_REAL(dup3)(fd, target, flags);
    if (result >= 0) {
        copy(fd, result);
        finish(leaving);
    }
    return result;
}

NITROSCOPE_CALL int fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    const int result = NITROSCOPE_REAL(fcntl)(fd, command, argument);
    if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
        copy(fd, result);
    return result;
}

NITROSCOPE_CALL int fcntl64(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return fcntl(fd, command, argument);
}
