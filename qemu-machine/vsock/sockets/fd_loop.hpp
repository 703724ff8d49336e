// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the host side needs of whoever drives it: to be called when a file descriptor is ready. QEMU's main
// loop is one implementation (behind the C ABI, host.h), poll(2) in the tests another. Nothing in this folder
// waits in any other way; time comes from the core's Timers.
#pragma once

#include <functional>

namespace nitroscope::vsock {

// What of a descriptor is of interest, or is ready. Level-triggered; errors and hang-ups count as readiness
// of whatever is of interest.
struct Readiness {
    bool read = false;
    bool write = false;
    bool operator==(const Readiness &) const = default;
};

class FdLoop {
public:
    virtual ~FdLoop() = default;

    // From now on setInterest() decides when `ready` is called. Calls come from the loop, never from inside a
    // function of this class. `fd` must not be watched already.
    virtual void watch(int fd, std::function<void(Readiness)> ready) = 0;
    // {}: no calls, also not for hang-ups. Nothing happens when `fd` is not watched.
    virtual void setInterest(int fd, Readiness interest) = 0;
    // To be called before `fd` is closed; after that `ready` is not called any more, whatever the loop had
    // already seen. A `ready` that forgets itself stays alive until it returns.
    virtual void forget(int fd) = 0;
};

} // namespace nitroscope::vsock
