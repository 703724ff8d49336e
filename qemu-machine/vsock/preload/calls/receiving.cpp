// SPDX-License-Identifier: GPL-2.0-or-later
//
// The receiving calls that give an address or an error of the socket's. Bytes come by the Unix socket's own; a
// connected AF_VSOCK socket gives no address with them, and one that is not connected has another errno.
#include "qemu-machine/vsock/preload/calls/exported.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>
#include <sys/uio.h>
#include <unistd.h>

using namespace nitroscope::preload;

namespace {

bool isUnconnected(int fd, Slot &slot) {
    settle(fd, slot);
    const State state = slot.state.load();
    return state != State::connected && state != State::disconnecting && state != State::device;
}

// What the calls answer where the Unix socket has another answer: ENOTCONN for the end of the data where there never was
// any, and the end where the other side has closed with something unread, which a Unix socket calls a reset.
ssize_t received(int fd, ssize_t result) {
    const bool isReset = result < 0 && errno == ECONNRESET;
    const bool isSuspect = isReset || result == 0 || (result < 0 && (errno == EINVAL || errno == EAGAIN));
    Slot *slot = isReset ? ours(fd) : isSuspect ? find(fd) : nullptr;
    if (slot == nullptr)
        return result;
    State expected = State::connecting;
    if (isReset &&
        (slot->state.compare_exchange_strong(expected, State::refused) || expected == State::refused))
        slot->error = ECONNRESET; // asking has taken it from the Unix socket
    if (isUnconnected(fd, *slot)) {
        errno = ENOTCONN;
        return -1;
    }
    return isReset ? 0 : result;
}

// What AF_VSOCK refuses and a Unix socket does not: urgent bytes, the queue of errors, and waiting for as much as the
// socket's buffer holds or more. An errno value, or 0.
int refusal(int fd, size_t size, int flags) {
    if ((flags & (MSG_OOB | MSG_ERRQUEUE | MSG_WAITALL)) == 0)
        return 0; // nobody else pays for looking
    Slot *slot = ours(fd);
    if (slot == nullptr || isUnconnected(fd, *slot))
        return 0;
    if ((flags & MSG_ERRQUEUE) != 0)
        return EAGAIN;
    if ((flags & MSG_OOB) != 0)
        return EOPNOTSUPP;
    return slot->type.load() == SOCK_STREAM && size >= slot->bufferSize.load() ? ENOMEM : 0;
}

bool isRefused(int fd, size_t size, int flags) {
    const int error = refusal(fd, size, flags);
    if (error != 0)
        errno = error;
    return error != 0;
}

size_t sizeOf(const msghdr &message) {
    size_t size = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i)
        size += message.msg_iov[i].iov_len;
    return size;
}

// No address comes with the bytes of a socket of ours, although the Unix socket at the other end has a name.
bool hidesNames(int fd, const void *address) {
    return address != nullptr && ours(fd) != nullptr;
}

} // namespace

NITROSCOPE_CALL ssize_t recv(int fd, void *bytes, size_t size, int flags) {
    return isRefused(fd, size, flags) ? -1 : received(fd, NITROSCOPE_REAL(recv)(fd, bytes, size, flags));
}

NITROSCOPE_CALL ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, sockaddr *address,
                                 socklen_t *length) {
    if (isRefused(fd, size, flags))
        return -1;
    if (!hidesNames(fd, address))
        return received(fd, NITROSCOPE_REAL(recvfrom)(fd, bytes, size, flags, address, length));
    const ssize_t result = recv(fd, bytes, size, flags);
    if (result >= 0 && length != nullptr)
        *length = 0;
    return result;
}

NITROSCOPE_CALL ssize_t recvmsg(int fd, msghdr *message, int flags) {
    if (message != nullptr && isRefused(fd, sizeOf(*message), flags))
        return -1;
    const ssize_t result = received(fd, NITROSCOPE_REAL(recvmsg)(fd, message, flags));
    if (result >= 0 && hidesNames(fd, message->msg_name))
        message->msg_namelen = 0;
    return result;
}

NITROSCOPE_CALL int recvmmsg(int fd, mmsghdr *messages, unsigned count, int flags, timespec *timeout) {
    const int result = NITROSCOPE_REAL(recvmmsg)(fd, messages, count, flags, timeout);
    for (int i = 0; i < result; ++i)
        if (hidesNames(fd, messages[i].msg_hdr.msg_name))
            messages[i].msg_hdr.msg_namelen = 0;
    return static_cast<int>(received(fd, result));
}

NITROSCOPE_CALL ssize_t read(int fd, void *bytes, size_t size) {
    return received(fd, NITROSCOPE_REAL(read)(fd, bytes, size));
}

NITROSCOPE_CALL ssize_t readv(int fd, const iovec *pieces, int count) {
    return received(fd, NITROSCOPE_REAL(readv)(fd, pieces, count));
}

// What recv(), recvfrom() and read() become in programs that are compiled with _FORTIFY_SOURCE.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the C library's
extern "C" ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
extern "C" ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
extern "C" ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags, sockaddr *address,
                                  socklen_t *length);

NITROSCOPE_CALL ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room) {
    return received(fd, NITROSCOPE_REAL(__read_chk)(fd, bytes, size, room));
}

NITROSCOPE_CALL ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags) {
    return isRefused(fd, size, flags)
               ? -1
               : received(fd, NITROSCOPE_REAL(__recv_chk)(fd, bytes, size, room, flags));
}

NITROSCOPE_CALL ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags,
                                       sockaddr *address, socklen_t *length) {
    if (isRefused(fd, size, flags))
        return -1;
    return hidesNames(fd, address) && size <= room
               ? recvfrom(fd, bytes, size, flags, address, length)
               : received(fd, NITROSCOPE_REAL(__recvfrom_chk)(fd, bytes, size, room, flags, address, length));
}
// NOLINTEND(bugprone-reserved-identifier)
