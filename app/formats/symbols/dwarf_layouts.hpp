// SPDX-License-Identifier: GPL-2.0-or-later
//
// Layouts of structures from a program's DWARF. Names are looked for unit by unit and remembered on the way,
// so that what the first units have is found at once.
#pragma once

#include "app/formats/symbols/program.hpp"
#include "app/formats/symbols/type_layouts.hpp"

namespace nitroscope::symbols {

// Null without DWARF.
TypeLayoutsPointer dwarfLayouts(ProgramPointer program);

} // namespace nitroscope::symbols
