// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/packet.hpp"

namespace nitroscope::vsock {

namespace {

// Offsets of the fields in struct virtio_vsock_hdr.
constexpr std::size_t sourceCidAt = 0, destinationCidAt = 8, sourcePortAt = 16, destinationPortAt = 20,
                      lengthAt = 24, typeAt = 28, opAt = 30, flagsAt = 32, bufAllocAt = 36, fwdCntAt = 40;

template <class T>
T load(const HeaderBytes &bytes, std::size_t offset) {
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = static_cast<T>((sizeof(T) > 1 ? value << 8 : 0) | std::to_integer<T>(bytes[offset + i]));
    return value;
}

template <class T>
void store(HeaderBytes &bytes, std::size_t offset, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
}

} // namespace

const char *opName(Op op) {
    static constexpr std::array names{"INVALID",  "REQUEST", "RESPONSE",      "RST",
                                      "SHUTDOWN", "RW",      "CREDIT_UPDATE", "CREDIT_REQUEST"};
    const auto index = static_cast<std::size_t>(op);
    return index < names.size() ? names[index] : "unknown";
}

Header Header::decode(const HeaderBytes &bytes) {
    Header header;
    header.source = {load<std::uint64_t>(bytes, sourceCidAt), load<std::uint32_t>(bytes, sourcePortAt)};
    header.destination = {load<std::uint64_t>(bytes, destinationCidAt),
                          load<std::uint32_t>(bytes, destinationPortAt)};
    header.length = load<std::uint32_t>(bytes, lengthAt);
    header.type = load<std::uint16_t>(bytes, typeAt);
    header.op = static_cast<Op>(load<std::uint16_t>(bytes, opAt));
    header.flags = load<std::uint32_t>(bytes, flagsAt);
    header.bufAlloc = load<std::uint32_t>(bytes, bufAllocAt);
    header.fwdCnt = load<std::uint32_t>(bytes, fwdCntAt);
    return header;
}

HeaderBytes Header::encode() const {
    HeaderBytes bytes{};
    store(bytes, sourceCidAt, source.cid);
    store(bytes, destinationCidAt, destination.cid);
    store(bytes, sourcePortAt, source.port);
    store(bytes, destinationPortAt, destination.port);
    store(bytes, lengthAt, length);
    store(bytes, typeAt, type);
    store(bytes, opAt, static_cast<std::uint16_t>(op));
    store(bytes, flagsAt, flags);
    store(bytes, bufAllocAt, bufAlloc);
    store(bytes, fwdCntAt, fwdCnt);
    return bytes;
}

std::size_t totalBytes(std::span<const Bytes> pieces) {
    std::size_t total = 0;
    for (const Bytes &piece : pieces)
        total += piece.size();
    return total;
}

std::size_t totalBytes(std::span<const WritableBytes> pieces) {
    std::size_t total = 0;
    for (const WritableBytes &piece : pieces)
        total += piece.size();
    return total;
}

} // namespace nitroscope::vsock
