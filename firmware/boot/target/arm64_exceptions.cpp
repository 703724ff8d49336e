// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/exceptions.hpp"

#include "firmware/boot/report.hpp"
#include "firmware/boot/text.hpp"

#include <cstdint>

extern "C" const unsigned char exceptionVectors[];

namespace nitroscope::boot {

extern "C" [[noreturn, gnu::used]] void exceptionHappened(uint64_t syndrome, uint64_t address, uint64_t at) {
    Text sentence("The boot firmware hit a CPU exception (ESR ");
    sentence.hex(syndrome)
        .add(", address ")
        .hex(address)
        .add(") at ")
        .hex(at)
        .add("; this is a bug in Nitroscope; please report it.");
    fail(Stage::reset, Failure{.reason = NITRO_BOOT_REASON_EXCEPTION,
                               .sentence = sentence.view(),
                               .found = syndrome,
                               .expected = at});
}

void catchExceptions() {
    asm volatile("msr vbar_el1, %0; isb" : : "r"(exceptionVectors) : "memory");
}

} // namespace nitroscope::boot
