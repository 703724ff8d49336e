// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands that show the kernel's own view from inside, for comparison with what a debugger reads from
// outside: processes, any file of /proc or /sys, loading a module.
#pragma once

#include "tests/enclave/init/enclave.hpp"

namespace nitroscope::demo {

// "task PID TID PARENT STATE NAME" for every thread, from /proc/*/task/*/stat.
void listTasks(Enclave &enclave);
// A whole file, line by line; what is read is not a terminal's text, so it is passed on as it is.
void showFile(Enclave &enclave, const std::string &path);
void loadModule(Enclave &enclave, const std::string &path);

} // namespace nitroscope::demo
