// SPDX-License-Identifier: GPL-2.0-or-later
//
// capture.h over class Capture. Every function takes a NULL capture, because devices report without asking
// whether anybody records.
#include "qemu-machine/capture/core/capture.hpp"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <algorithm>
#include <cstring>
#include <new>

using namespace nitroscope::capture;

namespace {

Bytes bytesOf(const std::uint8_t *data, std::size_t size) {
    return {reinterpret_cast<const std::byte *>(data), data ? size : 0};
}

std::string_view viewOf(const char *text) {
    return text ? std::string_view(text) : std::string_view();
}

// What Linux's vsock monitor makes of a virtio operation.
std::uint16_t monitorOperation(std::uint16_t operation) {
#define NITRO_CAPTURE_MONITOR_OP(constant, enumerator, monitor) VSOCK_MONITOR_##monitor,
    constexpr std::uint16_t classes[] = {VSOCK_OP_LIST(NITRO_CAPTURE_MONITOR_OP)};
#undef NITRO_CAPTURE_MONITOR_OP
    return operation < std::size(classes) ? classes[operation] : std::uint16_t{VSOCK_MONITOR_UNKNOWN};
}

} // namespace

NitroCapture *nitro_capture_new(const NitroCaptureHost *host, const NitroCaptureOptions *options) {
    NitroCaptureOptions wanted = options ? *options : NitroCaptureOptions{};
    if (wanted.capacity == 0)
        wanted.capacity = NITRO_CAPTURE_DEFAULT_CAPACITY;
    wanted.capacity = std::max<std::size_t>(wanted.capacity, NITRO_CAPTURE_MINIMUM_CAPACITY);
    wanted.capacity = nitroscope::pcapng::padded(wanted.capacity);
    std::unique_ptr<std::byte[]> memory(new (std::nothrow) std::byte[wanted.capacity]);
    if (!memory)
        return nullptr;
    return new (std::nothrow) NitroCapture(host ? *host : NitroCaptureHost{}, wanted, std::move(memory));
}

void nitro_capture_free(NitroCapture *capture) {
    delete capture;
}

void nitro_capture_set_enabled(NitroCapture *capture, std::uint32_t interfaces) {
    if (capture)
        capture->setEnabled(interfaces);
}

void nitro_capture_set_snap_length(NitroCapture *capture, unsigned interface_id, std::uint32_t bytes) {
    if (capture)
        capture->setSnapLength(interface_id, bytes);
}

void nitro_capture_set_paused(NitroCapture *capture, int paused) {
    if (capture)
        capture->setPaused(paused != 0);
}

int nitro_capture_wants(const NitroCapture *capture, unsigned interface_id) {
    return capture && interface_id < NITRO_CAPTURE_INTERFACES && capture->wants(interface_id);
}

void nitro_capture_nsm(NitroCapture *capture, const NitroCaptureNsm *record) {
    if (!nitro_capture_wants(capture, NITRO_CAPTURE_NSM))
        return;
    constexpr NitroCaptureNsmRequest unknown{-1, -1, -1, -1};
    const NitroCaptureNsmRequest &request = record->request ? *record->request : unknown;
    BlockBuffer<NITRO_CAPTURE_NSM_HEADER_BYTES> header;
    header.u8(NITRO_CAPTURE_NSM_VERSION);
    header.u8(record->response ? NITRO_CAPTURE_NSM_RESPONSE : NITRO_CAPTURE_NSM_REQUEST);
    header.u8(static_cast<std::uint8_t>(record->kind));
    header.u8(static_cast<std::uint8_t>(record->result));
    header.u16(NITRO_CAPTURE_NSM_HEADER_BYTES);
    header.u16(0);
    header.u64(record->transaction);
    header.u64(record->duration_ns);
    // -1 is NITRO_CAPTURE_NSM_NONE.
    for (const std::int32_t number : {request.pcr, request.data, request.nonce, request.public_key})
        header.u32(static_cast<std::uint32_t>(number));
    header.u32(static_cast<std::uint32_t>(record->size));
    capture->record({.interface = NITRO_CAPTURE_NSM,
                     .direction = record->response ? NITRO_CAPTURE_INBOUND : NITRO_CAPTURE_OUTBOUND,
                     .verdict = record->verdict,
                     .rule = record->rule,
                     .flow = record->transaction,
                     .age = record->age_ns,
                     .note = viewOf(record->note),
                     .pieces = {header.bytes(), bytesOf(record->data, record->size)}});
}

