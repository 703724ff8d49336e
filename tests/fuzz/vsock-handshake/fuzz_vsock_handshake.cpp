// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first line of a host program, and the routes of the command line: neither may crash, read on after its
// end or accept what it would not write itself. A line that was understood is written again in its longest
// form and must mean the same.
#include "qemu-machine/vsock/host/handshake.hpp"
#include "qemu-machine/vsock/host/route.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

using namespace nitroscope::vsock;

namespace {

void require(bool condition) {
    if (!condition)
        std::abort();
}

void checkHandshake(std::string_view bytes) {
    HandshakeParser parser;
    size_t given = 0;
    while (given < bytes.size() && parser.state() == HandshakeParser::State::reading)
        parser.feed(static_cast<uint8_t>(bytes[given++]));
    require(parser.taken() == given && given <= handshakeLimit + 1);
    require((parser.state() == HandshakeParser::State::failed) == (*parser.problem() != 0));
    if (parser.state() != HandshakeParser::State::complete)
        return;
    require(bytes[given - 1] == '\n' && given <= handshakeLimit);
    const Handshake &asked = parser.request();
    std::string line = "CONNECT " + (asked.cid ? std::to_string(*asked.cid) + ':' : std::string()) +
                       std::to_string(asked.port) +
                       (asked.sourcePort ? ' ' + std::to_string(*asked.sourcePort) : std::string()) +
                       (asked.heldBytes ? " +" + std::to_string(*asked.heldBytes) : std::string()) + '\n';
    HandshakeParser again;
    for (const char byte : line)
        again.feed(static_cast<uint8_t>(byte));
    require(again.state() == HandshakeParser::State::complete && again.request() == asked);
}

void checkRoutes(std::string_view text) {
    std::string problem;
    const auto table = parseRoutes(text, problem);
    require(table.has_value() == problem.empty());
    if (!table)
        return;
    for (const auto *routes : {&table->outgoing, &table->published})
        for (const auto &[port, route] : *routes)
            require(Route::parse(route.text(), problem) == route);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    checkHandshake(bytes);
    checkRoutes(bytes);
    return 0;
}
