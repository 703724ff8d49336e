// SPDX-License-Identifier: GPL-2.0-or-later
//
// Linux's x86-64 system calls by number (asm/unistd_64.h), and which argument of a call is a path.
#pragma once

#include <cstdint>
#include <string_view>

namespace nitroscope::plugins {

// Empty for a number that this build does not know.
std::string_view syscallName(std::uint64_t number);
// Index of the argument that points to a path, -1 when there is none.
int pathArgument(std::uint64_t number);

} // namespace nitroscope::plugins
