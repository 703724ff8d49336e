// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names, source lines and unwind tables for every address of an enclave: boot firmware, kernel with its
// slide, kernel modules, and the programs of the process that runs. One immutable snapshot.
#pragma once

#include "app/formats/symbols/kernel_image.hpp"
#include "app/session/kernel/kernel_modules.hpp"
#include "app/session/target/symbol_source.hpp"

namespace nitroscope::app {

// A program as one process has it.
struct LoadedProgram {
    symbols::ProgramPointer program;
    quint64 bias = 0; // runtime minus linked address

    bool operator==(const LoadedProgram &) const = default;
};

struct SymbolParts {
    symbols::ProgramPointer firmware; // linked where it runs
    symbols::KernelImagePointer kernel;
    quint64 slide = 0;
    QVector<std::shared_ptr<const ModuleSymbols>> modules;
    QVector<LoadedProgram> programs; // of the process that runs
    QVector<LoadedProgram> others;   // of other processes: they have names, but addresses are not theirs
};

class DebugSymbols final : public SymbolSource {
public:
    explicit DebugSymbols(SymbolParts parts) : m_parts(std::move(parts)) {}
    const SymbolParts &parts() const { return m_parts; }

    std::optional<NamedPlace> place(quint64 address) const override;
    std::optional<quint64> address(const QString &name) const override;
    QVector<QString> complete(const QString &prefix, int most) const override;
    QVector<SourcePlace> source(quint64 address) const override;
    QMap<int, quint64> codeLines(quint64 address, const QString &file) const override;

    // "init/main.c" for a file below the compiler's folder; else as it is.
    static QString shortFile(const symbols::SourceLine &line);
    // Innermost first, with the linked address looked up where it belongs.
    QVector<symbols::SourceLine> lines(quint64 address) const;

    // What has code at an address, with the linked one; null when nothing does or it has no file of its own.
    struct Owner {
        const symbols::Program *program = nullptr; // firmware, a user program, or the kernel's debug file
        const symbols::SymbolTable *table = nullptr;
        QString module;
        quint64 linked = 0;
        bool isKernel = false;
    };
    std::optional<Owner> owner(quint64 address) const;

private:
    SymbolParts m_parts;
};

} // namespace nitroscope::app
