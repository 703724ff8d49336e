// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of hosts to addresses. getaddrinfo() may ask servers and wait for them, so a name is looked up on a
// thread of its own, which reports through a descriptor; numbers need no thread.
#pragma once

#include "qemu-machine/vsock/sockets/socket.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nitroscope::vsock {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

// Empty when `host` is not an IPv4 or IPv6 address in digits.
std::vector<SocketAddress> resolveNumeric(const std::string &host, std::uint16_t port);

// One look-up. Destroying it forgets the answer; the thread ends by itself.
class Resolver {
public:
    using Answer = std::function<void(std::vector<SocketAddress>)>; // empty: no such host

    // Null when there are too many look-ups at the same time or no thread can be had. `answer` is called from
    // the loop, not from here.
    static std::unique_ptr<Resolver> start(FdLoop &loop, const std::string &host, std::uint16_t port,
                                           Answer answer);

private:
    struct Job;
    WatchedFd m_done; // readable when the job is finished
    std::shared_ptr<Job> m_job;
};

} // namespace nitroscope::vsock
