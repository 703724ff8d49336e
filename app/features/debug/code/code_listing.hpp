// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a disassembly view shows, line by line, around any address: labels where symbols begin, source places
// where DWARF has them, instructions, and stretches that are not read yet or cannot be read. Nothing is laid
// out in advance; lines are made for the part that is visible, from TargetMemory's pages.
#pragma once

#include "app/features/debug/code/disassembler.hpp"
#include "app/features/debug/memory/target_memory.hpp"

namespace nitroscope::app {

struct CodeLine {
    enum class Kind { label, source, instruction, waiting, unreadable };

    Kind kind = Kind::instruction;
    quint64 address = 0;
    Instruction instruction; // with Kind::instruction
    QString text;            // of the other kinds; of an instruction: its operands with symbols put in
    QString comment;         // what follows an instruction: what an operand points at
    bool isStale = false;
};

class CodeListing {
public:
    // All outlive the listing. The memory is guest-virtual; in code of 16 bits its addresses are linear.
    CodeListing(TargetMemory &memory, const Disassembler &disassembler);

    void setDisassembler(const Disassembler &disassembler) { m_disassembler = &disassembler; }
    const arch::Architecture &architecture() const { return m_disassembler->architecture(); }
    void setSegment(const CodeSegment &segment) { m_segment = segment; }
    const CodeSegment &segment() const { return m_segment; }
    void setSymbols(SymbolSourcePointer symbols) { m_symbols = std::move(symbols); }
    const SymbolSourcePointer &symbols() const { return m_symbols; }
    void setShowsSource(bool on) { m_showsSource = on; }
    bool showsSource() const { return m_showsSource; }

    // At least one and about `count` lines from the instruction at `top` on. What is missing is asked for.
    std::vector<CodeLine> lines(quint64 top, int count);
    // The address `steps` instructions before; as far as is known, at least one byte.
    quint64 before(quint64 address, int steps);
    quint64 after(quint64 address, int steps);
    // The instruction at the address, if its bytes are known.
    std::optional<Instruction> at(quint64 address);

private:
    void addHeadings(std::vector<CodeLine> &lines, quint64 address, QString &lastSource) const;
    CodeLine lineOf(Instruction instruction) const;

    TargetMemory &m_memory;
    const Disassembler *m_disassembler;
    CodeSegment m_segment;
    SymbolSourcePointer m_symbols;
    bool m_showsSource = true;
};

// Operands with symbols in the place of the addresses that have one ("call start_kernel"), and a comment for
// what the text does not say ("; linux_banner").
struct SymbolisedOperands {
    QString text, comment;
};
SymbolisedOperands symbolise(const Instruction &instruction, const SymbolSource *symbols);

} // namespace nitroscope::app
