// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the programs and files that belong to this build are. Everything is found relative to the running
// executable, so that a build folder can be moved; nothing is looked up in PATH, because another QEMU would
// not have the nitro-enclave machine of ours.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Environment variables that name another QEMU.
inline constexpr auto qemuVariable = "NITROSCOPE_QEMU";              // for x86-64
inline constexpr auto otherQemuVariable = "NITROSCOPE_QEMU_AARCH64"; // for aarch64

// The QEMU to run: `chosen` when not empty, else that of the environment, else the one beside the executable. `emulator`
// is its program, when it is not that of the usual architecture. Error qemu-missing when that is not an executable file.
Result<QString> locateQemu(const QString &chosen = {}, QLatin1StringView emulator = {});

// bin/../share/nitroscope: the firmware ROM and other data.
QString shareFolder();

// A part of the demo enclave, bin/../demo/NAME; empty when it is not there.
QString demoFile(QLatin1StringView name);

} // namespace nitroscope::app
