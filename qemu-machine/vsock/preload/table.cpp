// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/table.hpp"

#include "qemu-machine/vsock/preload/paths.hpp"

#include <cerrno>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr int tableSize = 65536;
Slot table[tableSize];        // pages that are not touched cost nothing
std::atomic<int> highest{-1}; // descriptor with an entry so far

uint64_t inodeOf(int fd) {
    const int error = errno;
    struct stat status;
    const uint64_t inode = fstat(fd, &status) == 0 ? uint64_t{status.st_ino} : 0;
    errno = error;
    return inode;
}

} // namespace

void *lookUp(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

void Slot::reset() {
    localCid = localPort = peerCid = peerPort = anyPort;
    connectMs = 2000;
    lowWater = 0;
    bufferSize = bufferMax = 262144;
    bufferMin = 128;
    owner = 0;
}

void Slot::copyFrom(const Slot &other) {
    type = other.type.load();
    localCid = other.localCid.load();
    localPort = other.localPort.load();
    peerCid = other.peerCid.load();
    peerPort = other.peerPort.load();
    connectMs = other.connectMs.load();
    lowWater = other.lowWater.load();
    bufferSize = other.bufferSize.load();
    bufferMin = other.bufferMin.load();
    bufferMax = other.bufferMax.load();
    inode = other.inode.load();
    owner = other.owner.load();
    state = other.state.load();
}

Slot *find(int fd) {
    if (fd < 0 || fd >= tableSize || table[fd].state.load() == State::none)
        return nullptr;
    if (inodeOf(fd) == table[fd].inode.load())
        return &table[fd];
    table[fd].state = State::none;
    return nullptr;
}

Slot *enter(int fd, State state, uint32_t type) {
    if (fd < 0 || fd >= tableSize)
        return nullptr;
    Slot &slot = table[fd];
    slot.reset();
    slot.type = type;
    slot.inode = inodeOf(fd);
    slot.state = state;
    int before = highest.load();
    while (before < fd && !highest.compare_exchange_weak(before, fd)) {
    }
    return &slot;
}

void copy(int from, int to) {
    if (to < 0 || to >= tableSize || from == to)
        return;
    if (const Slot *slot = find(from)) {
        enter(to, State::open, 0);
        table[to].copyFrom(*slot);
    } else {
        table[to].state = State::none;
    }
}

Leaving whatLeaves(int fd) {
    Leaving leaving;
    const Slot *slot = find(fd);
    if (slot == nullptr)
        return leaving;
    const State state = slot->state.load();
    const bool hasPath = state == State::bound || state == State::listening;
    if (!hasPath || slot->owner.load() != getpid())
        return leaving;
    // A duplicate keeps it.
    for (int other = 0; other <= highest.load(); ++other)
        if (other != fd && table[other].state.load() != State::none &&
            table[other].inode.load() == slot->inode.load())
            return leaving;
    leaving.port = slot->localPort;
    return leaving;
}

Leaving leave(int fd) {
    const Leaving leaving = whatLeaves(fd);
    if (Slot *slot = find(fd))
        slot->state = State::none;
    return leaving;
}

void finish(const Leaving &leaving) {
    if (leaving.port != anyPort)
        removePaths(leaving.port);
}

void leaveAll() {
    for (int fd = 0; fd <= highest.load(); ++fd)
        if (table[fd].state.load() != State::none) {
            const Leaving leaving = leave(fd);
            if (leaving.port != anyPort)
                NITROSCOPE_REAL(close)(fd);
            finish(leaving);
        }
}

} // namespace nitroscope::preload
