// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture with clocks under the test's control, and a stream with one record of every kind.
#pragma once

#include "qemu-machine/capture/core/capture.h"

#include <memory>
#include <QByteArray>

namespace nitroscope::test {

struct FakeClock {
    int64_t host = 1'790'000'000'123'456'789; // September 2026, nanoseconds
    int64_t virtualClock = 5'000'000'000;
    int64_t icount = -1;
    int wakes = 0;

    NitroCaptureHost callbacks() {
        return {this, [](void *self) { return static_cast<FakeClock *>(self)->host; },
                [](void *self) { return static_cast<FakeClock *>(self)->virtualClock; },
                [](void *self) { return static_cast<FakeClock *>(self)->icount; },
                [](void *self) { ++static_cast<FakeClock *>(self)->wakes; }};
    }
    void advance(int64_t ns) {
        host += ns;
        virtualClock += ns;
    }
};

struct CaptureDeleter {
    void operator()(NitroCapture *capture) const { nitro_capture_free(capture); }
};
using CapturePointer = std::unique_ptr<NitroCapture, CaptureDeleter>;

inline CapturePointer makeCapture(FakeClock &clock, NitroCaptureOptions options = {}) {
    const NitroCaptureHost host = clock.callbacks();
    return CapturePointer(nitro_capture_new(&host, &options));
}

inline QByteArray pullAll(NitroCapture *capture) {
    QByteArray all;
    char part[777]; // never a multiple of a block
    while (const size_t size = nitro_capture_pull(capture, reinterpret_cast<uint8_t *>(part), sizeof part))
        all.append(part, qsizetype(size));
    return all;
}

inline const QByteArray extendRequest = QByteArray::fromHex(
    "a169457874656e64504352a265696e6465781064646174614401020304"); // {"ExtendPCR":{"index":16,"data":h'01020304'}}
inline const QByteArray readOnlyResponse = QByteArray::fromHex("a1654572726f726d526561644f6e6c79496e646578");

inline void addNsm(NitroCapture *capture, bool response, const QByteArray &cbor, uint64_t transaction,
                   unsigned result = 0, uint64_t durationNs = 0, int verdict = 0, uint32_t rule = 0,
                   const char *note = nullptr) {
    const NitroCaptureNsmRequest about{16, 4, -1, -1}; // extendRequest
    NitroCaptureNsm record{};
    record.request = &about;
    record.response = response;
    record.kind = 1; // ExtendPCR
    record.result = result;
    record.transaction = transaction;
    record.duration_ns = durationNs;
    record.data = reinterpret_cast<const uint8_t *>(cbor.constData());
    record.size = size_t(cbor.size());
    record.verdict = verdict;
    record.rule = rule;
    record.note = note;
    nitro_capture_nsm(capture, &record);
}

inline void addConsole(NitroCapture *capture, const QByteArray &text,
                       int direction = NITRO_CAPTURE_OUTBOUND) {
    nitro_capture_console(capture, direction, reinterpret_cast<const uint8_t *>(text.constData()),
                          size_t(text.size()));
}

// The REQUEST that facts about Linux's vsock monitor give as known good: 16:1024 to 3:9000, buffer 262144.
inline NitroCaptureVsock vsockRequest() {
    NitroCaptureVsock packet{};
    const QByteArray header = QByteArray::fromHex("10000000000000000300000000000000000400002823000000000000"
                                                  "01000100000000000000040000000000");
    std::copy(header.begin(), header.end(), packet.header);
    packet.direction = NITRO_CAPTURE_OUTBOUND;
    packet.flow = 7;
    return packet;
}

// One record of every kind, one millisecond apart.
inline void addEverything(NitroCapture *capture, FakeClock &clock) {
    const auto tick = [&] { clock.advance(1'000'000); };
    nitro_capture_boot_stage(capture, "ramdisk", 2, "placed at 0x3000000"), tick();
    nitro_capture_boot_warning(capture, 2010, "", "the PCRs differ from the file's"), tick();
    const NitroCaptureBootFailure failure{"crc", 9, 3, 1, 0x123456789, "E26", "the checksum is wrong"};
    nitro_capture_boot_failure(capture, &failure), tick();
    addConsole(capture, "Linux version 6.12\r\n"), tick();
    addNsm(capture, false, extendRequest, 41), tick();
    addNsm(capture, true, readOnlyResponse, 41, 4, 2'345'678, NITRO_CAPTURE_REFUSED, 12,
           "fault: ReadOnlyIndex"),
        tick();
    uint8_t value[48];
    std::fill(value, value + 48, uint8_t{0xa5});
    nitro_capture_pcr(capture, 16, value, 1, "extend", 41), tick();
    nitro_capture_break(capture, 3, "nsm", "ExtendPCR 16", 41), tick();
    nitro_capture_fault(capture, 12, "nsm", "error", "ReadOnlyIndex", 41), tick();
    NitroCaptureVsock packet = vsockRequest();
    packet.payload = reinterpret_cast<const uint8_t *>("hello");
    packet.size = 5;
    nitro_capture_vsock(capture, &packet), tick();
    const QByteArray guest =
        QByteArray::fromHex("a2646b696e64636d617065636f756e7405"); // {"kind":"map","count":5}
    nitro_capture_guest(capture, reinterpret_cast<const uint8_t *>(guest.constData()), size_t(guest.size())),
        tick();
    nitro_capture_snapshot(capture, "save", "before-extend"), tick();
    nitro_capture_run_state(capture, "paused"), tick();
    nitro_capture_reset(capture, "guest-reset"), tick();
}

inline QByteArray sampleStream() {
    FakeClock clock;
    NitroCaptureOptions options{};
    options.application = "nitroscope test";
    options.hardware = "nitro-enclave";
    const CapturePointer capture = makeCapture(clock, options);
    addEverything(capture.get(), clock);
    nitro_capture_finish(capture.get());
    return pullAll(capture.get());
}

} // namespace nitroscope::test
