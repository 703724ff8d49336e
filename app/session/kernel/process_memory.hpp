// SPDX-License-Identifier: GPL-2.0-or-later
//
// One process from outside: its address space and which files are mapped where (struct mm_struct, Linux,
// include/linux/mm_types.h). Since 6.1 the mappings are in a maple tree (include/linux/maple_tree.h), before
// in a list. Needs types (BTF or DWARF). Foreign memory: depth and number of everything are bounded.
#pragma once

#include "app/session/kernel/kernel_tasks.hpp"

namespace nitroscope::app {

struct FileMapping {
    quint64 start = 0, end = 0, fileOffset = 0; // bytes
    QString path;                               // from the root of its file system
};

struct ProcessMemory {
    quint64 pageTable = 0; // physical
    QVector<FileMapping> files;
};

// Errors: no-layout, no-process (a kernel thread, or one that ends).
Result<ProcessMemory> readProcess(const RunningKernel &kernel, const TaskLayout &layout, quint64 task);

} // namespace nitroscope::app