void nitro_capture_console(NitroCapture *capture, int direction, const std::uint8_t *data, std::size_t size) {
    if (capture)
        capture->console(direction, bytesOf(data, size));
}

void nitro_capture_flush_console(NitroCapture *capture) {
    if (capture)
        capture->flushConsole();
}

void nitro_capture_vsock(NitroCapture *capture, const NitroCaptureVsock *packet) {
    if (!nitro_capture_wants(capture, NITRO_CAPTURE_VSOCK))
        return;
    const Bytes transport = bytesOf(packet->header, sizeof packet->header);
    // struct virtio_vsock_hdr begins with the same four addresses as the monitor header.
    constexpr std::size_t addressBytes = NITRO_CAPTURE_VSOCK_OP_AT, operationAt = VSOCK_HEADER_OP_AT;
    const auto operation =
        static_cast<std::uint16_t>(packet->header[operationAt] | packet->header[operationAt + 1] << 8);
    BlockBuffer<NITRO_CAPTURE_VSOCK_HEADER_BYTES> header;
    header.raw(transport.first(addressBytes));
    header.u16(monitorOperation(operation));
    header.u16(VSOCK_MONITOR_TRANSPORT_VIRTIO);
    header.u16(NITRO_CAPTURE_VIRTIO_VSOCK_BYTES);
    header.u16(0);
    capture->record({.interface = NITRO_CAPTURE_VSOCK,
                     .direction = packet->direction,
                     .verdict = packet->verdict,
                     .rule = packet->rule,
                     .flow = packet->flow,
                     .note = viewOf(packet->note),
                     .pieces = {header.bytes(), transport, bytesOf(packet->payload, packet->size)}});
}

std::size_t nitro_capture_vsock_payload_limit(const NitroCapture *capture) {
    constexpr std::size_t headers = NITRO_CAPTURE_VSOCK_HEADER_BYTES + NITRO_CAPTURE_VIRTIO_VSOCK_BYTES;
    const std::size_t snap = capture ? capture->snapLength(NITRO_CAPTURE_VSOCK) : 0;
    return snap == 0 ? SIZE_MAX : snap - std::min(snap, headers);
}

void nitro_capture_guest(NitroCapture *capture, const std::uint8_t *cbor, std::size_t size) {
    if (capture)
        capture->record({.interface = NITRO_CAPTURE_GUEST, .note = {}, .pieces = {bytesOf(cbor, size)}});
}

const std::uint8_t *nitro_capture_peek(NitroCapture *capture, std::size_t *size) {
    const Bytes bytes = capture ? capture->peek() : Bytes();
    *size = bytes.size();
    return bytes.empty() ? nullptr : reinterpret_cast<const std::uint8_t *>(bytes.data());
}

void nitro_capture_consume(NitroCapture *capture, std::size_t size) {
    if (capture)
        capture->consume(size);
}

std::size_t nitro_capture_pull(NitroCapture *capture, std::uint8_t *out, std::size_t capacity) {
    std::size_t done = 0;
    while (capture && done < capacity) {
        const Bytes bytes = capture->peek();
        if (bytes.empty())
            break;
        const std::size_t part = std::min(bytes.size(), capacity - done);
        std::memcpy(out + done, bytes.data(), part);
        capture->consume(part);
        done += part;
    }
    return done;
}

void nitro_capture_rewind(NitroCapture *capture) {
    if (capture)
        capture->rewind();
}

void nitro_capture_finish(NitroCapture *capture) {
    if (capture)
        capture->finish();
}

void nitro_capture_stats(const NitroCapture *capture, NitroCaptureStats *stats) {
    *stats = capture ? capture->stats() : NitroCaptureStats{};
}
