// SPDX-License-Identifier: GPL-2.0-or-later
//
// How Linux lays itself out on an architecture, and how a boot leads to it.
#pragma once

#include <cstdint>
#include <optional>
#include <QByteArrayView>
#include <span>
#include <string_view>

namespace nitroscope::arch {

// A per-CPU variable that has the task that runs, of several through the kernel's history.
struct CurrentTask {
    const char *symbol;
    // When it is one of several in a structure; else nullptr.
    const char *type, *field;
};

struct LinuxKernel {
    int kernelAddressBit;                // set in the kernel's virtual addresses, clear in a program's
    std::uint64_t imageBase;             // linked address of physical address 0 (__START_KERNEL_map)
    std::uint64_t directMap;             // usual address of the map of all physical memory (page_offset_base)
    std::uint64_t mostSlide;             // bytes that KASLR may move it
    std::uint64_t leastAlignment;        // of where it is loaded, and of the slide
    std::uint64_t perCpuEnd;             // symbols below are offsets in each CPU's own area; 0: none are
    std::uint64_t stackBytes;            // THREAD_SIZE
    const char *savedStackPointer;       // in task_struct
    std::span<const char *const> tables; // symbols of its own page tables, the most usual first
    std::span<const CurrentTask> currentTasks;
    // Of a CPU (QEMU's `g`): where its per-CPU data is.
    std::uint64_t (*perCpuBase)(QByteArrayView packet);

    constexpr bool isKernelAddress(std::uint64_t address) const { return address >> kernelAddressBit & 1; }
};

// The jumps by which a compressed kernel leaves itself, as offsets from the start of its code.
struct UnpackingJumps {
    std::uint64_t intoCopy = 0;
    std::uint64_t relocated = 0; // where `intoCopy` goes, in the copy
    std::uint64_t out = 0;       // in the copy
};

struct LinuxBoot {
    std::uint64_t entryOffset; // of the entry that our firmware uses
    const char *firmwareEntry; // symbol of the firmware's first instruction in the kernel's mode
    int jumpTarget;            // register through which the jumps go; QEMU's number
    // `code` is what is loaded, of which [payloadOffset, +payloadBytes) is the compressed kernel and not looked
    // at. Nothing unless there is exactly one place of this shape.
    std::optional<UnpackingJumps> (*findJumps)(QByteArrayView code, std::uint64_t payloadOffset,
                                               std::uint64_t payloadBytes);
};

} // namespace nitroscope::arch
