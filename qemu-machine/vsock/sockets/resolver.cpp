// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/sockets/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace nitroscope::vsock {
namespace {

// A guest can cause look-ups as fast as it likes.
constexpr int lookupLimit = 16;
std::atomic<int> lookups = 0;

std::vector<SocketAddress> lookUp(const std::string &host, std::uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *list = nullptr;
    std::vector<SocketAddress> found;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0)
        return found;
    for (const addrinfo *entry = list; entry != nullptr; entry = entry->ai_next) {
        SocketAddress address;
        address.length = std::min<socklen_t>(entry->ai_addrlen, sizeof address.storage);
        std::memcpy(&address.storage, entry->ai_addr, address.length);
        found.push_back(address);
    }
    freeaddrinfo(list);
    return found;
}

} // namespace

// Shared by both threads; the writing end is the worker's alone, and closing it makes the other end readable.
struct Resolver::Job {
    std::string host;
    std::uint16_t port;
    int report = -1;
    std::vector<SocketAddress> found; // the worker's until it has closed `report`
};

std::vector<SocketAddress> resolveNumeric(const std::string &host, std::uint16_t port) {
    return lookUp(host, port, AI_NUMERICHOST);
}

std::unique_ptr<Resolver> Resolver::start(FdLoop &loop, const std::string &host, std::uint16_t port,
                                          Answer answer) {
    int ends[2];
    if (lookups.load() >= lookupLimit || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return nullptr;
    std::unique_ptr<Resolver> resolver(new Resolver);
    resolver->m_done = WatchedFd(loop, ends[0]);
    resolver->m_job = std::make_shared<Job>(Job{host, port, ends[1], {}});
    // The signals of this process are the business of its other threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    ++lookups;
    try {
        std::thread([job = resolver->m_job] {
            job->found = lookUp(job->host, job->port, 0);
            --lookups;
            ::close(job->report);
        }).detach();
    } catch (const std::system_error &) {
        started = false;
        --lookups;
        ::close(ends[1]);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!started)
        return nullptr;
    resolver->m_done.watch(
        [job = resolver->m_job, done = &resolver->m_done, answer = std::move(answer)](Readiness) {
            done->setInterest({});
            answer(std::move(job->found)); // may end the resolver
        });
    resolver->m_done.setInterest({true, false});
    return resolver;
}

} // namespace nitroscope::vsock
