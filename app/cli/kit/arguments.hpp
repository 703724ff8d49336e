// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of nitroscope-cli. Each function adds one to the parser; when the user asked for it, its
// work is done inside parse() and its exit code left in `code`. Names of commands and options are
// nitro-cli's where it has them.
#pragma once

#include <CLI/App.hpp>
#include <QString>
#include <string>

namespace nitroscope::cli {

void addRunEnclave(CLI::App &parser, int &code);
void addRecord(CLI::App &parser, int &code);
void addReplay(CLI::App &parser, int &code);
void addRecording(CLI::App &parser, int &code);
void addBuildEnclave(CLI::App &parser, int &code);
void addDescribeEif(CLI::App &parser, int &code);
void addEif(CLI::App &parser, int &code);
void addSignEif(CLI::App &parser, int &code);
void addPcr(CLI::App &parser, int &code);
void addPki(CLI::App &parser, int &code);
void addProxy(CLI::App &parser, int &code);
void addParent(CLI::App &parser, int &code);
void addCapture(CLI::App &parser, int &code);
void addAttest(CLI::App &parser, int &code);
void addGdb(CLI::App &parser, int &code);
void addKernel(CLI::App &parser, int &code);
void addKms(CLI::App &parser, int &code);
void addManual(CLI::App &parser, int &code); // after all others
void addSymbols(CLI::App &parser, int &code);
void addDescribeEnclaves(CLI::App &parser, int &code);
void addConsole(CLI::App &parser, int &code);
void addTerminateEnclave(CLI::App &parser, int &code);
void addExplain(CLI::App &parser, int &code);
void addShims(CLI::App &parser, int &code);

// Commands that print JSON anyway take --json as the others do, so that scripts need not know which is which.
void addJsonFlag(CLI::App &command);

// The program's name is nitro-cli: a link of that name, put before EC2's in the search path.
bool isCalledNitroCli();

// File names are bytes, other words are text in the user's encoding. A name that cannot be told from another one as text is
// a CLI::ValidationError.
QString pathOf(const std::string &argument);
QString textOf(const std::string &argument);

} // namespace nitroscope::cli
