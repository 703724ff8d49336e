// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is known of each descriptor that the program takes for an AF_VSOCK socket. A fixed table of atomics:
// these calls come from any thread, from signal handlers and after fork(), where no lock may be waited for. A
// descriptor can be closed behind our back (fclose, raw system calls) and its number be used again, so an
// entry also has the socket's inode and counts only as long as the descriptor is that socket.
#pragma once

#include "qemu-machine/vsock/preload/settings.hpp"

#include <atomic>
#include <linux/vm_sockets.h>

namespace nitroscope::preload {

enum class State : uint32_t {
    none,
    open,          // socket() only, or a refusal that left the Unix socket as it was
    bound,         // the Unix socket is bound as well, at PATH_port
    listening,     //
    connecting,    // on its way: see progress.hpp
    refused,       // of a non-blocking connect()
    spent,         // the same, and told; or given up. The Unix socket cannot be connected again
    connected,     // by connect() or accept()
    disconnecting, // after shutdown()
    device         // /dev/vsock
};

struct Slot { // all zero at first, so that the table takes no space in the library's file
    std::atomic<State> state;
    std::atomic<uint32_t> type; // SOCK_STREAM or SOCK_SEQPACKET
    std::atomic<uint32_t> localCid, localPort, peerCid, peerPort;
    std::atomic<uint32_t> connectMs;
    std::atomic<uint32_t> lowWater;                         // SO_RCVLOWAT in bytes; 0: not set
    std::atomic<uint64_t> bufferSize, bufferMin, bufferMax; // SO_VM_SOCKETS_*: kept, without effect
    std::atomic<uint64_t> inode;
    std::atomic<int32_t> owner;      // process that bound it: the one to remove the path
    std::atomic<int32_t> error;      // for SO_ERROR, where the Unix socket has none or another
    std::atomic<int64_t> deadlineMs; // of State::connecting
    std::atomic<int32_t> farEnd;     // descriptor that the device is still to get, plus 1; 0: none

    void reset(); // as of a new AF_VSOCK socket
    void copyFrom(const Slot &other);
    void takeSettings(const Slot &other);               // the SO_VM_SOCKETS_* of a listener
    int takeFarEnd() { return farEnd.exchange(0) - 1; } // or -1
    void putFarEnd(int fd) { farEnd = fd + 1; }
};

// The entry of a descriptor that is ours, or null. Keeps errno.
Slot *find(int fd);
// The entry of a number that may be nobody's, up to highest().
Slot &slotAt(int fd);
int highest();
// Makes an entry for a fresh descriptor; null when its number is too large.
Slot *enter(int fd, State state, uint32_t type);
// `to` is a duplicate of `from`, if that is ours; otherwise `to` is forgotten.
void copy(int from, int to);
// What has become of a socket holds for all duplicates of its descriptor.
void shareState(const Slot &slot);
// To be asked before a descriptor goes, and after that finish() with the answer. leave() forgets the
// descriptor at once, because its number may be used again as soon as it is closed; a call that replaces a
// descriptor may fail and asks only whatLeaves().
struct Leaving {
    uint32_t cid = anyCid, port = anyPort; // of a path that may have to go
};
Leaving whatLeaves(int fd);
Leaving leave(int fd);
void finish(const Leaving &leaving);
// All of this process's own paths, at its end.
void leaveAll();

// The C library's function of this name.
template <class Function>
Function *real(const char *name, std::atomic<Function *> &cached);
void *lookUp(const char *name);

template <class Function>
Function *real(const char *name, std::atomic<Function *> &cached) {
    Function *function = cached.load(std::memory_order_relaxed);
    if (function == nullptr) {
        function = reinterpret_cast<Function *>(lookUp(name));
        cached.store(function, std::memory_order_relaxed);
    }
    return function;
}

// NITROSCOPE_REAL(connect)(fd, …) is the C library's connect().
#define NITROSCOPE_REAL(name)                                                                                \
    ([] {                                                                                                    \
        static constinit std::atomic<decltype(::name) *> cached{nullptr};                                    \
        return nitroscope::preload::real<decltype(::name)>(#name, cached);                                   \
    }())

} // namespace nitroscope::preload
