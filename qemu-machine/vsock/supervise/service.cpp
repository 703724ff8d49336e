// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/supervise/service.hpp"

#include "qemu-machine/vsock/preload/connecting.hpp"
#include "qemu-machine/vsock/preload/listening.hpp"
#include "qemu-machine/vsock/preload/options.hpp"
#include "qemu-machine/vsock/preload/recognising.hpp"
#include "qemu-machine/vsock/preload/requests.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <thread>

namespace nitroscope::supervise {
namespace {

using preload::Slot;
using preload::State;

constexpr int maxThreads = 512;
constexpr int lookMs = 20; // how often an end that nobody tells us of is looked for
constexpr int lastLoansMs = 2000;
constexpr socklen_t maxOption = 64;
constexpr size_t maxUnheard = 256; // connections and results that a signal kept from a program

// As a call's result: the library returns -1 and sets errno.
int resultOf(int returned) {
    return returned < 0 ? -errno : returned;
}

bool isNonBlocking(int fd) {
    return (fcntl(fd, F_GETFL, 0) & O_NONBLOCK) != 0;
}

bool isUnixSocket(int fd) {
    int domain = 0;
    socklen_t length = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

// The address that bind() or connect() was given, as far as a vsock address is long.
struct GivenAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    bool isVsock() const { return length >= sizeof(sa_family_t) && storage.ss_family == AF_VSOCK; }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }

    explicit GivenAddress(const WaitingCall &call) {
        const auto given = static_cast<socklen_t>(call.integer(2));
        const socklen_t size = given < sizeof(sockaddr_vm) ? given : sizeof(sockaddr_vm);
        if (static_cast<int>(given) > 0 && call.program().read(call.address(1), &storage, size))
            length = given;
    }
};

// Answers into the program's memory: the value as long as the program has room, then its length.
int writeSized(const WaitingCall &call, int valueAt, const void *value, socklen_t room, socklen_t length) {
    const Program &program = call.program();
    const socklen_t size = room < length ? room : length;
    const bool isWritten = program.write(call.address(valueAt), value, size) &&
                           program.write(call.address(valueAt + 1), &length, sizeof length);
    return isWritten ? 0 : -EFAULT;
}

} // namespace

// ------------------------------------------------------------------------------------------------ the loop

void Service::run(int program, const std::function<void()> &ended) {
    // What has ended is left out: poll() takes no notice of negative descriptors.
    pollfd waited[2] = {{m_listener.get(), POLLIN, 0}, {program, POLLIN, 0}};
    while (waited[0].fd >= 0 || waited[1].fd >= 0) {
        bool isIdle = true;
        {
            const std::lock_guard lock(m_mutex);
            isIdle = m_underway.empty();
        }
        if (poll(waited, 2, isIdle ? -1 : lookMs) < 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        if ((waited[0].revents & POLLIN) != 0)
            (void)receive();
        else if ((waited[0].revents & (POLLHUP | POLLERR)) != 0)
            waited[0].fd = -1;
        if (waited[1].revents != 0) {
            waited[1].fd = -1;
            ended();
        }
        lookAtUnderway();
    }
    // A thread that has just answered may still have a listener on loan, whose path would look as if somebody held it; and a
    // program lets go of its filter, which is what ends the loop, before its sockets (Linux 6.11).
    for (int waitedMs = 0; (m_threads.load() > 0 || m_known.isAnyOpen()) && waitedMs < lastLoansMs;
         waitedMs += lookMs)
        std::this_thread::sleep_for(std::chrono::milliseconds(lookMs));
    m_known.removePaths();
}

// The kernel says how large its records are; ours may be smaller.
bool Service::receive() {
    seccomp_notif_sizes sizes{};
    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
        return false;
    std::vector<std::uint64_t> room((std::max<size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)) + 7) /
                                    sizeof(std::uint64_t));
    auto *notification = reinterpret_cast<seccomp_notif *>(room.data());
    if (ioctl(m_listener.get(), SECCOMP_IOCTL_NOTIF_RECV, notification) != 0)
        return false; // the program has gone in the meantime
    serve(WaitingCall(m_listener.get(), *notification));
    return true;
}

