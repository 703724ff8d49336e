// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of capture.h that writes machine records: one function per kind, each the list of its keys as
// docs/capture-format.md has them.
#include "qemu-machine/capture/core/capture.hpp"

using namespace nitroscope::capture;

void nitro_capture_boot_stage(NitroCapture *capture, const char *stage, int index, const char *text) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_BOOT_STAGE);
    record.text("stage", stage).index("index", index).text("text", text);
    capture->record(record);
}

void nitro_capture_boot_warning(NitroCapture *capture, std::uint32_t reason, const char *ecode,
                                const char *message) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_BOOT_WARNING);
    record.number("reason", reason).text("e-code", ecode).text("message", message);
    capture->record(record);
}

void nitro_capture_boot_failure(NitroCapture *capture, const NitroCaptureBootFailure *failure) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_BOOT_FAILURE);
    record.text("stage", failure->stage).number("reason", failure->reason).index("section", failure->section);
    if (failure->has_offset)
        record.number("offset", failure->offset);
    record.text("e-code", failure->ecode).text("message", failure->message);
    capture->record(record);
}

void nitro_capture_pcr(NitroCapture *capture, unsigned index, const std::uint8_t value[48], int locked,
                       const char *cause, std::uint64_t transaction) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_PCR);
    record.number("index", index)
        .bytes("value", {reinterpret_cast<const std::byte *>(value), 48})
        .boolean("locked", locked != 0)
        .text("cause", cause)
        .id("transaction", transaction);
    capture->record(record);
}

void nitro_capture_break(NitroCapture *capture, std::uint32_t rule, const char *source, const char *detail,
                         std::uint64_t flow) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_BREAK);
    record.id("rule", rule).text("source", source).text("detail", detail).id("flow", flow);
    capture->record(record);
}

void nitro_capture_fault(NitroCapture *capture, std::uint32_t rule, const char *source, const char *action,
                         const char *detail, std::uint64_t flow) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_FAULT);
    record.id("rule", rule)
        .text("source", source)
        .text("action", action)
        .text("detail", detail)
        .id("flow", flow);
    capture->record(record);
}

void nitro_capture_vsock_flow(NitroCapture *capture, const NitroCaptureVsockFlow *flow) {
    if (!capture)
        return;
    MachineRecord record(flow->closed ? NITRO_CAPTURE_KIND_VSOCK_CLOSE : NITRO_CAPTURE_KIND_VSOCK_OPEN);
    record.id("flow", flow->flow)
        .text("dialed-by", flow->dialed_by)
        .id("peer-cid", flow->peer_cid)
        .id("guest-port", flow->guest_port)
        .id("peer-port", flow->peer_port)
        .text("peer", flow->peer);
    if (flow->pid > 0)
        record.id("pid", static_cast<std::uint64_t>(flow->pid));
    if (flow->round_trip_ns >= 0)
        record.number("round-trip-ns", static_cast<std::uint64_t>(flow->round_trip_ns));
    if (flow->closed)
        record.text("reason", flow->reason)
            .number("bytes-to-guest", flow->bytes_to_guest)
            .number("bytes-from-guest", flow->bytes_from_guest)
            .number("stalled-ns", static_cast<std::uint64_t>(flow->stalled_ns));
    capture->record(record);
}

void nitro_capture_reset(NitroCapture *capture, const char *cause) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_RESET);
    record.text("cause", cause);
    capture->record(record);
}

void nitro_capture_snapshot(NitroCapture *capture, const char *operation, const char *name) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_SNAPSHOT);
    record.text("operation", operation).text("name", name);
    capture->record(record);
}

void nitro_capture_run_state(NitroCapture *capture, const char *state) {
    if (!capture)
        return;
    MachineRecord record(NITRO_CAPTURE_KIND_RUN_STATE);
    record.text("state", state);
    capture->record(record);
}
