// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/packet.hpp"

namespace nitroscope::vsock {

namespace {

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
#define VSOCK_OPERATION_NAME(constant, enumerator, monitor) #constant,
    static constexpr std::array names{VSOCK_OP_LIST(VSOCK_OPERATION_NAME)};
#undef VSOCK_OPERATION_NAME
    const auto index = static_cast<std::size_t>(op);
    return index < names.size() ? names[index] : "unknown";
}

Header Header::decode(const HeaderBytes &bytes) {
    Header header;
    header.source = {load<std::uint64_t>(bytes, VSOCK_HEADER_SRC_CID_AT),
                     load<std::uint32_t>(bytes, VSOCK_HEADER_SRC_PORT_AT)};
    header.destination = {load<std::uint64_t>(bytes, VSOCK_HEADER_DST_CID_AT),
                          load<std::uint32_t>(bytes, VSOCK_HEADER_DST_PORT_AT)};
    header.length = load<std::uint32_t>(bytes, VSOCK_HEADER_LEN_AT);
    header.type = load<std::uint16_t>(bytes, VSOCK_HEADER_TYPE_AT);
    header.op = static_cast<Op>(load<std::uint16_t>(bytes, VSOCK_HEADER_OP_AT));
    header.flags = load<std::uint32_t>(bytes, VSOCK_HEADER_FLAGS_AT);
    header.bufAlloc = load<std::uint32_t>(bytes, VSOCK_HEADER_BUF_ALLOC_AT);
    header.fwdCnt = load<std::uint32_t>(bytes, VSOCK_HEADER_FWD_CNT_AT);
    return header;
}

HeaderBytes Header::encode() const {
    HeaderBytes bytes{};
    store(bytes, VSOCK_HEADER_SRC_CID_AT, source.cid);
    store(bytes, VSOCK_HEADER_DST_CID_AT, destination.cid);
    store(bytes, VSOCK_HEADER_SRC_PORT_AT, source.port);
    store(bytes, VSOCK_HEADER_DST_PORT_AT, destination.port);
    store(bytes, VSOCK_HEADER_LEN_AT, length);
    store(bytes, VSOCK_HEADER_TYPE_AT, type);
    store(bytes, VSOCK_HEADER_OP_AT, static_cast<std::uint16_t>(op));
    store(bytes, VSOCK_HEADER_FLAGS_AT, flags);
    store(bytes, VSOCK_HEADER_BUF_ALLOC_AT, bufAlloc);
    store(bytes, VSOCK_HEADER_FWD_CNT_AT, fwdCnt);
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
