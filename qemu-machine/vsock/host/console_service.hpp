// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console of an enclave in debug mode, as a parent reads it on EC2: it connects to CID 0, port 10000 +
// CID. Each reader gets the last 64 KiB first, so that it sees the boot even when it comes late, then what
// the guest prints. A reader that is too slow misses the oldest bytes; the guest is never held up. What
// readers send is ignored.
#pragma once

#include "qemu-machine/vsock/sockets/socket.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace nitroscope::vsock {

constexpr std::uint32_t consolePortBase = 10000;
constexpr std::size_t consoleBacklog = 64 * 1024;

class ConsoleService {
public:
    // False when there are too many readers. `greeting` is sent before the console's bytes.
    bool add(WatchedFd reader, std::string greeting);
    void output(std::string_view bytes);

private:
    struct Reader {
        WatchedFd fd;
        std::string greeting; // what is left of it
        std::uint64_t at;     // position in the console's bytes since the start
    };
    using Readers = std::list<Reader>;

    // False when the reader has gone.
    bool send(Reader &reader);
    std::string_view from(std::uint64_t &position) const;

    std::string m_recent;     // up to twice the backlog, so that bytes move seldom
    std::uint64_t m_base = 0; // position of m_recent's first byte
    Readers m_readers;
};

} // namespace nitroscope::vsock
