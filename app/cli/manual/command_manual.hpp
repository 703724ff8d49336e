// SPDX-License-Identifier: GPL-2.0-or-later
//
// The manual pages of nitroscope-cli: one for each command, made of what its --help says.
#pragma once

#include "app/core/result.hpp"

#include <CLI/App.hpp>
#include <QByteArray>
#include <QVector>

namespace nitroscope::cli {

struct CommandPage {
    QString fileName; // "nitroscope-cli-eif-lint.1"
    QByteArray roff;
};

// Of the parser and all commands below it but those that help leaves out.
QVector<CommandPage> commandPages(const CLI::App &parser);

} // namespace nitroscope::cli
