// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands with which `nitroscope-cli gdb` starts stock gdb: symbols, connection, breakpoints at the
// stages that are still to come, and two commands of ours.
#pragma once

#include "app/session/debug/live_target.hpp"

#include <QProcess>

namespace nitroscope::cli {

struct GdbScript {
    QString socket;                               // of our gdb endpoint
    QString folder;                               // for the files that are written
    app::BootPoint stage = app::BootPoint::reset; // where the target stands
};

// Path of the command file. Errors: "output".
app::Result<QString> writeGdbScript(const GdbScript &script, const app::LiveTarget &target);

// gdb in the user's terminal, with that script and these arguments. Ctrl-C is gdb's, whatever this program does with it.
app::Result<void> startGdb(QProcess &gdb, const GdbScript &script, const app::LiveTarget &target,
                           const QStringList &arguments);

} // namespace nitroscope::cli
