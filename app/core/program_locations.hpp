// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the programs and files that belong to this build are. Everything is found relative to the running
// executable, so that a build folder can be moved; nothing is looked up in PATH, because another QEMU would
// not have the nitro-enclave machine of ours.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

inline constexpr auto qemuVariable = "NITROSCOPE_QEMU"; // environment variable that names another QEMU

// The QEMU to run: `chosen` when not empty, else $NITROSCOPE_QEMU, else the one beside the executable.
// Error qemu-missing when that is not an executable file.
Result<QString> locateQemu(const QString &chosen = {});

// bin/../share/nitroscope: the firmware ROM and other data.
QString shareFolder();

// A part of the demo enclave, bin/../demo/NAME; empty when it is not there.
QString demoFile(QLatin1StringView name);

} // namespace nitroscope::app
