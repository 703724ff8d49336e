// SPDX-License-Identifier: GPL-2.0-or-later
//
// The programs in an EIF's ramdisks, found by the path that a process has mapped, with their symbols.
#pragma once

#include "app/formats/eif_document.hpp"
#include "app/formats/ramdisk.hpp"
#include "app/session/kernel/debug_symbols.hpp"
#include "app/session/kernel/process_memory.hpp"

namespace nitroscope::app {

class EnclavePrograms {
public:
    // Lists the ramdisks' files, which unpacks them once. Errors: those of EifDocument and RamdiskReader.
    static Result<std::shared_ptr<EnclavePrograms>> open(const QString &eifPath);

    // The ELF file that a process knows as `path` ("/usr/bin/app"); it may have had another root when it was
    // unpacked ("rootfs/usr/bin/app"). Null when there is none, or when several would fit. Kept once read.
    symbols::ProgramPointer find(const QString &path);
    // What a process has mapped, at the addresses where it has it.
    QVector<LoadedProgram> loadedBy(const ProcessMemory &process);

private:
    explicit EnclavePrograms(formats::EifDocument document) : m_document(std::move(document)) {}

    formats::EifDocument m_document;
    std::vector<formats::Ramdisk> m_ramdisks;
    std::optional<formats::BootFiles> m_files;
    QHash<QString, symbols::ProgramPointer> m_programs;
};

} // namespace nitroscope::app
