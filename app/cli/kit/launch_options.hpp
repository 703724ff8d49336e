// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch options of a command that starts an enclave, out of the table in app/session/launch.
#pragma once

#include "app/session/launch/launch_options.hpp"

#include <CLI/App.hpp>

namespace nitroscope::cli {

// Adds those options that can be said in `place`; what the user says is checked, as a mistake in the command
// line and before anything starts, and put into `spec`, which must live until the command line has been parsed.
void addLaunchOptions(CLI::App &command, app::OptionPlaces place, app::LaunchSpec &spec);

} // namespace nitroscope::cli
