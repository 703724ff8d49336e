// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small programs for FakeTarget with the path that a CPU takes through them: real machine code of 16, 32 and
// 64 bits, and after each instruction the registers that it changed. No emulation, so that nothing but the
// table decides what a test sees.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/session/target/symbol_source.hpp"

#include <map>

namespace nitroscope::app {

struct FakeStep {
    quint64 pc = 0;                             // linear
    int depth = 0;                              // calls that have not returned
    QVector<std::pair<int, quint64>> registers; // by QEMU's number, that changed on the way here
};

struct FakeSymbol {
    QString name, module;
    quint64 address = 0;
    bool isText = true;
};

struct FakeProgram {
    CodeSegment segment;
    quint64 base = 0; // linear address of the code
    QByteArray code;
    QVector<FakeSymbol> symbols;
    QVector<FakeStep> path;
    quint64 stackTop = 0;
    QByteArray stack; // up to stackTop

    static FakeProgram bits64(); // a loop that calls a function: start_kernel, count_bytes
    static FakeProgram bits32();
    static FakeProgram bits16(); // the code segment's base is not 0
};

// Names in a table; sources by address.
class FakeSymbols : public SymbolSource {
public:
    void add(const FakeSymbol &symbol) { m_symbols.insert({symbol.address, symbol}); }
    void addSource(quint64 address, QVector<SourcePlace> places) { m_sources[address] = std::move(places); }

    std::optional<NamedPlace> place(quint64 address) const override;
    std::optional<quint64> address(const QString &name) const override;
    QVector<QString> complete(const QString &prefix, int most) const override;
    QVector<SourcePlace> source(quint64 address) const override;
    void addCodeLines(const QString &file, const QMap<int, quint64> &lines) { m_codeLines[file] = lines; }
    QMap<int, quint64> codeLines(quint64, const QString &file) const override {
        return m_codeLines.value(file);
    }

private:
    std::map<quint64, FakeSymbol> m_symbols;
    std::map<quint64, QVector<SourcePlace>> m_sources; // each up to the next address
    QMap<QString, QMap<int, quint64>> m_codeLines;
};

} // namespace nitroscope::app
