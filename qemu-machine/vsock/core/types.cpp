// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/types.hpp"

#include <array>

namespace nitroscope::vsock {

namespace {

struct Words {
    Reason reason;
    const char *name, *text;
};

// In the order of the enumeration.
constexpr std::array words{
    Words{Reason::none, "none", "no reason"},
    Words{Reason::guestClosed, "guest-closed", "the enclave closed the connection"},
    Words{Reason::hostClosed, "host-closed", "the host program closed the connection"},
    Words{Reason::guestReset, "guest-reset", "the enclave reset the connection"},
    Words{Reason::hostReset, "host-reset", "the host program ended or left data unread"},
    Words{Reason::noListener, "no-listener", "no program listens on the host for this port"},
    Words{Reason::refusedByRoute, "refused-by-route", "the route of this port refuses connections"},
    Words{Reason::noRoute, "no-route", "there is no route and no socket for this port"},
    Words{Reason::hostBusy, "host-busy",
          "the host program did not take connections from its full queue in time"},
    Words{Reason::connectTimeout, "connect-timeout", "the host did not answer in time"},
    Words{Reason::refusedByGuest, "refused-by-guest", "no program of the enclave listens on this port"},
    Words{Reason::guestTimeout, "guest-timeout", "the enclave did not answer in time"},
    Words{Reason::closeTimeout, "close-timeout",
          "the other end did not confirm the end of the connection in time"},
    Words{Reason::tooManyFlows, "too-many-flows", "there are too many connections at the same time"},
    Words{Reason::unknownCid, "unknown-cid", "nobody has this CID; the parent is CID 3"},
    Words{Reason::badType, "bad-type", "the socket type is not stream, nor seqpacket as negotiated"},
    Words{Reason::protocolError, "protocol-error", "the operation is not allowed in the connection's state"},
    Words{Reason::creditOverrun, "credit-overrun", "the enclave sent more than the receiver has room for"},
    Words{Reason::messageTooLong, "message-too-long", "a message is longer than the receiver's buffer"},
    Words{Reason::kindMismatch, "kind-mismatch", "one end is a stream socket, the other a seqpacket socket"},
    Words{Reason::fault, "fault", "a fault rule ended the connection"},
    Words{Reason::transportReset, "transport-reset", "the device announced a new transport"},
    Words{Reason::deviceReset, "device-reset", "the enclave's driver reset the device"},
    Words{Reason::snapshotLoaded, "snapshot-loaded",
          "a snapshot was loaded, and the host's end is not part of it"},
    Words{Reason::cancelled, "cancelled", "the host program gave up before the enclave answered"},
    Words{Reason::hostError, "host-error", "an unexpected error of the host system"},
    Words{Reason::badHandshake, "bad-handshake", "the host program did not send CONNECT <port> in time"},
    Words{Reason::unknownFlow, "unknown-flow", "the connection does not exist (any more)"},
};
static_assert(words.size() == static_cast<std::size_t>(Reason::count));

const Words &wordsOf(Reason reason) {
    const auto index = static_cast<std::size_t>(reason);
    return words[index < words.size() ? index : 0];
}

} // namespace

const char *kindName(Kind kind) {
    return kind == Kind::stream ? "stream" : kind == Kind::seqpacket ? "seqpacket" : "unknown";
}

const char *reasonName(Reason reason) {
    return wordsOf(reason).name;
}

const char *reasonText(Reason reason) {
    return wordsOf(reason).text;
}

} // namespace nitroscope::vsock
