// SPDX-License-Identifier: GPL-2.0-or-later
//
// The sending calls where a Unix socket takes what AF_VSOCK refuses or passes over: urgent bytes, an address, and
// control data, which would hand descriptors to the other end.
#include "qemu-machine/vsock/preload/calls/exported.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>

using namespace nitroscope::preload;

namespace {

size_t sizeOf(const msghdr &message) {
    size_t size = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i)
        size += message.msg_iov[i].iov_len;
    return size;
}

// AF_VSOCK has no empty messages: nothing is sent, and nothing arrives that would look like an end.
bool isEmptyMessage(int fd, size_t size) {
    Slot *slot = size == 0 ? ours(fd) : nullptr;
    if (slot == nullptr || slot->type.load() != SOCK_SEQPACKET)
        return false;
    settle(fd, *slot);
    return slot->state.load() == State::connected;
}

// The errno of a send with these flags and an address or none; 0: the Unix socket may have it.
int refusal(int fd, int flags, bool hasAddress) {
    if ((flags & MSG_OOB) == 0 && !hasAddress)
        return 0; // nobody else pays for looking
    Slot *slot = ours(fd);
    if (slot == nullptr)
        return 0;
    if ((flags & MSG_OOB) != 0)
        return EOPNOTSUPP;
    settle(fd, *slot);
    return slot->state.load() == State::connected ? EISCONN : EOPNOTSUPP;
}

bool isRefused(int fd, int flags, bool hasAddress) {
    const int error = refusal(fd, flags, hasAddress);
    if (error != 0)
        errno = error;
    return error != 0;
}

// Those of other families are for other sockets, which are not looked up.
bool isVsockAddress(const void *address, socklen_t length) {
    return address != nullptr && length >= sizeof(sa_family_t) &&
           static_cast<const sockaddr *>(address)->sa_family == AF_VSOCK;
}

} // namespace

NITROSCOPE_CALL ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    if (isRefused(fd, flags, false))
        return -1;
    return isEmptyMessage(fd, size) ? 0 : NITROSCOPE_REAL(send)(fd, bytes, size, flags);
}

NITROSCOPE_CALL ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const sockaddr *address,
                               socklen_t length) {
    if (isRefused(fd, flags, isVsockAddress(address, length)))
        return -1;
    return isEmptyMessage(fd, size) ? 0 : NITROSCOPE_REAL(sendto)(fd, bytes, size, flags, address, length);
}

NITROSCOPE_CALL ssize_t sendmsg(int fd, const msghdr *message, int flags) {
    if (message == nullptr)
        return NITROSCOPE_REAL(sendmsg)(fd, message, flags);
    if (isRefused(fd, flags, isVsockAddress(message->msg_name, message->msg_namelen)))
        return -1;
    if (isEmptyMessage(fd, sizeOf(*message)))
        return 0;
    if (message->msg_controllen == 0 || find(fd) == nullptr)
        return NITROSCOPE_REAL(sendmsg)(fd, message, flags);
    msghdr bare = *message;
    bare.msg_control = nullptr;
    bare.msg_controllen = 0;
    return NITROSCOPE_REAL(sendmsg)(fd, &bare, flags);
}

// One after another, so that each is looked at.
NITROSCOPE_CALL int sendmmsg(int fd, mmsghdr *messages, unsigned count, int flags) {
    if (messages == nullptr || find(fd) == nullptr)
        return NITROSCOPE_REAL(sendmmsg)(fd, messages, count, flags);
    unsigned sent = 0;
    while (sent < count) {
        const ssize_t bytes = sendmsg(fd, &messages[sent].msg_hdr, flags);
        if (bytes < 0)
            return sent > 0 ? static_cast<int>(sent) : -1;
        messages[sent++].msg_len = static_cast<unsigned>(bytes);
    }
    return static_cast<int>(sent);
}
