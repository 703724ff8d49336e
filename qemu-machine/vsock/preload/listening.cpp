// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/listening.hpp"

#include "qemu-machine/vsock/preload/names.hpp"
#include "qemu-machine/vsock/preload/paths.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr uint32_t lastReservedPort = 1023, automaticPorts = 1u << 16;

// 0 or an errno value.
int bindPath(int fd, uint32_t cid, uint32_t port) {
    char suffix[16];
    portSuffix(cid, port, suffix);
    sockaddr_un name;
    if (!makeName(settings().enclaves[0], suffix, name))
        return ENAMETOOLONG;
    if (const int error = judgeFolderOf(name.sun_path); error != 0)
        return error;
    if (const int error = freePort(cid, port); error != 0)
        return error;
    if (NITROSCOPE_REAL(bind)(fd, reinterpret_cast<sockaddr *>(&name), sizeof name) != 0)
        return errno == ENOENT ? EADDRNOTAVAIL : errno;
    linkOthers(cid, port, name.sun_path);
    tell("port %u is %s", port, name.sun_path);
    return 0;
}

int bindAutomatically(int fd, uint32_t cid, uint32_t &port) {
    // From a place that differs from process to process, as the kernel chooses at random.
    uint32_t next = lastReservedPort + 1 + (static_cast<uint32_t>(getpid()) * 7919u) % 1000000u;
    for (uint32_t tries = 0; tries < automaticPorts; ++tries, ++next) {
        const int error = bindPath(fd, cid, next);
        port = next;
        if (error != EADDRINUSE)
            return error;
    }
    return EADDRINUSE;
}

} // namespace

int bindSocket(int fd, Slot &slot, const sockaddr_vm &address) {
    if (slot.state.load() != State::open || slot.localPort.load() != anyPort) {
        errno = EINVAL;
        return -1;
    }
    // Not CID 2: a parent instance is a guest itself.
    const bool isOurs =
        address.svm_cid == anyCid || address.svm_cid == parentCid || address.svm_cid == localCid;
    if (!isOurs) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    uint32_t port = address.svm_port;
    const int error =
        port == anyPort ? bindAutomatically(fd, address.svm_cid, port) : bindPath(fd, address.svm_cid, port);
    if (error != 0) {
        tell("bind to port %u: %s", port, std::strerror(error));
        errno = error;
        return -1;
    }
    slot.localCid = address.svm_cid;
    slot.localPort = port;
    slot.owner = getpid();
    slot.state = State::bound;
    shareState(slot);
    return 0;
}

int acceptSocket(int fd, const Slot &slot, sockaddr *address, socklen_t *length, int flags) {
    sockaddr_un name{};
    socklen_t nameLength = sizeof name;
    int accepted = -1;
    for (;;) {
        accepted = NITROSCOPE_REAL(accept4)(fd, reinterpret_cast<sockaddr *>(&name), &nameLength, flags);
        if (accepted < 0)
            return accepted;
        if (isPeerTrusted(accepted, nullptr))
            break;
        NITROSCOPE_REAL(close)(accepted); // the device is of our own user
        nameLength = sizeof name;
    }
    Slot *connection = enter(accepted, State::connected, slot.type);
    if (connection == nullptr) {
        NITROSCOPE_REAL(close)(accepted);
        errno = EMFILE;
        return -1;
    }
    readCaller(name, nameLength, *connection);
    connection->localPort = slot.localPort.load();
    connection->takeSettings(slot);
    tell("accepted a connection of %u:%u to port %u", connection->peerCid.load(), connection->peerPort.load(),
         slot.localPort.load());
    giveAddress(connection->peerCid, connection->peerPort, address, length);
    return accepted;
}

int giveAddress(uint32_t cid, uint32_t port, sockaddr *address, socklen_t *length) {
    if (address == nullptr || length == nullptr) {
        errno = EFAULT;
        return -1;
    }
    if (static_cast<int>(*length) < 0) {
        errno = EINVAL;
        return -1;
    }
    sockaddr_vm result{};
    result.svm_family = AF_VSOCK;
    result.svm_cid = cid;
    result.svm_port = port;
    std::memcpy(address, &result, *length < sizeof result ? *length : sizeof result);
    *length = sizeof result;
    return 0;
}

} // namespace nitroscope::preload
