// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that both sides of the vsock core use: addresses, socket types, and why a flow ended.
#pragma once

#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::vsock {

using Bytes = std::span<const std::byte>;
using WritableBytes = std::span<std::byte>;

// Context ids with a meaning of their own.
constexpr std::uint64_t hypervisorCid = VSOCK_CID_HYPERVISOR, localCid = VSOCK_CID_LOCAL,
                        hostCid = VSOCK_CID_HOST, parentCid = VSOCK_CID_PARENT;
constexpr std::uint64_t firstGuestCid = VSOCK_CID_FIRST_GUEST, defaultGuestCid = VSOCK_CID_DEFAULT_GUEST;
constexpr std::uint64_t lastCid = VSOCK_CID_LAST;

// Bytes of stream or of messages that each side of a flow may have under way: Linux's default.
constexpr std::uint32_t defaultBufferBytes = 256 * 1024;
constexpr std::uint32_t flowLimit = 4096;

#define VSOCK_KIND(constant, enumerator) enumerator = VSOCK_TYPE_##constant,
enum class Kind : std::uint16_t { VSOCK_TYPE_LIST(VSOCK_KIND) };
#undef VSOCK_KIND
const char *kindName(Kind kind); // "stream", "seqpacket"

struct Address {
    std::uint64_t cid = 0;
    std::uint32_t port = 0;
    friend bool operator==(const Address &, const Address &) = default;
};

// Why a flow was refused or ended: VSOCK_REASON_LIST. Each has a name for programs ("host-closed") and a
// sentence for people.
#define VSOCK_REASON(constant, enumerator, name, text) enumerator,
enum class Reason : std::uint8_t { VSOCK_REASON_LIST(VSOCK_REASON) count };
#undef VSOCK_REASON
const char *reasonName(Reason reason);
const char *reasonText(Reason reason);

} // namespace nitroscope::vsock
