// SPDX-License-Identifier: GPL-2.0-or-later
//
// The symbols of an ELF file that was not stripped (System V ABI, "Symbol Table"), as nm would list them.
#pragma once

#include "app/formats/symbols/elf_image.hpp"
#include "app/formats/symbols/symbol_table.hpp"

namespace nitroscope::symbols {

// Functions and objects with a name, from .symtab or else .dynsym; addresses as linked. Empty when there is
// no table. At most 4 million.
SymbolTable elfSymbols(const ElfImage &elf);

} // namespace nitroscope::symbols