void Service::lookAtUnderway() {
    std::vector<Loan> done;
    {
        const std::lock_guard lock(m_mutex);
        for (size_t i = 0; i < m_underway.size();) {
            if (m_underway[i].slot->state.load() == State::connecting) {
                ++i;
                continue;
            }
            done.push_back(std::move(m_underway[i]));
            m_underway.erase(m_underway.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    for (Loan &loan : done)
        giveBack(loan);
}

// ------------------------------------------------------------------------------------------------ loans

Service::Loan Service::lend(const WaitingCall &call) {
    Loan loan{call.program().borrow(call.integer(0))};
    if (!loan.socket && (errno == EPERM || errno == ENOSYS))
        preload::warn(
            "a socket of the program cannot be reached (pidfd_getfd: %s): the system forbids it, or the "
            "program may not be looked into.",
            std::strerror(errno));
    // The number of the program may have been another's by the time that we looked.
    if (!loan.socket || !call.isAlive() || !isUnixSocket(loan.socket.get()))
        return {};
    Slot *slot = preload::enter(loan.socket.get(), State::open, 0);
    if (slot != nullptr && !m_known.recall(*slot)) {
        slot->state = State::none;
        slot = preload::ours(loan.socket.get()); // from the names of its ends, perhaps
    }
    if (slot != nullptr) {
        const std::lock_guard lock(m_mutex);
        for (const Loan &other : m_underway)
            if (other.slot->inode.load() == slot->inode.load())
                slot->copyFrom(*other.slot);
    }
    loan.slot = slot;
    return loan;
}

void Service::giveBack(Loan &loan) {
    if (loan.slot == nullptr)
        return;
    preload::shareState(*loan.slot);
    m_known.remember(*loan.slot);
    (void)preload::leave(loan.socket.get()); // its path stays: the program has the socket
    loan.slot = nullptr;
    loan.socket = {};
}

void Service::inThread(const WaitingCall &call, Loan loan, void (Service::*work)(const WaitingCall &, Loan)) {
    if (m_threads.fetch_add(1) >= maxThreads) {
        --m_threads;
        giveBack(loan);
        (void)call.finish(-ENOBUFS);
        return;
    }
    std::thread([this, call, work, held = std::make_shared<Loan>(std::move(loan))] {
        (this->*work)(call, std::move(*held));
        --m_threads;
    }).detach();
}

// ------------------------------------------------------------------------------------------------ calls

void Service::serve(const WaitingCall &call) {
    switch (call.number()) {
    case __NR_socket:
        return serveSocket(call);
    case __NR_ioctl: {
        // /dev/vsock's; other files have no request of this number that is known.
        const unsigned cid = preload::parentCid;
        const bool isWritten = call.program().write(call.address(2), &cid, sizeof cid);
        (void)call.finish(isWritten ? 0 : -EFAULT);
        return;
    }
    case __NR_bind:
    case __NR_connect:
        if (!GivenAddress(call).isVsock()) {
            (void)call.proceed();
            return;
        }
        break;
    default:
        break;
    }
    serveRequest(call);
}

void Service::serveSocket(const WaitingCall &call) {
    const int type = call.integer(1);
    Loan fresh{Descriptor(preload::openSocket(type | SOCK_CLOEXEC, call.integer(2)))};
    if (!fresh.socket) {
        (void)call.finish(-errno);
        return;
    }
    fresh.slot = preload::find(fresh.socket.get());
    m_known.remember(*fresh.slot);
    (void)call.give(fresh.socket.get(), (type & SOCK_CLOEXEC) != 0);
    giveBack(fresh);
}

void Service::serveRequest(const WaitingCall &call) {
    Loan loan = lend(call);
    if (!loan) {
        (void)call.proceed();
        return;
    }
    const bool waits = !isNonBlocking(loan.socket.get());
    if (call.number() == __NR_connect)
        return waits ? inThread(call, std::move(loan), &Service::connect) : connect(call, std::move(loan));
    bool isAccept = call.number() == __NR_accept4;
#ifdef __NR_accept
    isAccept = isAccept || call.number() == __NR_accept;
#endif
    if (isAccept)
        return waits ? inThread(call, std::move(loan), &Service::accept) : accept(call, std::move(loan));
    constexpr int isKernels = 1; // no call that is answered here returns this
    const int result = answerRequest(call, loan);
    giveBack(loan);
    (void)(result == isKernels ? call.proceed() : call.finish(result));
}

// What the call returns; 1: the Unix socket's own answer is the right one.
int Service::answerRequest(const WaitingCall &call, Loan &loan) {
    switch (call.number()) {
    case __NR_bind: {
        const GivenAddress given(call);
        sockaddr_vm wanted;
        return resultOf(preload::takeAddress(given.get(), given.length, wanted)
                            ? preload::bindSocket(loan.socket.get(), *loan.slot, wanted)
                            : -1);
    }
    case __NR_listen:
        return resultOf(preload::listenAt(loan.socket.get(), *loan.slot, call.integer(1)));
    case __NR_getsockname:
    case __NR_getpeername:
        return answerNamed(call, loan);
    default:
        return answerOption(call, loan);
    }
}

int Service::answerNamed(const WaitingCall &call, Loan &loan) {
    sockaddr_storage name{};
    socklen_t room = 0, length = sizeof name;
    if (!call.program().read(call.address(2), &room, sizeof room))
        return -EFAULT;
    if (static_cast<int>(room) < 0)
        return -EINVAL;
    auto *address = reinterpret_cast<sockaddr *>(&name);
    const int result = call.number() == __NR_getsockname
                           ? preload::giveOwnName(*loan.slot, address, &length)
                           : preload::givePeerName(loan.socket.get(), *loan.slot, address, &length);
    return result == 0 ? writeSized(call, 1, &name, room, length) : -errno;
}

int Service::answerOption(const WaitingCall &call, Loan &loan) {
    const int level = call.integer(1), name = call.integer(2);
    char value[maxOption] = {};
    int result = 0;
    if (call.number() == __NR_setsockopt) {
        const auto given = static_cast<socklen_t>(call.integer(4));
        const socklen_t length = given < maxOption ? given : maxOption;
        const bool isRead = call.address(3) != 0 && call.program().read(call.address(3), value, length);
        const auto answer =
            preload::setOption(*loan.slot, level, name, isRead ? value : nullptr, length, result);
        return answer == preload::Answer::ours ? resultOf(result) : 1;
    }
    socklen_t room = 0;
    if (!call.program().read(call.address(4), &room, sizeof room))
        return -EFAULT;
    socklen_t length = room < maxOption ? room : maxOption;
    const auto answer =
        preload::getOption(loan.socket.get(), *loan.slot, level, name, value, &length, result);
    if (answer == preload::Answer::kernels)
        return 1;
    return result == 0 ? writeSized(call, 3, value, length, length) : -errno;
}

// ------------------------------------------------------------------------------------------------ connect

void Service::connect(const WaitingCall &call, Loan loan) {
    const std::uint64_t inode = loan.slot->inode.load();
    {
        // A signal came between the answer and the program, and the call is made again.
        std::unique_lock lock(m_mutex);
        if (const auto unheard = m_unheardResults.find(inode); unheard != m_unheardResults.end()) {
            const int result = unheard->second;
            m_unheardResults.erase(unheard);
            lock.unlock();
            giveBack(loan);
            (void)call.finish(result);
            return;
        }
    }
    const GivenAddress given(call);
    sockaddr_vm target;
    const int result = resultOf(preload::takeAddress(given.get(), given.length, target)
                                    ? preload::connectSocket(loan.socket.get(), *loan.slot, target)
                                    : -1);
    // A Unix socket connects once; for a second try the library has made another.
    if (loan.slot->inode.load() != inode)
        (void)call.replace(call.integer(0), loan.socket.get(), call.program().closesOnExec(call.integer(0)));
    const std::uint64_t connected = loan.slot->inode.load();
    if (loan.slot->state.load() == State::connecting) {
        m_known.remember(*loan.slot);
        const std::lock_guard lock(m_mutex);
        m_underway.push_back(std::move(loan));
    } else {
        giveBack(loan);
    }
    if (!call.finish(result) && (result == 0 || result == -EINPROGRESS)) {
        const std::lock_guard lock(m_mutex);
        if (m_unheardResults.size() == maxUnheard)
            m_unheardResults.clear();
        m_unheardResults[connected] = result;
    }
}

// ------------------------------------------------------------------------------------------------ accept

void Service::accept(const WaitingCall &call, Loan loan) {
    const int flags = call.number() == __NR_accept4 ? call.integer(3) : 0;
    const bool waits = !isNonBlocking(loan.socket.get());
    timeval limit{};
    socklen_t length = sizeof limit;
    getsockopt(loan.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, &length);
    std::int64_t leftMs = std::int64_t{limit.tv_sec} * 1000 + limit.tv_usec / 1000;
    const bool isLimited = leftMs > 0;
    while (call.isAlive() && !acceptOnce(call, loan, flags)) {
        if (!waits || (isLimited && (leftMs -= lookMs) <= 0)) {
            (void)call.finish(-EAGAIN);
            break;
        }
        pollfd listener{loan.socket.get(), POLLIN, 0};
        poll(&listener, 1, lookMs);
    }
    giveBack(loan);
}

// False when there is nobody to accept. Under a lock, so that no two threads wait for one connection.
bool Service::acceptOnce(const WaitingCall &call, Loan &loan, int flags) {
    const std::lock_guard accepting(m_acceptMutex);
    {
        std::unique_lock lock(m_mutex);
        for (auto one = m_unheard.begin(); one != m_unheard.end(); ++one) {
            if (one->listener != loan.slot->inode.load())
                continue;
            Accepted waiting = std::move(*one);
            m_unheard.erase(one);
            lock.unlock();
            deliver(call, std::move(waiting), flags);
            return true;
        }
    }
    pollfd listener{loan.socket.get(), POLLIN, 0};
    const bool isListening = loan.slot->state.load() == State::listening;
    if (isListening && poll(&listener, 1, 0) == 0)
        return false;
    Accepted accepted{loan.slot->inode.load(), {}, {}, sizeof(sockaddr_storage)};
    accepted.connection = Descriptor(
        preload::acceptSocket(loan.socket.get(), *loan.slot, reinterpret_cast<sockaddr *>(&accepted.address),
                              &accepted.length, (flags & SOCK_NONBLOCK) | SOCK_CLOEXEC));
    if (!accepted.connection) {
        (void)call.finish(-errno);
        return true;
    }
    if (Slot *slot = preload::find(accepted.connection.get()); slot != nullptr) {
        m_known.remember(*slot);
        (void)preload::leave(accepted.connection.get());
    }
    deliver(call, std::move(accepted), flags);
    return true;
}

void Service::deliver(const WaitingCall &call, Accepted accepted, int flags) {
    socklen_t room = 0;
    if (call.address(1) != 0) {
        const bool isWritten = call.program().read(call.address(2), &room, sizeof room) &&
                               writeSized(call, 1, &accepted.address, room, accepted.length) == 0;
        if (!isWritten) {
            (void)call.finish(-EFAULT);
            return;
        }
    }
    if (!call.give(accepted.connection.get(), (flags & SOCK_CLOEXEC) != 0)) {
        const std::lock_guard lock(m_mutex);
        if (m_unheard.size() == maxUnheard)
            m_unheard.pop_front(); // of a program that never asked again
        m_unheard.push_back(std::move(accepted));
    }
}

} // namespace nitroscope::supervise
