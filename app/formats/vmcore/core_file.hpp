// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest as a core file, for gdb, crash and drgn: ELF (System V gABI, "ELF Header", "Program Header", "Note Section") with
// the notes and segments that Linux' /proc/vmcore has (Documentation/admin-guide/kdump/kdump.rst).
//
//     header, program headers
//     notes      CORE NT_PRSTATUS for each CPU; VMCOREINFO, the page of text that the kernel wrote of itself
//     RAM        as the board has it; what was never written is a hole of the file
//
// There is a segment for each range of RAM, with the addresses at which the kernel has all RAM mapped, and more segments
// into the same bytes for what it has mapped elsewhere: its own image, modules, stacks.
#pragma once

#include "app/core/output/file_writer.hpp"
#include "app/formats/guest/mapped_ranges.hpp"

#include <functional>
#include <vector>

namespace nitroscope::formats {

struct CoreContent {
    guest::PhysicalMemory memory;
    QVector<guest::MappedRange> mapped; // of the kernel; none: segments have physical addresses
    std::vector<QByteArray> cpus;       // QEMU's `g` packets
    QByteArray vmcoreInfo;              // text; empty: none
};

// Bytes of RAM, of those that are not holes. False ends the work.
using CoreProgress = std::function<bool(quint64 done, quint64 all)>;

// Into a file that was started; the caller commits it. Errors: output, cancelled, guest-memory (it has ended meanwhile).
app::Result<void> writeCore(app::FileWriter &file, const CoreContent &content,
                            const CoreProgress &progress = {});

} // namespace nitroscope::formats
