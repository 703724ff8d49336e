// SPDX-License-Identifier: GPL-2.0-or-later
//
// What init's last words and the exit code in a panic of "Attempted to kill init!" mean, in words and with advice.
// The rules are those of AWS's init (docs/enclave-init.md): it exits with an errno when it cannot go on.
#pragma once

#include "app/session/account/session_types.hpp"
#include "app/session/run/console_scanner.hpp"

namespace nitroscope::app {

// `panicLine` from "Kernel panic" on; `initLine` is what init said last before it, or empty.
EndReason explainPanic(const QString &panicLine, const QString &initLine);
// For a reboot after the end of the image's program, which `end` knows.
EndReason explainProgramEnd(const ProgramEnd &end);

} // namespace nitroscope::app
