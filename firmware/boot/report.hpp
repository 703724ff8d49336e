// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the firmware tells the machine through the boot port and the user on the console.
#pragma once

#include "firmware/boot/handover.h"
#include "firmware/eif/image.hpp"

#include <cstdint>
#include <string_view>

namespace nitroscope::boot {

enum class Stage : uint8_t {
    reset = NITRO_BOOT_STAGE_RESET,
    header = NITRO_BOOT_STAGE_HEADER,
    crc = NITRO_BOOT_STAGE_CRC,
    kernel = NITRO_BOOT_STAGE_KERNEL,
    ramdisk = NITRO_BOOT_STAGE_RAMDISK,
    handoff = NITRO_BOOT_STAGE_HANDOFF,
};

inline constexpr uint64_t noOffset = ~uint64_t{0};

// A stage has been completed. Only ramdisks have an index. The words go to the console as one line.
void reportStage(Stage stage, std::string_view words, uint32_t index = NITRO_BOOT_NO_INDEX);

// Something is wrong but the boot goes on.
void reportWarning(Stage stage, const eif::Diagnostic &diagnostic);

// Something is wrong and the boot ends here: console line, failure report, halt.
[[noreturn]] void fail(Stage stage, const eif::Diagnostic &diagnostic);

// The same for the firmware's own reasons, which concern no byte of the EIF.
struct Failure {
    uint32_t reason; // NITRO_BOOT_REASON_*
    std::string_view sentence;
    uint64_t found = 0;
    uint64_t expected = 0;
};
[[noreturn]] void fail(Stage stage, const Failure &failure);

} // namespace nitroscope::boot
