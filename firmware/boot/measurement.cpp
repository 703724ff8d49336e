// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/measurement.hpp"

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/ports.hpp"
#include "firmware/boot/report.hpp"

namespace nitroscope::boot {

namespace {

// The kernel would wait for the host's clearing of these pages; the firmware has the time.
void touchPage(uint64_t address) {
    volatile std::byte &byte = *atPhysical(address);
    byte = byte;
}

} // namespace

void waitForMeasurement(MemoryRange touched) {
    constexpr unsigned pausesPerPoll = 256; // each poll leaves the guest, so do not poll in a tight loop
    uint32_t state;
    while ((state = readBootPort()) == NITRO_MEASURE_BUSY)
        for (unsigned i = 0; i < pausesPerPoll; ++i) {
            pause();
            if (touched.end > touched.start)
                touchPage(touched.end -= detail::pageSize);
        }
    if (state == NITRO_MEASURE_REFUSED)
        fail(Stage::handoff,
             Failure{.reason = NITRO_BOOT_REASON_REFUSED,
                     .sentence =
                         "Refused by the platform: the image did not pass its checks while being measured."});
}

} // namespace nitroscope::boot
