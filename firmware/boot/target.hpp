// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a boot has of its processor architecture: the kernel's format, where memory is and what goes where, and how a
// kernel is entered. main.cpp and loader.cpp know no more of it; each ROM has these functions once, in
// target/x86_target.cpp or target/arm64_target.cpp. There is one kernel, the one that was parsed last.
#pragma once

#include "firmware/boot/fw_cfg.hpp"
#include "firmware/boot/handover.h"
#include "firmware/boot/plan.hpp"
#include "firmware/eif/image.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot::target {

// Whose images it boots.
extern const eif::Machine machine;

// Bytes of a kernel's start that tell all that is to be known of it.
inline constexpr size_t kernelHeadSize = 4096;

// `head` is as much of them as the kernel has; `size` is that of its file.
eif::DiagnosticList parseKernel(std::span<const std::byte> head, uint64_t size, eif::KernelOrigin origin);
// Of its file: what stays where it is, and what behind it is loaded.
uint64_t skippedBytes();
uint64_t loadedBytes();
// Bytes of a command line that it takes, without the terminating zero.
uint64_t cmdlineLimit();

// Where the command line is put together, with room for its terminating zero.
std::span<std::byte> cmdlineRoom();

// Ends the boot when the machine does not tell.
void readMemory(const FwCfg &fwCfg, const nitro_boot_info &bootInfo);
uint64_t totalMemory();
// For the kernel and ramdisks of that length, with the padding between them.
Plan plan(uint64_t ramdiskBytes);
// Before anything is put to where the plan has it.
void prepare(const Plan &plan);

// Tables for the kernel, the platform's consent, the jump. `head` is what parseKernel() saw.
[[noreturn]] void enterKernel(std::span<const std::byte> head, const Plan &plan, uint64_t ramdiskBytes,
                              const nitro_boot_info &bootInfo);

} // namespace nitroscope::boot::target
