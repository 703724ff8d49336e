// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/App.hpp>

namespace nitroscope::cli {

void addCheck(CLI::App &parser, int &code);

} // namespace nitroscope::cli
