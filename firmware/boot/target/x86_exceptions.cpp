// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/exceptions.hpp"

#include "firmware/boot/report.hpp"
#include "firmware/boot/text.hpp"

#include <cstdint>

namespace nitroscope::boot {

namespace {

constexpr unsigned exceptionCount = 32;

struct Gate { // 64-bit interrupt gate, Intel SDM volume 3, 6.14.1
    uint16_t offsetLow, selector, attributes, offsetMiddle;
    uint32_t offsetHigh, reserved;
};

Gate gates[exceptionCount];

struct ExceptionFrame { // as the stubs of entry.S leave it on the stack
    uint64_t vector, errorCode, rip, cs, rflags, rsp, ss;
};

} // namespace

extern "C" const unsigned char exceptionStubs[exceptionCount][16];

extern "C" [[noreturn, gnu::used]] void exceptionHappened(const ExceptionFrame *frame) {
    Text sentence("The boot firmware hit CPU exception ");
    sentence.decimal(frame->vector)
        .add(" at ")
        .hex(frame->rip)
        .add("; this is a bug in Nitroscope; please report it.");
    fail(Stage::reset, Failure{.reason = NITRO_BOOT_REASON_EXCEPTION,
                               .sentence = sentence.view(),
                               .found = frame->vector,
                               .expected = frame->rip});
}

void catchExceptions() {
    constexpr uint16_t bootCode = 0x10, presentInterruptGate = 0x8e00;
    for (unsigned i = 0; i < exceptionCount; ++i) {
        const auto at = reinterpret_cast<uint64_t>(exceptionStubs[i]);
        gates[i] = {.offsetLow = static_cast<uint16_t>(at),
                    .selector = bootCode,
                    .attributes = presentInterruptGate,
                    .offsetMiddle = static_cast<uint16_t>(at >> 16),
                    .offsetHigh = static_cast<uint32_t>(at >> 32),
                    .reserved = 0};
    }
    struct [[gnu::packed]] {
        uint16_t limit;
        const Gate *base;
    } const pointer{sizeof gates - 1, gates};
    asm volatile("lidt %0" : : "m"(pointer) : "memory");
}

} // namespace nitroscope::boot
