// SPDX-License-Identifier: GPL-2.0-or-later
//
// The architectures that enclaves run on here. Who is at the beginning of things (a run, a command, an opened file)
// asks once and hands the answer on.
#pragma once

#include "app/core/arch/architecture.hpp"

namespace nitroscope::arch {

// By its name ("x86_64") or by e_machine of an ELF file; nullptr for one that is not known here.
const Architecture *architectureNamed(std::string_view name);
const Architecture *architectureOfElf(int machine);
// Of a kernel's file, which is of no other architecture than its machine.
const Architecture &architectureOfKernel(int elfMachine);
// What is taken when nothing says which one it is.
const Architecture &usualArchitecture();

} // namespace nitroscope::arch
