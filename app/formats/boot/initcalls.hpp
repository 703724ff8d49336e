// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first function of each initcall level of a Linux kernel, found without symbols for data (kernels with
// CONFIG_KALLSYMS_ALL off have none): init/main.c has an array of nine pointers, initcall_levels, to where
// the levels 0..7 begin and the last one ends, and what they point to are the initcalls: 8-byte pointers, or
// 4-byte offsets from their own place since 4.19. Nothing else in a kernel's image looks like that, because
// every one of them must be the start of a function.
#pragma once

#include "app/formats/elf/elf_image.hpp"
#include "app/formats/symbols/symbol_table.hpp"

namespace nitroscope::formats {

struct InitcallLevel {
    int level = 0;     // 0..7; empty levels are left out
    quint64 first = 0; // guest-virtual as linked: the level's first function
    int calls = 0;
};

const char *
initcallLevelName(int level); // "pure", "core", "postcore", "arch", "subsys", "fs", "device", "late"

// `symbols` must be those of the image, as linked. Empty when the array is not there.
QVector<InitcallLevel> findInitcallLevels(const symbols::ElfImage &vmlinux,
                                          const symbols::SymbolTable &symbols);

} // namespace nitroscope::formats
