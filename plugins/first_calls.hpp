// SPDX-License-Identifier: GPL-2.0-or-later
//
// When each kernel function ran for the first time: what a boot timeline is made of.
//
// Functions come from a file of lines "ADDRESS TYPE NAME" like System.map and `nm`, in hexadecimal, with the
// addresses that the running kernel has (for one that moves itself: `nokaslr`, or add the slide). Only text
// symbols count. A block of code that begins at such an address reports itself once; later calls cost one
// test of a flag.
#pragma once

#include "plugins/qemu_api.hpp"

#include <string>

namespace nitroscope::plugins {

// How many functions were read; -1 with a reason when the file cannot be read or has none.
long readFunctions(const char *path, std::string &problem);
// In the callback that QEMU makes for each translated block.
void watchFirstCalls(qemu_plugin_tb *block);

} // namespace nitroscope::plugins
