// SPDX-License-Identifier: GPL-2.0-or-later
//
// `build-enclave --cmd PROGRAM WORD…`: the words of the image's command may look like options. The parser would
// take them for build-enclave's own and refuse them, so they are marked before it sees them.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace nitroscope::cli {

// The command line (without our program's name) with every word that belongs to the command as `--cmd=WORD`: what
// follows --cmd up to build-enclave's next own option, and all that follows `--`.
std::vector<std::string> withCommandWords(const CLI::App &buildEnclave,
                                          const std::vector<std::string> &words);

} // namespace nitroscope::cli
