// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel's file with all that a debugger wants of it: symbols from kallsyms, ORC tables, BTF, and DWARF
// when it is a vmlinux of that kind or when one was given beside it. Addresses are as linked. Immutable.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/formats/symbols/kernel_file.hpp"
#include "app/formats/symbols/orc.hpp"
#include "app/formats/symbols/program.hpp"
#include "app/formats/symbols/type_layouts.hpp"

namespace nitroscope::symbols {

class KernelImage;
using KernelImagePointer = std::shared_ptr<const KernelImage>;

class KernelImage {
public:
    // An EIF, bzImage or vmlinux. Blocks for the time of decompression. Errors: those of openKernelFile,
    // not-elf. A kernel without symbols is no error.
    static app::Result<KernelImagePointer> open(const QString &path);
    static app::Result<KernelImagePointer> fromVmlinux(const QByteArray &vmlinux, const QString &versionText);
    // The same kernel with the debug information of a vmlinux. Errors: those of Program, debug-file (the file
    // belongs to another kernel: its build id differs, or it has no DWARF).
    app::Result<KernelImagePointer> withDebugFile(const QString &path) const;

    // What is left when the kernel is built without CONFIG_KALLSYMS_ALL, as AWS's are: functions and no
    // types.
    KernelImagePointer functionsOnly() const;

    // Of the ELF file; it says what addresses mean.
    const arch::Architecture &architecture() const;
    const ElfImage &elf() const { return m_elf; }
    const SymbolTable &symbols() const { return m_symbols; }
    // Why there are no symbols; empty otherwise.
    const QString &symbolsProblem() const { return m_symbolsProblem; }
    // Absent when the symbols come from .symtab.
    const std::optional<KallsymsLayout> &layout() const { return m_layout; }
    // Whether data symbols are there, too (CONFIG_KALLSYMS_ALL).
    bool hasDataSymbols() const { return m_hasDataSymbols; }
    const std::optional<OrcTable> &orc() const { return m_orc; }
    // BTF first, then DWARF; null when there is neither.
    const TypeLayoutsPointer &layouts() const { return m_layouts; }
    // With DWARF; null without.
    const ProgramPointer &debug() const { return m_debug; }
    // "Linux version 6.12…", as far as it stands in the file; empty when it is not found.
    const QByteArray &banner() const { return m_banner; }
    // Second word but one of the banner: "6.12.95".
    QString release() const;
    // First address of the kernel, and behind its last byte, .bss included; as linked.
    quint64 start() const { return m_start; }
    quint64 end() const { return m_end; }
    // To be added to a linked address for the physical one that it was linked for (0x1000000 as a rule).
    quint64 linkedPhysicalOffset() const { return m_physicalOffset; }

private:
    KernelImage() = default;
    void findBanner();

    QByteArray m_vmlinux;
    ElfImage m_elf;
    SymbolTable m_symbols;
    QString m_symbolsProblem;
    std::optional<KallsymsLayout> m_layout;
    bool m_hasDataSymbols = false;
    std::optional<OrcTable> m_orc;
    TypeLayoutsPointer m_layouts;
    ProgramPointer m_debug;
    QByteArray m_banner;
    quint64 m_start = 0, m_end = 0, m_physicalOffset = 0;
};

} // namespace nitroscope::symbols
