// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/socket_host.hpp"

#include "qemu-machine/access/judge.hpp"
#include "qemu-machine/vsock/host/connect_end.hpp"

#include <algorithm>

namespace nitroscope::vsock {
namespace {

// Programs that have connected but not said what they want. More wait in the listener's queue.
constexpr size_t pendingLimit = 64;

} // namespace

bool SocketHost::start(HostOptions options, std::string &problem) {
    m_options = std::move(options);
    if (m_options.path.size() > hostPathLimit) {
        problem = "the path of the vsock socket is longer than " + std::to_string(hostPathLimit) + " bytes";
        return false;
    }
    bool fine = m_options.path.empty() ||
                (listenForPrograms(Kind::stream, problem) && listenForPrograms(Kind::seqpacket, problem));
    for (const auto &[port, route] : m_options.routes.published)
        fine = fine && publish(port, route.address, problem);
    if (!fine) {
        removePaths();
        m_programs.clear();
        m_published.clear();
    }
    return fine;
}

// In the opposite order to making them: the first may have made the folder.
void SocketHost::removePaths() {
    for (auto &[port, listener] : m_published)
        listener->removePath();
    for (auto listener = m_programs.rbegin(); listener != m_programs.rend(); ++listener)
        (*listener)->removePath();
}

bool SocketHost::listenForPrograms(Kind kind, std::string &problem) {
    const std::string path = m_options.path + (kind == Kind::seqpacket ? "_seqpacket" : "");
    auto listener = Listener::open(
        m_loop, m_guest.timers(), {HostAddress::Family::unixSocket, path, 0}, kind,
        [this, kind](WatchedFd fd) { welcome(std::move(fd), kind); }, problem);
    if (!listener)
        return false;
    m_programs.push_back(std::move(listener));
    return true;
}

bool SocketHost::publish(std::uint32_t port, const HostAddress &address, std::string &problem) {
    auto listener = Listener::open(
        m_loop, m_guest.timers(), address, Kind::stream,
        [this, port, text = address.text()](WatchedFd fd) {
            OpenRequest request;
            request.guestPort = port;
            request.peer = {peerPid(fd.get()), "listen:" + text};
            open(std::move(fd), request, {});
        },
        problem);
    if (!listener)
        return false;
    m_published[port] = std::move(listener);
    return true;
}

// ------------------------------------------------------------------------------------------ programs that
// connect

void SocketHost::welcome(WatchedFd fd, Kind kind) {
    m_pending.emplace_back(
        m_loop, std::move(fd), kind, m_guest.timers(),
        [this](PendingProgram &program, PendingProgram::Outcome outcome) { onHandshake(program, outcome); });
    if (m_pending.size() >= pendingLimit)
        for (const auto &listener : m_programs)
            listener->setAccepting(false);
}

void SocketHost::dismiss(const PendingProgram &program) {
    m_pending.remove_if([&program](const PendingProgram &one) { return &one == &program; });
    if (m_pending.size() < pendingLimit)
        for (const auto &listener : m_programs)
            listener->setAccepting(true);
}

void SocketHost::onHandshake(PendingProgram &program, PendingProgram::Outcome outcome) {
    switch (outcome) {
    case PendingProgram::Outcome::asked:
        serve(program);
        break;
    case PendingProgram::Outcome::malformed:
        m_log(std::string("a program connected to the vsock socket, but ") + program.parser().problem());
        break;
    case PendingProgram::Outcome::tooLate:
        m_log("a program connected to the vsock socket, but did not send CONNECT <port> within 5 s");
        break;
    case PendingProgram::Outcome::gone:
        break;
    }
    dismiss(program);
}

void SocketHost::serve(PendingProgram &program) {
    const Handshake wanted = program.parser().request();
    const std::uint64_t guestCid = m_guest.guestCid();
    const Kind kind = program.kind();
    WatchedFd fd = program.takeFd();
    if (wanted.cid == hypervisorCid) {
        const bool isConsole = kind == Kind::stream && wanted.port == consolePortBase + guestCid;
        if (!isConsole)
            m_log("CID 0 has only the console, on port " + std::to_string(consolePortBase + guestCid));
        else if (!m_options.console)
            m_log("the console is on CID 0 only when the enclave runs in debug mode");
        else {
            if (wanted.heldBytes)
                throwAway(fd.get(), *wanted.heldBytes);
            if (!m_console.add(std::move(fd),
                               wanted.heldBytes ? "" : "OK " + std::to_string(wanted.port) + "\n"))
                m_log("the console has too many readers");
        }
        return;
    }
    if (wanted.cid && *wanted.cid != guestCid) {
        m_log("a program asked for CID " + std::to_string(*wanted.cid) + ", but the enclave has CID " +
              std::to_string(guestCid));
        return;
    }
    OpenRequest request;
    request.kind = kind;
    request.sourcePort = wanted.sourcePort.value_or(0);
    request.guestPort = wanted.port;
    request.peer = {peerPid(fd.get()), "unix:" + m_options.path};
    open(std::move(fd), request, Greeting{!wanted.heldBytes, wanted.heldBytes.value_or(0)});
}

void SocketHost::open(WatchedFd fd, const OpenRequest &request, Greeting greeting) {
    auto end = std::make_unique<ProgramEnd>(std::move(fd), request.kind);
    ProgramEnd *program = end.get();
    const OpenAnswer answer = m_guest.open(request, std::move(end));
    if (answer.events == nullptr)
        return;
    try {
        program->begin(*answer.events, greeting.saysOk ? std::optional(answer.sourcePort) : std::nullopt,
                       greeting.heldBytes);
    } catch (const std::bad_alloc &) {
        answer.events->failed(Reason::outOfMemory); // the guest's side of it is there already
        throw;
    }
}

// ------------------------------------------------------------------------------------------ the guest
// connects

ConnectAnswer SocketHost::connect(const ConnectRequest &request, FlowEvents &events) {
    const std::uint32_t port = request.destination.port;
    if (const auto found = m_options.routes.outgoing.find(port); found != m_options.routes.outgoing.end())
        return follow(found->second, request, events);
    if (port == heartbeatPort && request.kind == Kind::stream && m_options.heartbeat != HeartbeatMode::off) {
        auto end = std::make_unique<HeartbeatEnd>(request.kind, events, m_guest.timers(), m_options.heartbeat,
                                                  m_options.heartbeatDelayNs);
        events.describe({-1, "heartbeat"});
        events.connected();
        return {std::move(end), Reason::none};
    }
    if (m_options.path.empty())
        return {nullptr, Reason::noRoute};
    const std::string path = m_options.path + '_' + std::to_string(port);
    if (access::judgeSocket(path.c_str()) == access::Finding::foreign && m_foreign.insert(port).second)
        m_log(path + " belongs to another user and is not connected to; use a path in a folder of your own");
    return UnixConnectEnd::start(m_loop, m_guest.timers(), path, UnixConnectEnd::Peer::trusted, request,
                                 events);
}

ConnectAnswer SocketHost::follow(const Route &route, const ConnectRequest &request, FlowEvents &events) {
    switch (route.kind) {
    case Route::Kind::echo: {
        auto end = std::make_unique<EchoEnd>(request.kind, events);
        events.describe({-1, "echo"});
        events.connected();
        return {std::move(end), Reason::none};
    }
    case Route::Kind::connect:
        if (route.address.family == HostAddress::Family::tcp)
            return TcpConnectEnd::start(m_loop, route.address, request, events);
        return UnixConnectEnd::start(m_loop, m_guest.timers(), route.address.name,
                                     UnixConnectEnd::Peer::anybody, request, events);
    case Route::Kind::refuse:
    case Route::Kind::listen:
        break;
    }
    return {nullptr, Reason::refusedByRoute};
}

// ------------------------------------------------------------------------------------------ routes

bool SocketHost::addRoute(std::uint32_t port, const Route &route, std::string &problem) {
    if (route.kind == Route::Kind::listen) {
        const auto old = m_options.routes.published.find(port);
        if (old != m_options.routes.published.end() && old->second == route)
            return true;
        if (!publish(port, route.address, problem))
            return false;
    }
    m_options.routes.of(route.kind)[port] = route;
    return true;
}

bool SocketHost::removeRoute(std::uint32_t port, Route::Kind kind) {
    if (kind == Route::Kind::listen)
        m_published.erase(port);
    return m_options.routes.of(kind).erase(port) > 0;
}

} // namespace nitroscope::vsock
