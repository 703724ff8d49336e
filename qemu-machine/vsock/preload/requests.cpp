// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/requests.hpp"

#include "qemu-machine/vsock/preload/listening.hpp"
#include "qemu-machine/vsock/preload/progress.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr int maxSocketType = 11; // SOCK_MAX of the kernel

} // namespace

int openSocket(int type, int protocol) {
    const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (kind < 0 || kind >= maxSocketType) {
        errno = EINVAL;
        return -1;
    }
    const bool isKnown = kind == SOCK_STREAM || kind == SOCK_SEQPACKET;
    if (!isKnown || (protocol != 0 && protocol != PF_VSOCK)) {
        tell("socket type %d, protocol %d: not to be had, enclaves have streams and seqpacket", kind,
             protocol);
        // Datagrams are of VMware's machines only.
        errno = protocol != 0 && protocol != PF_VSOCK ? EPROTONOSUPPORT
                : kind == SOCK_DGRAM                  ? ENODEV
                                                      : ESOCKTNOSUPPORT;
        return -1;
    }
    const int fd = NITROSCOPE_REAL(socket)(AF_UNIX, type, 0);
    if (fd >= 0 && enter(fd, State::open, static_cast<uint32_t>(kind)) == nullptr) {
        NITROSCOPE_REAL(close)(fd);
        errno = EMFILE;
        return -1;
    }
    return fd;
}

bool takeAddress(const sockaddr *address, socklen_t length, sockaddr_vm &result) {
    if (address == nullptr || length < sizeof result) {
        errno = address == nullptr ? EFAULT : EINVAL;
        return false;
    }
    std::memcpy(&result, address, sizeof result);
    errno = EINVAL;
    return result.svm_family == AF_VSOCK && (result.svm_flags & ~VMADDR_FLAG_TO_HOST) == 0;
}

int listenAt(int fd, Slot &slot, int backlog) {
    if (slot.state.load() != State::bound && slot.state.load() != State::listening) {
        errno = EINVAL;
        return -1;
    }
    const int result = NITROSCOPE_REAL(listen)(fd, backlog);
    if (result == 0) {
        slot.state = State::listening;
        shareState(slot);
    }
    return result;
}

int giveOwnName(const Slot &slot, sockaddr *address, socklen_t *length) {
    return giveAddress(slot.localCid, slot.localPort, address, length);
}

int givePeerName(int fd, Slot &slot, sockaddr *address, socklen_t *length) {
    settle(fd, slot);
    if (slot.state.load() != State::connected) {
        errno = ENOTCONN;
        return -1;
    }
    return giveAddress(slot.peerCid, slot.peerPort, address, length);
}

} // namespace nitroscope::preload
