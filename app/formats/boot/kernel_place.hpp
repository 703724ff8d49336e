// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far an unpacked kernel was moved from where it was linked to. The decompressor adds the distance
// (KASLR) to every place that its table of relocations names (arch/x86/tools/relocs.c; the table follows the
// ELF file in the payload, 32-bit places last). Comparing a few of these places in memory with the file tells
// the distance, whatever symbols the kernel has.
#pragma once

#include "app/formats/elf/elf_image.hpp"

namespace nitroscope::formats {

// A relocated field of 4 bytes.
struct RelocatedField {
    quint64 physical = 0; // guest-physical as linked
    quint32 linked = 0;   // its value in the file
};

// Up to `most` fields; empty for a kernel that cannot be moved. `payload` is the ELF file and what follows
// it.
QVector<RelocatedField> relocatedFields(const symbols::ElfImage &payload, int most);

} // namespace nitroscope::formats
