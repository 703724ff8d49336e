// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that both sides of the vsock core use: addresses, socket types, and why a flow ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::vsock {

using Bytes = std::span<const std::byte>;
using WritableBytes = std::span<std::byte>;

// Context ids with a meaning of their own (Linux, vm_sockets.h; Nitro Enclaves).
constexpr std::uint64_t hypervisorCid = 0, localCid = 1, hostCid = 2, parentCid = 3;
constexpr std::uint64_t defaultGuestCid = 16;
constexpr std::uint64_t lastCid = 0xfffffffe; // 0xffffffff is "any"

// Bytes of stream or of messages that each side of a flow may have under way: Linux's default.
constexpr std::uint32_t defaultBufferBytes = 256 * 1024;
constexpr std::uint32_t flowLimit = 4096;

enum class Kind : std::uint16_t { stream = 1, seqpacket = 2 }; // VirtIO 1.2, 5.10.6: type
const char *kindName(Kind kind);                               // "stream", "seqpacket"

struct Address {
    std::uint64_t cid = 0;
    std::uint32_t port = 0;
    friend bool operator==(const Address &, const Address &) = default;
};

// Why a flow was refused or ended. Each has a name for programs ("host-closed") and a sentence for people.
// The numbers are in saved snapshots: only append.
enum class Reason : std::uint8_t {
    none,
    guestClosed,    // the guest shut down both directions and everything was delivered
    hostClosed,     // likewise the host
    guestReset,     // RST from the guest
    hostReset,      // the host's peer ended with data unread, or the connection broke
    noListener,     // nobody listens at the host's address
    refusedByRoute, // the user's route says refuse
    noRoute,        // no route for this port and no socket of its name
    hostBusy,       // the listener's queue stayed full until the deadline
    connectTimeout, // the host did not answer in time
    refusedByGuest, // RST to our REQUEST
    guestTimeout,   // the guest did not answer our REQUEST in time
    closeTimeout,   // no RST after SHUTDOWN within its time
    tooManyFlows,   // the flow table is full
    unknownCid,     // nobody has the CID that the guest dialed
    badType,        // neither stream nor seqpacket, or seqpacket was not negotiated
    protocolError,  // an operation that the flow's state does not allow
    creditOverrun,  // the guest sent more than it was allowed to
    messageTooLong, // a seqpacket message that does not fit into the receiver's buffer
    kindMismatch,   // stream here, seqpacket there
    fault,          // a fault rule ended it
    transportReset, // the device announced a new transport (new CID, fault rule)
    deviceReset,    // the guest's driver reset the device
    snapshotLoaded, // the other end is not part of a snapshot
    cancelled,      // the host side gave up before the guest answered
    hostError,      // a system call failed in an unexpected way
    badHandshake,   // host side only: not `CONNECT <port>\n` in time
    unknownFlow,    // a packet of a flow that does not exist (any more)
    count
};
const char *reasonName(Reason reason);
const char *reasonText(Reason reason);

} // namespace nitroscope::vsock
