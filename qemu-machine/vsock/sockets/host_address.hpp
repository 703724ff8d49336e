// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a host program is: a Unix socket or a TCP port, as users write it.
//
//   unix:/path, or just /path        a Unix socket; the path is absolute and fits into a sockaddr_un
//   tcp:host:port                    host is a name, an IPv4 address or an IPv6 address in [ ]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nitroscope::vsock {

// Bytes of a sockaddr_un's path without its final zero.
constexpr size_t unixPathLimit = 107;

struct HostAddress {
    enum class Family { unixSocket, tcp };
    Family family = Family::unixSocket;
    std::string name;  // the path, or the host without brackets
    uint16_t port = 0; // of TCP

    // Nothing and a sentence in `problem` when the text is not an address.
    static std::optional<HostAddress> parse(std::string_view text, std::string &problem);
    std::string text() const; // as parse() takes it
    bool operator==(const HostAddress &) const = default;
};

// A decimal number of at most `limit`, nothing else around it.
std::optional<uint32_t> parseNumber(std::string_view text, uint32_t limit);

} // namespace nitroscope::vsock
