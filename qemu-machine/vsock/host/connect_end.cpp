// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/connect_end.hpp"

#include "qemu-machine/access/judge.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace nitroscope::vsock {
namespace {

Reason reasonOf(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return Reason::noRoute;
    case ECONNREFUSED:
        return Reason::noListener;
    case EPROTOTYPE:
        return Reason::kindMismatch;
    case ETIMEDOUT:
        return Reason::connectTimeout;
    default:
        return Reason::hostError;
    }
}

} // namespace

ConnectAnswer UnixConnectEnd::start(FdLoop &loop, Timers &timers, const std::string &path, Peer peer,
                                    const ConnectRequest &request, FlowEvents &events) {
    std::unique_ptr<UnixConnectEnd> end(new UnixConnectEnd(timers));
    WatchedFd fd(loop, makeUnixSocket(request.kind));
    if (!fd)
        return {nullptr, Reason::hostError};
    // Only information for the peer: a name that is taken does not keep us from connecting.
    const UnixName name = UnixName::abstract(callerName(request.guest, request.flow));
    (void)bind(fd.get(), name.get(), name.length);
    end->adopt(std::move(fd), request.kind);
    end->m_path = path;
    end->m_peer = peer;
    end->attach(events);
    if (const Reason reason = end->tryOnce(); reason != Reason::none)
        return {nullptr, reason};
    return {std::move(end), Reason::none};
}

Reason UnixConnectEnd::tryOnce() {
    m_retry = 0;
    const UnixName name = UnixName::path(m_path);
    if (m_peer == Peer::trusted)
        if (const auto finding = access::judgeSocket(m_path.c_str());
            finding != access::Finding::fine && finding != access::Finding::absent)
            return refuse(access::words(finding));
    if (::connect(m_fd.get(), name.get(), name.length) == 0) {
        if (m_peer == Peer::trusted && !access::isPeerTrusted(m_fd.get()))
            return refuse(access::words(access::Finding::foreign));
        m_events->describe({peerPid(m_fd.get()), "unix:" + m_path});
        m_events->connected();
        return Reason::none;
    }
    if (errno != EAGAIN && errno != EINTR)
        return reasonOf(errno);
    m_retry = m_timers.start(ConnectTimes::retry, [this] {
        if (const Reason reason = tryOnce(); reason != Reason::none)
            m_events->failed(reason);
    });
    return Reason::none;
}

Reason UnixConnectEnd::refuse(const char *why) {
    m_events->describe({-1, "unix:" + m_path + ", which " + why});
    return Reason::hostError;
}

void UnixConnectEnd::close(Close how, Reason reason) {
    m_timers.cancel(m_retry);
    m_retry = 0;
    SocketEnd::close(how, reason);
}

ConnectAnswer TcpConnectEnd::start(FdLoop &loop, const HostAddress &address, const ConnectRequest &request,
                                   FlowEvents &events) {
    if (request.kind != Kind::stream)
        return {nullptr, Reason::kindMismatch};
    std::unique_ptr<TcpConnectEnd> end(new TcpConnectEnd(loop));
    end->m_address = address;
    end->m_events = &events;
    events.describe({-1, address.text()});
    end->m_addresses = resolveNumeric(address.name, address.port);
    if (!end->m_addresses.empty()) {
        end->tryNext(Reason::hostError);
        return {std::move(end), Reason::none};
    }
    end->m_resolver = Resolver::start(loop, address.name, address.port,
                                      [self = end.get()](std::vector<SocketAddress> found) {
                                          std::reverse(found.begin(), found.end());
                                          self->m_addresses = std::move(found);
                                          self->tryNext(Reason::noRoute);
                                      });
    if (!end->m_resolver)
        return {nullptr, Reason::hostBusy};
    return {std::move(end), Reason::none};
}

void TcpConnectEnd::tryNext(Reason lastFailure) {
    while (!m_addresses.empty()) {
        const SocketAddress address = m_addresses.back();
        m_addresses.pop_back();
        m_fd = WatchedFd(m_loop,
                         socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!m_fd) {
            lastFailure = Reason::hostError;
            continue;
        }
        const int on = 1;
        setsockopt(m_fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(m_fd.get(), address.get(), address.length) != 0 && errno != EINPROGRESS) {
            lastFailure = reasonOf(errno);
            continue;
        }
        m_fd.watch([this](Readiness) { onConnected(); });
        m_fd.setInterest({false, true});
        return;
    }
    m_events->failed(lastFailure);
}

void TcpConnectEnd::onConnected() {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(m_fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        return tryNext(reasonOf(error));
    adopt(std::move(m_fd), Kind::stream);
    attach(*m_events);
    m_events->connected();
}

void TcpConnectEnd::close(Close how, Reason reason) {
    m_resolver.reset();
    m_addresses.clear();
    SocketEnd::close(how, reason);
}

} // namespace nitroscope::vsock
