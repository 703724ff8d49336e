// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/carrying.hpp"

#include "qemu-machine/vsock/preload/names.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr size_t fillingPiece = 32768; // a seqpacket message must fit into the far end as well
char nothing[fillingPiece];

// A Unix socket is writable as long as a quarter of its buffer holds what it has sent.
uint32_t fillingOf(int fd) {
    int size = 0;
    socklen_t length = sizeof size;
    NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_SNDBUF, &size, &length);
    return static_cast<uint32_t>(size) / 4 + 1;
}

// The whole filling, or false.
bool fill(int fd, uint32_t bytes) {
    while (bytes > 0) {
        const size_t piece = bytes < fillingPiece ? bytes : fillingPiece;
        const ssize_t sent = NITROSCOPE_REAL(send)(fd, nothing, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            return false;
        bytes -= static_cast<uint32_t>(sent);
    }
    return true;
}

// The line and the far end, by a carrier that has just been connected.
bool tellDevice(int carrier, const Slot &slot, int farEnd, uint32_t filling) {
    char line[64];
    const int length = std::snprintf(line, sizeof line, "CONNECT %u:%u %u +%u\n", slot.peerCid.load(),
                                     slot.peerPort.load(), slot.localPort.load(), filling);
    iovec vector{line, static_cast<size_t>(length)};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof farEnd)] = {};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof farEnd);
    std::memcpy(CMSG_DATA(part), &farEnd, sizeof farEnd);
    return NITROSCOPE_REAL(sendmsg)(carrier, &message, MSG_NOSIGNAL) == length;
}

bool isOwnProcess(int fd) {
    ucred peer{};
    socklen_t length = sizeof peer;
    return NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
           peer.pid == getpid();
}

// Whom a listener whose name everybody can see has got: the program's socket, which must be the caller's own.
int acceptOwn(int listener) {
    for (;;) {
        const int fd = NITROSCOPE_REAL(accept4)(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 || isOwnProcess(fd))
            return fd;
        NITROSCOPE_REAL(close)(fd);
    }
}

} // namespace

int reachDevice(const Slot &slot) {
    const Enclave *enclave = settings().find(slot.peerCid, slot.peerPort);
    sockaddr_un name;
    if (enclave == nullptr || !makeName(*enclave, slot.type == SOCK_SEQPACKET ? "_seqpacket" : "", name)) {
        errno = ENODEV;
        return -1;
    }
    const int type = static_cast<int>(slot.type.load()) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int carrier = NITROSCOPE_REAL(socket)(AF_UNIX, type, 0);
    if (carrier < 0)
        return -1;
    int error = 0;
    if (NITROSCOPE_REAL(connect)(carrier, reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0)
        error = errno;
    else if (isPeerTrusted(carrier, name.sun_path))
        return carrier;
    else // the enclave has ended, and somebody else has taken its socket's name
        error = EACCES;
    NITROSCOPE_REAL(close)(carrier);
    errno = error == ENOENT || error == ECONNREFUSED ? ENODEV : error;
    return -1;
}

int makeFarEnd(int fd, const Slot &slot) {
    sockaddr_un own, name;
    const socklen_t ownLength = makePartyName({anyCid, slot.localPort, slot.peerCid}, own);
    const socklen_t length = makePartyName({slot.peerCid, slot.peerPort}, name);
    // It has a name already when the program has bound it.
    NITROSCOPE_REAL(bind)(fd, reinterpret_cast<sockaddr *>(&own), ownLength);
    const int type = static_cast<int>(slot.type.load()) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int listener = NITROSCOPE_REAL(socket)(AF_UNIX, type, 0);
    if (listener < 0)
        return -1;
    int farEnd = -1;
    if (NITROSCOPE_REAL(bind)(listener, reinterpret_cast<sockaddr *>(&name), length) == 0 &&
        NITROSCOPE_REAL(listen)(listener, 8) == 0 &&
        NITROSCOPE_REAL(connect)(fd, reinterpret_cast<sockaddr *>(&name), length) == 0)
        farEnd = acceptOwn(listener);
    const int error = errno;
    NITROSCOPE_REAL(close)(listener);
    errno = error;
    return farEnd;
}

int sendFarEnd(int fd, Slot &slot, int farEnd, int carrier) {
    const uint32_t filling = fillingOf(fd);
    int error = fill(fd, filling) ? 0 : ENOBUFS;
    if (error == 0 && carrier < 0) {
        slot.putFarEnd(farEnd);
        return 0;
    }
    if (error == 0 && !tellDevice(carrier, slot, farEnd, filling))
        error = ECONNRESET;
    NITROSCOPE_REAL(close)(farEnd);
    return error;
}

void deliver(int fd, Slot &slot) {
    if (slot.farEnd.load() == 0)
        return;
    const int carrier = reachDevice(slot);
    if (carrier < 0 && errno == EAGAIN)
        return; // the queue is still full, and nothing tells when it is not
    const int farEnd = slot.takeFarEnd();
    if (farEnd >= 0 && carrier >= 0)
        tellDevice(carrier, slot, farEnd, fillingOf(fd));
    for (const int done : {carrier, farEnd})
        if (done >= 0)
            NITROSCOPE_REAL(close)(done);
}

void breakDown(int fd, const Slot &slot) {
    const int farEnd = makeFarEnd(fd, slot);
    if (farEnd < 0)
        return;
    NITROSCOPE_REAL(send)(fd, nothing, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    NITROSCOPE_REAL(close)(farEnd);
}

} // namespace nitroscope::preload
