// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head of an ELF file (System V ABI, "Object Files"; gABI): enough to say for which processor a program
// is, and whether it needs a dynamic loader and which. Foreign bytes: a file cut short gives what is there.

#pragma once

#include <optional>
#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::formats {

struct ElfHeader {
    bool is64Bit = false;
    bool isBigEndian = false;
    quint16 type = 0; // 2 program, 3 shared object or position-independent program, 1 relocatable (a module).
    quint16 machine = 0;         // As in app/core/arch/elf_machines.hpp.
    quint64 entry = 0;           // Guest-virtual address.
    QByteArray interpreter = {}; // Path of the dynamic loader; empty for a static program.
    bool isDynamic = false;      // Has a dynamic section.
    quint16 programHeaders = 0, sectionHeaders = 0;
    bool hasAllProgramHeaders = false; // There are some, and `front` holds them.
    quint64 loadedEnd = 0;             // File offset behind the last byte that is loaded.

    QString typeText() const;
    QString machineText() const;
};

// `front` is the start of the file; 64 KiB are plenty. Nothing when it is no ELF.
std::optional<ElfHeader> readElfHeader(const QByteArray &front);

} // namespace nitroscope::formats
