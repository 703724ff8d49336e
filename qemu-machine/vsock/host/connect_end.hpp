// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ends of flows that the guest opens: a socket on its way to a Unix path or a TCP address.
#pragma once

#include "qemu-machine/vsock/host/socket_end.hpp"
#include "qemu-machine/vsock/sockets/resolver.hpp"

#include <memory>
#include <string>
#include <vector>

namespace nitroscope::vsock {

// A Unix socket answers at once, except that a listener whose queue is full says EAGAIN and has no way to
// tell when it is worth another try; so there is a timer.
class UnixConnectEnd : public SocketEnd {
public:
    // Whose socket it may be: with a route the user has named it, while PATH_<port> is whoever was there first.
    enum class Peer { anybody, trusted };

    // The answer has no end when it is known at once that nobody is there, or somebody who is not trusted.
    static ConnectAnswer start(FdLoop &loop, Timers &timers, const std::string &path, Peer peer,
                               const ConnectRequest &request, FlowEvents &events);
    ~UnixConnectEnd() override { m_timers.cancel(m_retry); }

    void close(Close how, Reason reason) override;

private:
    explicit UnixConnectEnd(Timers &timers) : m_timers(timers) {}
    Reason tryOnce(); // none: connected, or will be tried again
    Reason refuse(const char *why);

    Timers &m_timers;
    std::string m_path;
    Peer m_peer = Peer::trusted;
    TimerId m_retry = 0;
};

// Looks the name up, then tries its addresses one after the other.
class TcpConnectEnd : public SocketEnd {
public:
    static ConnectAnswer start(FdLoop &loop, const HostAddress &address, const ConnectRequest &request,
                               FlowEvents &events);

    void close(Close how, Reason reason) override;

private:
    explicit TcpConnectEnd(FdLoop &loop) : m_loop(loop) {}
    void tryNext(Reason lastFailure);
    void onConnected();

    FdLoop &m_loop;
    std::unique_ptr<Resolver> m_resolver;
    std::vector<SocketAddress> m_addresses; // still to be tried, the next one last
    HostAddress m_address;
};

} // namespace nitroscope::vsock
