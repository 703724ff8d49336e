// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/recognising.hpp"

#include "qemu-machine/access/judge.hpp"
#include "qemu-machine/vsock/preload/names.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace nitroscope::preload {
namespace {

// Makes an entry from the names of the ends. Null when it is none of ours.
Slot *recognise(int fd) {
    sockaddr_un own{}, peer{};
    socklen_t ownLength = sizeof own, peerLength = sizeof peer;
    if (NITROSCOPE_REAL(getsockname)(fd, reinterpret_cast<sockaddr *>(&own), &ownLength) != 0 ||
        own.sun_family != AF_UNIX)
        return nullptr;
    Party me, other;
    uint32_t port = anyPort, peerPort = anyPort;
    bool isLocalOnly = false, isPeerLocalOnly = false;
    const bool hasPath = readPortPath(own, ownLength, port, isLocalOnly);
    if (!hasPath && !readPartyName(own, ownLength, me))
        return nullptr;
    int type = 0, listens = 0;
    socklen_t length = sizeof type;
    NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &length);
    NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length);
    const bool isConnected =
        NITROSCOPE_REAL(getpeername)(fd, reinterpret_cast<sockaddr *>(&peer), &peerLength) == 0;
    Slot *slot = enter(fd, State::open, static_cast<uint32_t>(type));
    if (slot == nullptr)
        return nullptr;
    slot->localCid = hasPath && isLocalOnly ? localCid : anyCid;
    slot->localPort = hasPath ? port : me.port;
    if (!isConnected) {
        slot->state = listens != 0 ? State::listening : hasPath ? State::bound : State::open;
        return slot;
    }
    if (hasPath)
        readCaller(peer, peerLength, *slot);
    if (readPartyName(peer, peerLength, other) && other.cid != anyCid) {
        slot->peerCid = other.cid;
        slot->peerPort = other.port;
    } else if (!hasPath && readPortPath(peer, peerLength, peerPort, isPeerLocalOnly)) {
        slot->peerCid = me.dialled;
        slot->peerPort = peerPort;
    }
    slot->state = State::connected;
    return slot;
}

} // namespace

void readCaller(const sockaddr_un &name, socklen_t length, Slot &connection) {
    connection.localCid = parentCid;
    connection.peerCid = settings().enclaves[0].cid;
    Party party;
    uint32_t port = anyPort;
    bool isLocalOnly = false;
    if (readPartyName(name, length, party)) {
        const bool isLoopback = party.cid == anyCid;
        connection.peerCid = isLoopback ? localCid : party.cid;
        connection.peerPort = party.port;
        if (isLoopback)
            connection.localCid = party.dialled;
    } else if (readPortPath(name, length, port, isLocalOnly)) { // a program that had bound its port
        connection.peerCid = localCid;
        connection.peerPort = port;
    }
}

Slot *ours(int fd) {
    if (settings().count == 0)
        return nullptr;
    Slot *slot = find(fd);
    return slot != nullptr ? slot : recognise(fd);
}

int judgeFolderOf(const char *path) {
    char folder[sizeof sockaddr_un::sun_path] = ".";
    if (const char *end = std::strrchr(path, '/'); end != nullptr) {
        const auto length = static_cast<size_t>(end == path ? 1 : end - path);
        std::memcpy(folder, path, length);
        folder[length] = 0;
    }
    const int descriptor = NITROSCOPE_REAL(open)(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const auto finding = descriptor < 0 ? access::Finding::absent : access::judgeSocketFolder(descriptor);
    if (descriptor >= 0)
        NITROSCOPE_REAL(close)(descriptor);
    if (finding == access::Finding::fine || finding == access::Finding::absent)
        return 0; // bind() says what is wrong with one that is not there
    warn("%s %s. Let the enclave's socket lie in a folder of your own.", folder, access::words(finding));
    return EACCES;
}

bool isPeerTrusted(int fd, const char *path) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
        access::isTrusted(peer.uid))
        return true;
    if (path != nullptr)
        warn("%s %s. Name the socket of your own enclave in NITROSCOPE_VSOCK.", path,
             access::words(access::Finding::foreign));
    errno = EACCES;
    return false;
}

} // namespace nitroscope::preload
