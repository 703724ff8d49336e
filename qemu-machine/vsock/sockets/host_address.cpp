// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/sockets/host_address.hpp"

#include <charconv>

namespace nitroscope::vsock {
namespace {

constexpr std::string_view unixPrefix = "unix:", tcpPrefix = "tcp:";

std::optional<HostAddress> parseUnix(std::string_view path, std::string &problem) {
    if (path.empty() || path.front() != '/')
        problem = "the path of a Unix socket must be absolute";
    else if (path.size() > unixPathLimit)
        problem = "the path is longer than the 107 bytes that a Unix socket's may have";
    else if (path.find('\0') != path.npos)
        problem = "the path has a zero byte";
    else
        return HostAddress{HostAddress::Family::unixSocket, std::string(path), 0};
    return std::nullopt;
}

std::optional<HostAddress> parseTcp(std::string_view text, std::string &problem) {
    const size_t colon = text.rfind(':');
    const auto port = colon == text.npos ? std::nullopt : parseNumber(text.substr(colon + 1), 65535);
    if (!port || *port == 0) {
        problem = "a TCP address has the form tcp:HOST:PORT with a port from 1 to 65535";
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    if (host.empty() || host.size() > 253 || (!bracketed && host.find(':') != host.npos)) {
        problem = "the host of a TCP address is a name, an IPv4 address, or an IPv6 address in brackets";
        return std::nullopt;
    }
    return HostAddress{HostAddress::Family::tcp, std::string(host), static_cast<uint16_t>(*port)};
}

} // namespace

std::optional<uint32_t> parseNumber(std::string_view text, uint32_t limit) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > limit)
        return std::nullopt;
    return number;
}

std::optional<HostAddress> HostAddress::parse(std::string_view text, std::string &problem) {
    if (text.starts_with(tcpPrefix))
        return parseTcp(text.substr(tcpPrefix.size()), problem);
    if (text.starts_with(unixPrefix))
        return parseUnix(text.substr(unixPrefix.size()), problem);
    if (text.starts_with('/'))
        return parseUnix(text, problem);
    problem = "an address is unix:/PATH or tcp:HOST:PORT";
    return std::nullopt;
}

std::string HostAddress::text() const {
    if (family == Family::unixSocket)
        return std::string(unixPrefix) + name;
    const bool brackets = name.find(':') != name.npos;
    return std::string(tcpPrefix) + (brackets ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

} // namespace nitroscope::vsock
