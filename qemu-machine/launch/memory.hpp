// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much guest memory an EIF takes to boot: one answer for the machine's refusal, the window's advice and
// the command line tool. It is the firmware's own placement (firmware/boot/plan.hpp) run on the host, so the
// two cannot disagree.

#pragma once

#include "firmware/eif/arm_image.hpp"
#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/image.hpp"

#include <cstdint>

namespace nitroscope::launch {

// Guest memory in bytes: the whole, and (x86-64) what of it lies below 4 GiB; the rest starts at 4 GiB.
struct MemoryShape {
    uint64_t total = 0;
    uint64_t below4G = 0;
};

struct MemoryNeed {
    enum class Verdict { fits, tooSmall, neverFits } verdict = Verdict::fits;
    // Bytes, a multiple of 1 MiB, with which the firmware can place kernel and ramdisks; may be more than
    // strictly needed when the ramdisks have to go above 4 GiB. Unpacking the ramdisks takes more.
    uint64_t bytes = 0;
};

// `extraRamdisk` is the length of a ramdisk behind those of the image, 0 for none.
MemoryNeed memoryToBoot(const eif::BzImage &kernel, const eif::Image &image, uint64_t extraRamdisk,
                        MemoryShape shape);
MemoryNeed memoryToBoot(const eif::ArmImage &kernel, const eif::Image &image, uint64_t extraRamdisk,
                        MemoryShape shape);

// nitro-cli's own rule: an enclave gets at least four times the size of its EIF (E26).
constexpr uint64_t memoryNitroCliWants(uint64_t eifBytes) {
    return eifBytes > UINT64_MAX / 4 ? UINT64_MAX : 4 * eifBytes;
}

constexpr uint64_t mebibyte = uint64_t{1} << 20;

} // namespace nitroscope::launch
