// SPDX-License-Identifier: GPL-2.0-or-later
//
// The header of a virtio-vsock packet: VirtIO 1.2, 5.10.6, struct virtio_vsock_hdr. All fields little-endian.
#pragma once

#include "qemu-machine/vsock/core/types.hpp"

#include <array>

namespace nitroscope::vsock {

#define VSOCK_OPERATION(constant, enumerator, monitor) enumerator = VSOCK_OP_##constant,
enum class Op : std::uint16_t { VSOCK_OP_LIST(VSOCK_OPERATION) };
#undef VSOCK_OPERATION
const char *opName(Op op); // "REQUEST", "RW", …; "unknown" beyond the last

// Flags of SHUTDOWN: which direction the sender of the packet gives up.
constexpr std::uint32_t shutdownReceive = VSOCK_SHUTDOWN_RECEIVE, shutdownSend = VSOCK_SHUTDOWN_SEND,
                        shutdownBoth = VSOCK_SHUTDOWN_BOTH;
// Flags of RW in a seqpacket flow: end of message, end of record (MSG_EOR).
constexpr std::uint32_t endOfMessage = VSOCK_SEQ_END_OF_MESSAGE, endOfRecord = VSOCK_SEQ_END_OF_RECORD;

constexpr std::size_t headerBytes = VSOCK_HEADER_BYTES;
constexpr std::uint32_t maxPayload = 64 * 1024; // Linux: VIRTIO_VSOCK_MAX_PKT_BUF_SIZE

using HeaderBytes = std::array<std::byte, headerBytes>;

struct Header {
    Address source, destination;
    std::uint32_t length = 0; // payload bytes
    std::uint16_t type = 0;   // Kind, or whatever the guest sent
    Op op = Op::invalid;
    std::uint32_t flags = 0;
    std::uint32_t bufAlloc = 0, fwdCnt = 0; // the sender's credit, see credit.hpp

    static Header decode(const HeaderBytes &bytes);
    HeaderBytes encode() const;
};

// Bytes of all pieces together.
std::size_t totalBytes(std::span<const Bytes> pieces);
std::size_t totalBytes(std::span<const WritableBytes> pieces);

} // namespace nitroscope::vsock
