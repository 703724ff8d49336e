// SPDX-License-Identifier: GPL-2.0-or-later
//
// The receiving calls that give an address or an error of the socket's. Bytes come by the Unix socket's own; a
// connected AF_VSOCK socket gives no address with them, and one that is not connected has another errno.
#include "qemu-machine/vsock/preload/exported.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>

using namespace nitroscope::preload;

namespace {

// The end of the data where there never was any.
bool isUnconnected(int fd) {
    Slot *slot = find(fd);
    if (slot == nullptr)
        return false;
    settle(fd, *slot);
    const State state = slot->state.load();
    return state != State::connected && state != State::disconnecting && state != State::device;
}

ssize_t received(int fd, ssize_t result) {
    const bool isSuspect = result == 0 || (result < 0 && (errno == EINVAL || errno == EAGAIN));
    if (!isSuspect || !isUnconnected(fd))
        return result;
    errno = ENOTCONN;
    return -1;
}

// No address comes with the bytes of a socket of ours, although the Unix socket at the other end has a name.
bool hidesNames(int fd, const void *address) {
    return address != nullptr && ours(fd) != nullptr;
}

} // namespace

NITROSCOPE_CALL ssize_t recv(int fd, void *bytes, size_t size, int flags) {
    return received(fd, NITROSCOPE_REAL(recv)(fd, bytes, size, flags));
}

NITROSCOPE_CALL ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, sockaddr *address,
                                 socklen_t *length) {
    if (!hidesNames(fd, address))
        return received(fd, NITROSCOPE_REAL(recvfrom)(fd, bytes, size, flags, address, length));
    const ssize_t result = recv(fd, bytes, size, flags);
    if (result >= 0 && length != nullptr)
        *length = 0;
    return result;
}

NITROSCOPE_CALL ssize_t recvmsg(int fd, msghdr *message, int flags) {
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

// What the first two become in programs that are compiled with _FORTIFY_SOURCE.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the C library's
extern "C" ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
extern "C" ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags, sockaddr *address,
                                  socklen_t *length);

NITROSCOPE_CALL ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags) {
    return received(fd, NITROSCOPE_REAL(__recv_chk)(fd, bytes, size, room, flags));
}

NITROSCOPE_CALL ssize_t __recvfrom_chk(int fd, void *bytes, size_t size, size_t room, int flags,
                                       sockaddr *address, socklen_t *length) {
    return hidesNames(fd, address) && size <= room
               ? recvfrom(fd, bytes, size, flags, address, length)
               : received(fd, NITROSCOPE_REAL(__recvfrom_chk)(fd, bytes, size, room, flags, address, length));
}
// NOLINTEND(bugprone-reserved-identifier)
