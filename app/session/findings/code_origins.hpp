// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which files the code is from that a plugin met, after the guest is gone: programs by the pages of code that the plugin
// kept, the kernel's slide by comparing pages of it with its file at each place that KASLR could have chosen.
#pragma once

#include "app/formats/findings/findings.hpp"
#include "app/session/programs/enclave_programs.hpp"
#include "app/session/unwind/debug_symbols.hpp"

#include <QHash>

namespace nitroscope::app {

// Each may be null.
struct CodeFiles {
    symbols::KernelImagePointer kernel;
    symbols::ProgramPointer firmware;
    std::shared_ptr<EnclavePrograms> programs;
};

// How far KASLR moved the kernel, by what was kept of its code; nothing when that is not this kernel's.
std::optional<quint64> slideByCode(const symbols::KernelImage &kernel,
                                   const QVector<formats::CodePage> &pages);

class CodeOrigins {
public:
    // Reads ramdisks: for workers.
    CodeOrigins(const formats::Findings &findings, CodeFiles files);

    const CodeFiles &files() const { return m_files; }
    std::optional<quint64> slide() const { return m_slide; }
    // The program that has this page as code, and where it was; nothing when no file has.
    const std::optional<LoadedProgram> &ofPage(quint32 page) const { return m_pages[page]; }
    // What has code in a process: the kernel, the firmware, its programs in the order in which they were met.
    const DebugSymbols &ofProcess(quint32 process) const;

private:
    std::optional<LoadedProgram> recognise(const formats::CodePage &page);
    SymbolParts common() const;

    CodeFiles m_files;
    std::optional<quint64> m_slide;
    QVector<std::optional<LoadedProgram>> m_pages;
    QVector<LoadedProgram> m_known; // programs that were recognised, as they were loaded
    int m_searches = 0;
    std::unordered_map<quint32, DebugSymbols> m_processes;
    DebugSymbols m_without; // of processes without programs
};

} // namespace nitroscope::app
