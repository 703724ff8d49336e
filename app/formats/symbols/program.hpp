// SPDX-License-Identifier: GPL-2.0-or-later
//
// One ELF file that runs in the guest, with what it says about itself: symbols (.symtab, else .dynsym), and
// through elfutils' libdw source lines, inlined functions and call frame information. All addresses are as
// linked; where the program was loaded is the caller's to know.
//
// Immutable and usable from any thread. The file's bytes are kept in memory, so that a file that changes on
// disk does no harm.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/elf/elf_image.hpp"
#include "app/formats/symbols/frame_registers.hpp"
#include "app/formats/symbols/symbol_table.hpp"

#include <memory>
#include <QMap>

namespace nitroscope::symbols {

struct SourceLine {
    QString file;     // as in DWARF: the compiler's folder and the file's name
    QString folder;   // the compiler's folder; to be cut off where space is short
    int line = 0;     // 0 when the compiler could not say
    QString function; // that the line belongs to
};

// What of the file is in memory: its sections, or its segments when it tells nothing of sections.
QVector<SymbolSection> symbolSections(const ElfImage &elf);

class DwarfFile; // libdw's handles

class Program {
public:
    // `name` is what frames say: "vmlinux", "init". Errors: not-elf, program-file.
    static app::Result<std::shared_ptr<const Program>> open(const QByteArray &bytes, const QString &name);
    // At most 4 GiB.
    static app::Result<std::shared_ptr<const Program>> openFile(const QString &path, const QString &name);
    ~Program();

    const QString &name() const { return m_name; }
    const ElfImage &elf() const { return m_elf; }
    const SymbolTable &symbols() const { return m_symbols; }
    bool hasDwarf() const;

    // Innermost inlined function first; empty without DWARF for this address.
    QVector<SourceLine> source(quint64 address) const;
    // The lines of a file that have code in the compilation unit around an address, each with its first instruction;
    // `file` with or without the compiler's folder in front.
    QMap<int, quint64> codeLines(quint64 address, const QString &file) const;
    // The caller's registers by call frame information (.debug_frame, else .eh_frame); nothing when there is
    // none for this address or it cannot be followed.
    std::optional<FrameRegisters> caller(const FrameRegisters &here, quint64 linkedPc,
                                         const ReadWord &read) const;
    DwarfFile *dwarf() const { return m_dwarf.get(); }

private:
    Program(const QByteArray &bytes, const QString &name, ElfImage elf);

    QByteArray m_bytes;
    QString m_name;
    ElfImage m_elf;
    SymbolTable m_symbols;
    std::unique_ptr<DwarfFile> m_dwarf;
};

using ProgramPointer = std::shared_ptr<const Program>;

} // namespace nitroscope::symbols
