// SPDX-License-Identifier: GPL-2.0-or-later
//
// The image's program: what /cmd and /env say of it, its start and its end.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace nitroscope::image {

// One word of the command, one variable, in each line.
struct Settings {
    std::vector<std::string> arguments, environment;
};

// Reads /cmd and /env and removes both. Crashes when one of them is missing, as AWS's init does.
Settings takeSettings();

// Starts the program in a session of its own.
pid_t startProgram(const Settings &settings);
// Reaps everything that ends, until the program is among it; says when that ended badly.
void reapUntil(pid_t program);

} // namespace nitroscope::image
