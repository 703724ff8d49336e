// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/table.hpp"

#include "qemu-machine/vsock/preload/paths.hpp"

#include <cerrno>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr int tableSize = 65536;
Slot table[tableSize];            // pages that are not touched cost nothing
std::atomic<int> highestUsed{-1}; // descriptor with an entry so far

uint64_t inodeOf(int fd) {
    const int error = errno;
    struct stat status;
    const uint64_t inode = fstat(fd, &status) == 0 ? uint64_t{status.st_ino} : 0;
    errno = error;
    return inode;
}

void dropFarEnd(Slot &slot) {
    if (const int fd = slot.takeFarEnd(); fd >= 0)
        NITROSCOPE_REAL(close)(fd);
}

// A duplicate's business goes on: it gets the end that was not delivered yet.
void leaveFarEnd(Slot &slot) {
    const int fd = slot.takeFarEnd();
    if (fd < 0)
        return;
    for (int other = 0; other <= highestUsed.load(); ++other)
        if (table[other].state.load() == State::connecting && table[other].inode.load() == slot.inode.load())
            return table[other].putFarEnd(fd);
    NITROSCOPE_REAL(close)(fd);
}

// The process whose table this is.
std::atomic<pid_t> process{0};

void takeTable() {
    process = getpid();
}

[[gnu::constructor]] void atStart() {
    takeTable();
    pthread_atfork(nullptr, nullptr, takeTable);
}

// A child of vfork() has its parent's memory: what it does to its own descriptors is not the parent's business.
bool isOthersTable() {
    const pid_t owner = process.load();
    return owner != 0 && owner != getpid();
}

} // namespace

Slot &slotAt(int fd) {
    return table[fd];
}

int highest() {
    return highestUsed.load();
}

void *lookUp(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

void Slot::reset() {
    localCid = localPort = peerCid = peerPort = anyPort;
    connectMs = 2000;
    lowWater = 0;
    bufferSize = bufferMax = 262144;
    bufferMin = 128;
    owner = error = 0;
    deadlineMs = 0;
    dropFarEnd(*this);
}

void Slot::takeSettings(const Slot &other) {
    connectMs = other.connectMs.load();
    bufferSize = other.bufferSize.load();
    bufferMin = other.bufferMin.load();
    bufferMax = other.bufferMax.load();
}

void Slot::copyFrom(const Slot &other) {
    takeSettings(other);
    type = other.type.load();
    localCid = other.localCid.load();
    localPort = other.localPort.load();
    peerCid = other.peerCid.load();
    peerPort = other.peerPort.load();
    lowWater = other.lowWater.load();
    inode = other.inode.load();
    owner = other.owner.load();
    error = other.error.load();
    deadlineMs = other.deadlineMs.load();
    state = other.state.load();
}

Slot *find(int fd) {
    if (fd < 0 || fd >= tableSize || table[fd].state.load() == State::none)
        return nullptr;
    if (inodeOf(fd) == table[fd].inode.load())
        return &table[fd];
    if (isOthersTable())
        return nullptr;
    table[fd].state = State::none;
    dropFarEnd(table[fd]);
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
    int before = highestUsed.load();
    while (before < fd && !highestUsed.compare_exchange_weak(before, fd)) {
    }
    return &slot;
}

void copy(int from, int to) {
    if (to < 0 || to >= tableSize || from == to)
        return;
    const Slot *slot = find(from);
    if ((slot == nullptr && table[to].state.load() == State::none) || isOthersTable())
        return;
    if (slot != nullptr) {
        enter(to, State::open, 0);
        table[to].copyFrom(*slot);
    } else {
        table[to].state = State::none;
    }
}

void shareState(const Slot &slot) {
    for (int fd = 0; fd <= highestUsed.load(); ++fd)
        if (&table[fd] != &slot && table[fd].state.load() != State::none &&
            table[fd].inode.load() == slot.inode.load())
            table[fd].copyFrom(slot);
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
    for (int other = 0; other <= highestUsed.load(); ++other)
        if (other != fd && table[other].state.load() != State::none &&
            table[other].inode.load() == slot->inode.load())
            return leaving;
    leaving.cid = slot->localCid;
    leaving.port = slot->localPort;
    return leaving;
}

Leaving leave(int fd) {
    const Leaving leaving = whatLeaves(fd);
    if (Slot *slot = find(fd); slot != nullptr && !isOthersTable()) {
        slot->state = State::none;
        leaveFarEnd(*slot);
    }
    return leaving;
}

void finish(const Leaving &leaving) {
    if (leaving.port != anyPort)
        removePaths(leaving.cid, leaving.port);
}

void leaveAll() {
    for (int fd = 0; fd <= highestUsed.load(); ++fd)
        if (table[fd].state.load() != State::none) {
            const Leaving leaving = leave(fd);
            if (leaving.port != anyPort)
                NITROSCOPE_REAL(close)(fd);
            finish(leaving);
        }
}

} // namespace nitroscope::preload
