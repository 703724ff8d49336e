// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/route.hpp"

#include <limits>

namespace nitroscope::vsock {
namespace {

constexpr std::string_view listenPrefix = "listen:";

} // namespace

std::optional<Route> Route::parse(std::string_view text, std::string &problem) {
    if (text == "refuse")
        return Route{Kind::refuse, {}};
    if (text == "echo")
        return Route{Kind::echo, {}};
    const bool isListen = text.starts_with(listenPrefix);
    auto address = HostAddress::parse(isListen ? text.substr(listenPrefix.size()) : text, problem);
    if (!address) {
        if (!isListen)
            problem += "; a route is an address, listen:ADDRESS, refuse or echo";
        return std::nullopt;
    }
    return Route{isListen ? Kind::listen : Kind::connect, std::move(*address)};
}

std::string Route::text() const {
    switch (kind) {
    case Kind::refuse:
        return "refuse";
    case Kind::echo:
        return "echo";
    case Kind::listen:
        return std::string(listenPrefix) + address.text();
    case Kind::connect:
        break;
    }
    return address.text();
}

std::optional<RouteTable> parseRoutes(std::string_view text, std::string &problem) {
    RouteTable table;
    while (!text.empty()) {
        const size_t end = text.find(';');
        const std::string_view part = text.substr(0, end);
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
        const size_t equals = part.find('=');
        const auto port = equals == part.npos
                              ? std::nullopt
                              : parseNumber(part.substr(0, equals), std::numeric_limits<uint32_t>::max() - 1);
        if (!port) {
            problem = "'" + std::string(part) + "' does not have the form PORT=ROUTE";
            return std::nullopt;
        }
        auto route = Route::parse(part.substr(equals + 1), problem);
        if (!route) {
            problem.insert(0, "port " + std::to_string(*port) + ": ");
            return std::nullopt;
        }
        auto &routes = table.of(route->kind);
        if (!routes.emplace(*port, std::move(*route)).second) {
            problem = "port " + std::to_string(*port) + " has two routes";
            return std::nullopt;
        }
    }
    return table;
}

} // namespace nitroscope::vsock
