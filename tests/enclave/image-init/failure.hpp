// SPDX-License-Identifier: GPL-2.0-or-later
//
// How init says that something failed, and how it gives up. Process 1 that exits makes the kernel panic, with
// init's exit status in the panic's exitcode: the errno, so that somebody can tell the reason from it.
#pragma once

#include <string>

namespace nitroscope::image {

// "WHAT: " and the words for errno, on standard error. errno stays.
void warn(const std::string &what);

[[noreturn]] void giveUp();
[[noreturn]] void giveUp(const std::string &what);

} // namespace nitroscope::image
