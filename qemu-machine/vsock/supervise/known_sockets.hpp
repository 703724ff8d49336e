// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is known of the programs' sockets, from one call to the next. The preload library keeps it by descriptor; a supervisor
// has none of its own, so it is kept by the socket's inode and laid into the library's table for the length of a call.
#pragma once

#include "qemu-machine/vsock/preload/table.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace nitroscope::supervise {

class KnownSockets {
public:
    // Both may be called from any thread.
    void remember(const preload::Slot &slot);
    // Fills `slot` with what is known of its inode; false when that is nothing.
    bool recall(preload::Slot &slot);

    // Whether somebody still holds a bound socket.
    bool isAnyOpen();
    // Paths of bound sockets that nobody holds any more.
    void removePaths();

private:
    void forgetEnded();

    std::mutex m_mutex;
    std::unordered_map<std::uint64_t, std::unique_ptr<preload::Slot>> m_slots;
    size_t m_roomy = 1024; // so many before those that have ended are looked for
};

} // namespace nitroscope::supervise
