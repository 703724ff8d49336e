// SPDX-License-Identifier: GPL-2.0-or-later
//
// What happens to a vsock port, by choice of the user. Without a route, a guest that connects to port P
// reaches the Unix socket <path>_P, as with Firecracker.
//
//   unix:/path, tcp:host:port     the guest's connections to this port go there
//   refuse                        the guest's connections to this port are reset
//   echo                          the device itself sends back what the guest sends
//   listen:ADDRESS                the other way round: the device listens at ADDRESS, and whoever connects
//   reaches
//                                 this port of the guest, without any handshake
#pragma once

#include "qemu-machine/vsock/sockets/host_address.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nitroscope::vsock {

struct Route {
    enum class Kind { connect, refuse, echo, listen };
    Kind kind = Kind::refuse;
    HostAddress address; // of connect and listen

    // The part after "PORT=". Nothing and a sentence in `problem` when it makes no sense.
    static std::optional<Route> parse(std::string_view text, std::string &problem);
    std::string text() const; // as parse() takes it
    bool operator==(const Route &) const = default;
};

// Routes by port. Guest-initiated and published ports are two different things, so a port can have one of
// each.
struct RouteTable {
    std::map<uint32_t, Route> outgoing;  // connect, refuse, echo
    std::map<uint32_t, Route> published; // listen

    std::map<uint32_t, Route> &of(Route::Kind kind) {
        return kind == Route::Kind::listen ? published : outgoing;
    }
};

// "PORT=ROUTE[;PORT=ROUTE…]", as on the command line. Nothing and a sentence in `problem` when a part is
// wrong.
std::optional<RouteTable> parseRoutes(std::string_view text, std::string &problem);

} // namespace nitroscope::vsock
