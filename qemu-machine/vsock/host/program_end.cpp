// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/program_end.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace nitroscope::vsock {
namespace {

// More than one would be a mistake of the program's; so many are taken and closed.
constexpr size_t maxPassed = 8;

bool isUnixSocket(int fd, Kind kind) {
    int domain = 0, type = 0, listens = 0;
    socklen_t length = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == (kind == Kind::seqpacket ? SOCK_SEQPACKET : SOCK_STREAM) &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens == 0;
}

} // namespace

void throwAway(int fd, std::uint32_t bytes) {
    std::array<std::byte, 65536> nothing;
    while (bytes > 0) {
        const ssize_t got = recv(fd, nothing.data(), std::min<size_t>(bytes, nothing.size()), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        bytes -= static_cast<std::uint32_t>(got);
    }
}

void ProgramEnd::begin(FlowEvents &events, std::optional<std::uint32_t> okPort, std::uint32_t heldBytes) {
    m_events = &events;
    m_heldBytes = heldBytes;
    if (okPort)
        m_greeting = "OK " + std::to_string(*okPort) + "\n";
    m_fd.watch([this](Readiness) { onEarly(); });
    m_fd.setInterest({true, false});
}

// Readable before the guest has answered: bytes sent ahead of OK, which wait in the socket, or the end.
void ProgramEnd::onEarly() {
    char byte = 0;
    const ssize_t got = recv(m_fd.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    m_fd.setInterest({}); // level-triggered: it would be said again and again
    // A program may also send its request, shut down its sending side and wait for the answer.
    if (got < 0 || (got == 0 && isHungUp(m_fd.get())))
        m_events->failed(Reason::cancelled);
}

void ProgramEnd::accepted() {
    attach(*m_events);
    throwAway(m_fd.get(), m_heldBytes);
    if (m_greeting.empty())
        return;
    // The socket is empty, so the few bytes fit. If they do not go, the program is not there any more.
    const ssize_t sent = send(m_fd.get(), m_greeting.data(), m_greeting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(m_greeting.size()))
        m_events->gone(Reason::hostReset);
}

PendingProgram::PendingProgram(FdLoop &loop, WatchedFd fd, Kind kind, Timers &timers, Finished finished)
    : m_loop(loop), m_fd(std::move(fd)), m_kind(kind), m_timers(timers), m_finished(std::move(finished)) {
    m_deadline = m_timers.start(deadlineNs, [this] {
        m_deadline = 0;
        finish(Outcome::tooLate);
    });
    m_fd.watch([this](Readiness) { onReadable(); });
    m_fd.setInterest({true, false});
}

WatchedFd PendingProgram::takeFd() {
    if (!m_passed)
        return std::move(m_fd);
    m_fd.reset();
    return std::move(m_passed);
}

void PendingProgram::finish(Outcome outcome) {
    const Finished finished = m_finished; // survives us
    finished(*this, outcome);
}

// With the descriptors that come with the bytes.
ssize_t PendingProgram::receive(std::span<std::uint8_t> bytes) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(maxPassed * sizeof(int))> control;
    iovec vector{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(m_fd.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return got;
    for (cmsghdr *part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + sizeof(int) <= part->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
            keep(fd);
        }
    }
    return got;
}

// The first that can be the program's end of a flow.
void PendingProgram::keep(int fd) {
    WatchedFd passed(m_loop, fd);
    if (!m_passed && isUnixSocket(fd, m_kind))
        m_passed = std::move(passed);
}

// Looks at what is there and takes exactly the line: what follows it belongs to the stream. A seqpacket
// program sends the line as one message, which goes as a whole.
void PendingProgram::onReadable() {
    std::array<std::uint8_t, handshakeLimit + 1> bytes;
    const ssize_t seen = recv(m_fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_PEEK);
    if (seen < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (seen <= 0)
        return finish(Outcome::gone);
    size_t used = 0;
    while (used < static_cast<size_t>(seen) && m_parser.state() == HandshakeParser::State::reading)
        m_parser.feed(bytes[used++]);
    if (m_parser.state() == HandshakeParser::State::reading && m_kind == Kind::seqpacket)
        m_parser.feed('\n'); // the message's end is the line's
    if (receive(std::span(bytes).first(used)) < 0)
        return finish(Outcome::gone);
    if (m_parser.state() == HandshakeParser::State::complete)
        return finish(Outcome::asked);
    if (m_parser.state() == HandshakeParser::State::failed)
        return finish(Outcome::malformed);
}

} // namespace nitroscope::vsock
