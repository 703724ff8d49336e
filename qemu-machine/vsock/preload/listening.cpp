// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/listening.hpp"

#include "qemu-machine/vsock/preload/paths.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr uint32_t lastReservedPort = 1023, automaticPorts = 1u << 16;

// 0 or an errno value.
int bindPath(int fd, uint32_t port) {
    char suffix[16];
    portSuffix(port, suffix);
    sockaddr_un name;
    if (!makeName(settings().enclaves[0], suffix, name))
        return ENAMETOOLONG;
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (NITROSCOPE_REAL(bind)(fd, reinterpret_cast<sockaddr *>(&name), sizeof name) == 0) {
            linkOthers(suffix, name.sun_path);
            tell("port %u is %s", port, name.sun_path);
            return 0;
        }
        if (errno != EADDRINUSE)
            return errno == ENOENT ? EADDRNOTAVAIL : errno;
        if (somebodyListens(name.sun_path))
            return EADDRINUSE;
        unlink(name.sun_path); // left by a program that has ended
    }
    return EADDRINUSE;
}

int bindAutomatically(int fd, uint32_t &port) {
    // From a place that differs from process to process, as the kernel chooses at random.
    uint32_t next = lastReservedPort + 1 + (static_cast<uint32_t>(getpid()) * 7919u) % 1000000u;
    for (uint32_t tries = 0; tries < automaticPorts; ++tries, ++next) {
        const int error = bindPath(fd, next);
        port = next;
        if (error != EADDRINUSE)
            return error;
    }
    return EADDRINUSE;
}

// The caller's CID and port, from the name that the device's socket has (callerName() of the host side).
bool readCaller(const sockaddr_un &name, socklen_t length, uint32_t &cid, uint32_t &port) {
    constexpr char prefix[] = "nitroscope-vsock/";
    char text[sizeof name.sun_path + 1] = {};
    if (length <= offsetof(sockaddr_un, sun_path) + 1 || name.sun_path[0] != 0)
        return false;
    std::memcpy(text, name.sun_path + 1, length - offsetof(sockaddr_un, sun_path) - 1);
    return std::strncmp(text, prefix, sizeof prefix - 1) == 0 &&
           std::sscanf(text + sizeof prefix - 1, "%u:%u/", &cid, &port) == 2;
}

} // namespace

int bindSocket(int fd, Slot &slot, const sockaddr_vm &address) {
    if (slot.state.load() != State::open) {
        errno = EINVAL;
        return -1;
    }
    const bool isOurs =
        address.svm_cid == anyCid || address.svm_cid == parentCid || address.svm_cid == hostCid;
    if (!isOurs) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    uint32_t port = address.svm_port;
    const int error = port == anyPort ? bindAutomatically(fd, port) : bindPath(fd, port);
    if (error != 0) {
        tell("bind to port %u: %s", port, std::strerror(error));
        errno = error;
        return -1;
    }
    slot.localCid = address.svm_cid;
    slot.localPort = port;
    slot.owner = getpid();
    slot.state = State::bound;
    return 0;
}

int acceptSocket(int fd, const Slot &slot, sockaddr *address, socklen_t *length, int flags) {
    sockaddr_un name{};
    socklen_t nameLength = sizeof name;
    const int accepted =
        NITROSCOPE_REAL(accept4)(fd, reinterpret_cast<sockaddr *>(&name), &nameLength, flags);
    if (accepted < 0)
        return accepted;
    Slot *connection = enter(accepted, State::connected, slot.type);
    if (connection == nullptr) {
        NITROSCOPE_REAL(close)(accepted);
        errno = EMFILE;
        return -1;
    }
    // Somebody else than our device has no CID; the enclave's is the likeliest answer.
    uint32_t cid = settings().enclaves[0].cid, port = anyPort;
    readCaller(name, nameLength, cid, port);
    connection->localCid = parentCid;
    connection->localPort = slot.localPort.load();
    connection->peerCid = cid;
    connection->peerPort = port;
    tell("accepted a connection of %u:%u to port %u", cid, port, slot.localPort.load());
    giveAddress(cid, port, address, length);
    return accepted;
}

void giveAddress(uint32_t cid, uint32_t port, sockaddr *address, socklen_t *length) {
    if (address == nullptr || length == nullptr)
        return;
    sockaddr_vm result{};
    result.svm_family = AF_VSOCK;
    result.svm_cid = cid;
    result.svm_port = port;
    std::memcpy(address, &result, *length < sizeof result ? *length : sizeof result);
    *length = sizeof result;
}

} // namespace nitroscope::preload
