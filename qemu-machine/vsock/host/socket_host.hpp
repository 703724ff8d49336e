// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host side of the vsock device as real sockets. Ways in and out, PATH being the user's:
//
//   PATH              a program connects, says CONNECT <port>\n, and talks to the enclave (handshake.hpp)
//   PATH_seqpacket    the same for seqpacket sockets
//   PATH_<port>       a program listens; the enclave reaches it by connecting to CID 3 (or 2), that port
//   routes            per port, see route.hpp; they come before PATH_<port>
//   CID 3, port 9000  the heartbeat, answered by the device itself unless a route says otherwise
//   CID 0, port 10000 + enclave CID   the console, for programs, in debug mode
#pragma once

#include "qemu-machine/vsock/host/console_service.hpp"
#include "qemu-machine/vsock/host/listener.hpp"
#include "qemu-machine/vsock/host/program_end.hpp"
#include "qemu-machine/vsock/host/route.hpp"
#include "qemu-machine/vsock/host/services.hpp"

#include <list>
#include <map>
#include <set>

namespace nitroscope::vsock {

struct HostOptions {
    std::string path; // empty: no sockets of this name; routes work all the same
    RouteTable routes;
    HeartbeatMode heartbeat = HeartbeatMode::on;
    std::int64_t heartbeatDelayNs = 10'000 * nanosecondsPerMillisecond; // of HeartbeatMode::delay
    bool console = false; // serve the console: the enclave is in debug mode
};

// Longest PATH: "_seqpacket" and the largest "_<port>" have 11 bytes at most.
constexpr size_t hostPathLimit = unixPathLimit - 11;

class SocketHost : public HostSide {
public:
    using Log = std::function<void(const std::string &)>; // one sentence for the user

    SocketHost(FdLoop &loop, GuestSide &guest, Log log)
        : m_loop(loop), m_guest(guest), m_log(std::move(log)) {}

    // Opens the listening sockets. False and a sentence in `problem` when one cannot be had; then nothing is
    // open.
    bool start(HostOptions options, std::string &problem);

    ~SocketHost() override { removePaths(); }
    SocketHost(const SocketHost &) = delete;
    SocketHost &operator=(const SocketHost &) = delete;

    // The process is about to end: takes the sockets' names away. The sockets themselves end with it.
    void removePaths();

    ConnectAnswer connect(const ConnectRequest &request, FlowEvents &events) override;

    // A route in place of the one that this port had. Connections that exist stay.
    bool addRoute(std::uint32_t port, const Route &route, std::string &problem);
    // False when there is none. `kind` says which of a port's two routes is meant: listen, or any other.
    bool removeRoute(std::uint32_t port, Route::Kind kind);
    const RouteTable &routes() const { return m_options.routes; }
    void setHeartbeat(HeartbeatMode mode) { m_options.heartbeat = mode; }
    HeartbeatMode heartbeat() const { return m_options.heartbeat; }

    // What the guest wrote to its console.
    void consoleOutput(std::string_view bytes) { m_console.output(bytes); }

private:
    bool listenForPrograms(Kind kind, std::string &problem);
    bool publish(std::uint32_t port, const HostAddress &address, std::string &problem);
    void welcome(WatchedFd fd, Kind kind);
    void dismiss(const PendingProgram &program);
    void onHandshake(PendingProgram &program, PendingProgram::Outcome outcome);
    void serve(PendingProgram &program);
    struct Greeting { // how a program learns that the guest has accepted
        bool saysOk = false;
        std::uint32_t heldBytes = 0;
    };
    void open(WatchedFd fd, const OpenRequest &request, Greeting greeting);
    ConnectAnswer follow(const Route &route, const ConnectRequest &request, FlowEvents &events);

    FdLoop &m_loop;
    GuestSide &m_guest;
    Log m_log;
    HostOptions m_options;
    std::vector<std::unique_ptr<Listener>> m_programs;              // PATH and PATH_seqpacket
    std::map<std::uint32_t, std::unique_ptr<Listener>> m_published; // by guest port
    std::list<PendingProgram> m_pending;
    ConsoleService m_console;
    std::set<std::uint32_t> m_foreign; // ports at which another user was there first: said once
};

} // namespace nitroscope::vsock
