// SPDX-License-Identifier: GPL-2.0-or-later
//
// The programs in an EIF's ramdisks with their symbols, found by the path that a process has mapped, by build
// id, or by a page of their code.
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/session/kernel/process_memory.hpp"
#include "app/session/unwind/debug_symbols.hpp"

namespace nitroscope::app {

class EnclavePrograms {
public:
    // Lists the ramdisks' files, which unpacks them once. Errors: those of EifDocument and RamdiskReader.
    static Result<std::shared_ptr<EnclavePrograms>> open(const QString &eifPath);
    // Of an EIF that is open already; what was listed of it is not listed again.
    static Result<std::shared_ptr<EnclavePrograms>> open(const formats::EifDocument &eif);

    // The ELF file that a process knows as `path` ("/usr/bin/app"); it may have had another root when it was
    // unpacked ("rootfs/usr/bin/app"). Null when there is none, or when several would fit. Kept once read.
    symbols::ProgramPointer find(const QString &path);
    // Null when no file has this build id in its first page.
    symbols::ProgramPointer byBuildId(const QByteArray &buildId);
    // The file that has these 4096 bytes as code, where they are at `address`, a page's start. Nothing when
    // no file has them, or several that differ: padding and start-up code are in many.
    std::optional<LoadedProgram> byCode(const QByteArray &page, quint64 address);
    // What a process has mapped, at the addresses where it has it.
    QVector<LoadedProgram> loadedBy(const ProcessMemory &process);

private:
    explicit EnclavePrograms(formats::RamdiskIndexPointer index) : m_index(std::move(index)) {}

    using Place = formats::BootFiles::Place;
    // Calls `look` with each ELF file: place, first bytes, and what reads its content so far unread.
    using Look = std::function<void(Place place, const QByteArray &head, formats::RamdiskReader &reader)>;
    void eachElf(const Look &look) const;
    symbols::ProgramPointer open(Place place);

    formats::RamdiskIndexPointer m_index;
    QHash<QString, symbols::ProgramPointer> m_programs; // by path
    QHash<quint64, symbols::ProgramPointer> m_opened;   // by place
    QHash<QByteArray, Place> m_buildIds;
    bool m_areBuildIdsKnown = false;
};

} // namespace nitroscope::app
