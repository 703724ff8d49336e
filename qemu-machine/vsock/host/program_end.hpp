// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flows that a host program opens. While it has not said what it wants it is a PendingProgram: its first line
// is read byte by byte, against a deadline. Then it is the host's end of a flow that waits for the guest's
// answer.
#pragma once

#include "qemu-machine/vsock/host/handshake.hpp"
#include "qemu-machine/vsock/host/socket_end.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace nitroscope::vsock {

// After the handshake. Until the guest has accepted, only the program's going away is of interest.
class ProgramEnd : public SocketEnd {
public:
    ProgramEnd(WatchedFd fd, Kind kind) : SocketEnd(std::move(fd), kind) {}

    // "OK <okPort>\n" (nothing for a published port) is sent when the guest accepts, and so many `heldBytes` that
    // the program has sent are thrown away. When memory runs out (std::bad_alloc), it has its `events` all the same.
    void begin(FlowEvents &events, std::optional<std::uint32_t> okPort, std::uint32_t heldBytes = 0);
    void accepted() override;

private:
    void onEarly();
    std::string m_greeting;
    std::uint32_t m_heldBytes = 0;
};

// Takes bytes out of a socket that are not meant for anybody: what is there of them.
void throwAway(int fd, std::uint32_t bytes);

class PendingProgram {
public:
    static constexpr std::int64_t deadlineNs = 5000 * nanosecondsPerMillisecond;

    enum class Outcome { asked, gone, malformed, tooLate };
    // Called once, from the loop or a timer; may destroy this object.
    using Finished = std::function<void(PendingProgram &, Outcome)>;

    PendingProgram(FdLoop &loop, WatchedFd fd, Kind kind, Timers &timers, Finished finished);
    ~PendingProgram() { m_timers.cancel(m_deadline); }
    PendingProgram(const PendingProgram &) = delete;
    PendingProgram &operator=(const PendingProgram &) = delete;

    WatchedFd takeFd(); // without its watch; the one that came with the line, if one did
    Kind kind() const { return m_kind; }
    const HandshakeParser &parser() const { return m_parser; }

private:
    void onReadable();
    ssize_t receive(std::span<std::uint8_t> bytes);
    void keep(int fd);
    void finish(Outcome outcome);

    FdLoop &m_loop;
    WatchedFd m_fd, m_passed;
    const Kind m_kind;
    Timers &m_timers;
    Finished m_finished;
    HandshakeParser m_parser;
    TimerId m_deadline;
};

} // namespace nitroscope::vsock
