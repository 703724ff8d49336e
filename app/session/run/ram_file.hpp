// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the guest's RAM of an enclave that another process of this user runs can be read.
#pragma once

#include "app/core/result.hpp"
#include "app/session/process/process_handle.hpp"

namespace nitroscope::app {

// `keeper` runs QEMU as its child; QEMU's own command line names the file. Errors: no-ram-file.
Result<QString> ramFileOf(const ProcessName &keeper);
// The file of `memory-backend-file` in QEMU's arguments, each ended by a zero byte.
std::optional<QString> ramFileIn(const QByteArray &commandLine);

} // namespace nitroscope::app
