// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/progress.hpp"

#include "qemu-machine/vsock/preload/carrying.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr int retryMs = 5; // a full queue
constexpr int lookMs = 20; // so often the thread looks for new ones
constexpr size_t stackBytes = 128 << 10;

// The process whose thread looks after connections; 0: nobody does. A child has none of its parent's threads.
std::atomic<pid_t> caretaker{0};

bool isSameSocket(const Slot &slot, const Slot &other) {
    return slot.inode.load() == other.inode.load();
}

// The end of a connection that did not come to anything, for all duplicates. The socket must become writable and
// readable, with no far end that could do it: let what fills it be less than it may hold, and hang up. In this order: who
// is woken by the end looks whether it can write.
void giveUp(int fd, Slot &slot, int error) {
    const int held = NITROSCOPE_REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 0);
    for (int other = 0; other <= highest(); ++other) {
        Slot &one = slotAt(other);
        State expected = State::connecting;
        if (isSameSocket(one, slot) && one.state.compare_exchange_strong(expected, State::spent))
            one.error = error;
    }
    if (const int farEnd = slot.takeFarEnd(); farEnd >= 0)
        NITROSCOPE_REAL(close)(farEnd);
    if (held < 0)
        return;
    int size = 0;
    socklen_t length = sizeof size;
    NITROSCOPE_REAL(getsockopt)(held, SOL_SOCKET, SO_SNDBUF, &size, &length);
    NITROSCOPE_REAL(setsockopt)(held, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); // the kernel doubles it
    NITROSCOPE_REAL(shutdown)(held, SHUT_RDWR);
    NITROSCOPE_REAL(close)(held);
}

// One look at all of them. How long to wait for the next, or -1 when there are none.
int lookAtAll() {
    int wait = -1;
    for (int fd = 0; fd <= highest(); ++fd) {
        if (slotAt(fd).state.load() != State::connecting)
            continue;
        Slot *slot = find(fd);
        if (slot == nullptr)
            continue;
        deliver(fd, *slot);
        settle(fd, *slot);
        if (slot->state.load() == State::connecting)
            wait = slot->farEnd.load() != 0 || wait == retryMs ? retryMs : lookMs;
    }
    return wait;
}

void *takeCare(void *) {
    for (;;) {
        const int wait = lookAtAll();
        if (wait >= 0) {
            NITROSCOPE_REAL(poll)(nullptr, 0, wait);
            continue;
        }
        caretaker = 0;
        pid_t nobody = 0;
        // One may have come since, and its program saw us.
        if (lookAtAll() < 0 || !caretaker.compare_exchange_strong(nobody, getpid()))
            return nullptr;
    }
}

// Far ends are the parent's to deliver; a copy of one would keep the socket from hearing of its end.
void inChild() {
    for (int fd = 0; fd <= highest(); ++fd)
        if (const int farEnd = slotAt(fd).takeFarEnd(); farEnd >= 0)
            NITROSCOPE_REAL(close)(farEnd);
}

} // namespace

int64_t nowMs() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void settle(int fd, Slot &slot) {
    if (slot.state.load() != State::connecting)
        return;
    const int before = errno;
    pollfd end{fd, POLLOUT, 0};
    if (NITROSCOPE_REAL(poll)(&end, 1, 0) > 0) {
        // A refusal leaves the filling unread, which is an error; a connection that is over already does not.
        State expected = State::connecting;
        slot.state.compare_exchange_strong(expected,
                                           (end.revents & POLLERR) != 0 ? State::refused : State::connected);
    } else if (nowMs() >= slot.deadlineMs.load()) {
        giveUp(fd, slot, ETIMEDOUT);
    }
    errno = before;
}

int awaitEnd(int fd, Slot &slot) {
    while (slot.state.load() == State::connecting) {
        const int64_t left = slot.deadlineMs.load() - nowMs();
        const int64_t most = slot.farEnd.load() != 0 ? retryMs : left;
        const int wait = static_cast<int>(left < 0 ? 0 : left < most ? left : most);
        pollfd end{fd, POLLOUT, 0};
        if (NITROSCOPE_REAL(poll)(&end, 1, wait) < 0 && errno == EINTR) {
            giveUp(fd, slot, 0);
            return EINTR;
        }
        deliver(fd, slot);
        settle(fd, slot);
    }
    if (slot.state.load() == State::connected)
        return 0;
    const bool isRefused = slot.state.load() == State::refused;
    const int error = takeError(fd, slot);
    slot.state = State::spent;
    if (!isRefused)
        return error != 0 ? error : ETIMEDOUT;
    slot.error = ECONNRESET; // the kernel keeps it, too
    return ECONNRESET;
}

void lookAfter() {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, [] { pthread_atfork(nullptr, nullptr, inChild); });
    const pid_t process = getpid();
    if (caretaker.exchange(process) == process)
        return;
    // The signals are the business of the program's own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stackBytes);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, takeCare, nullptr) != 0)
        caretaker = 0; // who asks finds out all the same
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int takeError(int fd, Slot &slot) {
    int error = 0;
    socklen_t length = sizeof error;
    if (NITROSCOPE_REAL(getsockopt)(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = 0;
    // The other end has closed a connection with something unread: AF_VSOCK has no error for that.
    if (error == ECONNRESET && slot.state.load() == State::connected)
        error = 0;
    const int own = slot.error.exchange(0);
    return own != 0 ? own : error;
}

} // namespace nitroscope::preload
