// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/polling.hpp"

#include "qemu-machine/vsock/preload/table.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/ioctl.h>

namespace nitroscope::preload {
namespace {

constexpr short readable = POLLIN | POLLRDNORM;
// A Unix socket that is readable cannot be waited for to become more so.
constexpr int64_t lookAgainNs = 5'000'000;
constexpr int64_t second = 1'000'000'000;

std::atomic<bool> anyLowWater{false};

int64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

uint32_t markOf(int fd) {
    const Slot *slot = fd >= 0 ? find(fd) : nullptr;
    return slot != nullptr && slot->type.load() == SOCK_STREAM && slot->state.load() != State::listening
               ? slot->lowWater.load()
               : 0;
}

// Less is there than the mark says, and more may come.
bool isBelowMark(int fd) {
    const uint32_t mark = markOf(fd);
    int there = 0;
    if (mark <= 1 || NITROSCOPE_REAL(ioctl)(fd, FIONREAD, &there) != 0 ||
        static_cast<uint32_t>(there) >= mark)
        return false;
    pollfd end{fd, POLLRDHUP, 0};
    return NITROSCOPE_REAL(poll)(&end, 1, 0) == 0;
}

// How many remain ready when those below their mark are not.
int judge(pollfd *fds, nfds_t count) {
    int ready = 0;
    for (nfds_t i = 0; i < count; ++i) {
        if ((fds[i].revents & readable) != 0 && isBelowMark(fds[i].fd))
            fds[i].revents = static_cast<short>(fds[i].revents & ~readable);
        ready += fds[i].revents != 0;
    }
    return ready;
}

// poll() leaves negative descriptors out; a second call brings them back.
void turnAround(pollfd *fds, nfds_t count) {
    for (nfds_t i = 0; i < count; ++i)
        if ((fds[i].events & readable) != 0 && markOf(fds[i].fd < 0 ? ~fds[i].fd : fds[i].fd) > 1)
            fds[i].fd = ~fds[i].fd;
}

} // namespace

void haveLowWater() {
    anyLowWater.store(true);
}

bool needsLowWater(pollfd *fds, nfds_t count) {
    if (!anyLowWater.load(std::memory_order_relaxed))
        return false;
    for (nfds_t i = 0; i < count; ++i)
        if ((fds[i].events & readable) != 0 && markOf(fds[i].fd) > 1)
            return true;
    return false;
}

int pollLowWater(pollfd *fds, nfds_t count, const timespec *timeout, const sigset_t *mask) {
    const int64_t end = timeout != nullptr ? now() + timeout->tv_sec * second + timeout->tv_nsec : INT64_MAX;
    for (;;) {
        const timespec none{0, 0};
        int result = NITROSCOPE_REAL(ppoll)(fds, count, &none, mask);
        if (result > 0)
            result = judge(fds, count);
        const int64_t left = end == INT64_MAX ? INT64_MAX : end - now();
        if (result != 0 || left <= 0)
            return result;
        // What is below its mark would wake us at once, so it is left out of the waiting.
        const timespec part{0, static_cast<long>(left < lookAgainNs ? left : lookAgainNs)};
        turnAround(fds, count);
        result = NITROSCOPE_REAL(ppoll)(fds, count, &part, mask);
        const int error = errno;
        turnAround(fds, count);
        errno = error;
        if (result < 0)
            return result;
    }
}

} // namespace nitroscope::preload
