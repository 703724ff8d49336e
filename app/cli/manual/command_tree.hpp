// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parser's commands and options as manual pages and completion see them: what --help shows, and nothing else.
#pragma once

#include <CLI/App.hpp>
#include <QString>
#include <QStringList>
#include <vector>

namespace nitroscope::cli {

std::vector<const CLI::App *> shownCommands(const CLI::App &command);
std::vector<const CLI::Option *> shownOptions(const CLI::App &command); // without positionals
std::vector<const CLI::Option *> positionals(const CLI::App &command);

// "FILE", "on|off", "MIB"; empty for a flag.
QString valueName(const CLI::Option &option);
// The words that the option takes, when they are known: of "on|off", and of a check's set.
QStringList valueChoices(const CLI::Option &option);

} // namespace nitroscope::cli
