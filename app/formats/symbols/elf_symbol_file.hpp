// SPDX-License-Identifier: GPL-2.0-or-later
//
// A symbol table as an ELF file that debuggers take: sections without content that cover the addresses as
// linked, and a .symtab. `symbol-file -o SLIDE` of gdb moves it as a whole.
#pragma once

#include "app/formats/symbols/symbol_table.hpp"

namespace nitroscope::symbols {

// Text symbols become functions that reach to the next symbol, others objects; per-CPU symbols are absolute.
// `machine` is e_machine.
QByteArray elfSymbolFile(const SymbolTable &table, int machine);

} // namespace nitroscope::symbols
