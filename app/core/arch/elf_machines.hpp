// SPDX-License-Identifier: GPL-2.0-or-later
//
// Processors by their number in ELF files (System V gABI, e_machine): those whose programs turn up in images.
#pragma once

namespace nitroscope::arch {

enum ElfMachine : int { elfI386 = 3, elfArm = 40, elfX86_64 = 62, elfAarch64 = 183, elfRiscv = 243 };

// As tools for EIFs say it; nullptr for others.
constexpr const char *elfMachineName(int machine) {
    switch (machine) {
    case elfI386:
        return "i386";
    case elfArm:
        return "arm";
    case elfX86_64:
        return "x86_64";
    case elfAarch64:
        return "aarch64";
    case elfRiscv:
        return "riscv";
    default:
        return nullptr;
    }
}

} // namespace nitroscope::arch
