// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/program_end.hpp"

#include <array>
#include <cerrno>

namespace nitroscope::vsock {

void ProgramEnd::begin(FlowEvents &events, std::string greeting) {
    m_greeting = std::move(greeting);
    m_events = &events;
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
    if (m_greeting.empty())
        return;
    // The socket is empty, so the few bytes fit. If they do not go, the program is not there any more.
    const ssize_t sent = send(m_fd.get(), m_greeting.data(), m_greeting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(m_greeting.size()))
        m_events->gone(Reason::hostReset);
}

PendingProgram::PendingProgram(WatchedFd fd, Kind kind, Timers &timers, Finished finished)
    : m_fd(std::move(fd)), m_kind(kind), m_timers(timers), m_finished(std::move(finished)) {
    m_deadline = m_timers.start(deadlineNs, [this] {
        m_deadline = 0;
        finish(Outcome::tooLate);
    });
    m_fd.watch([this](Readiness) { onReadable(); });
    m_fd.setInterest({true, false});
}

WatchedFd PendingProgram::takeFd() {
    return std::move(m_fd);
}

void PendingProgram::finish(Outcome outcome) {
    const Finished finished = m_finished; // survives us
    finished(*this, outcome);
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
    if (recv(m_fd.get(), bytes.data(), used, MSG_DONTWAIT) < 0)
        return finish(Outcome::gone);
    if (m_parser.state() == HandshakeParser::State::complete)
        return finish(Outcome::asked);
    if (m_parser.state() == HandshakeParser::State::failed)
        return finish(Outcome::malformed);
}

} // namespace nitroscope::vsock
