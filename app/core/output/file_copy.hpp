// SPDX-License-Identifier: GPL-2.0-or-later
//
// A copy of a file, which may be large: it shares the original's blocks where the file system can do that, so that it costs
// neither time nor disk.
#pragma once

#include "app/core/result.hpp"

#include <stop_token>

namespace nitroscope::app {

// Makes a new file, the user's alone (0600); nothing stays of one that could not be finished. Blocks: run it in a worker.
// Errors: "input" (cannot be read, is no regular file), "output" (exists, no room), "cancelled"; with the path as context.
Result<void> copyFile(const QString &source, const QString &target, const std::stop_token &stop = {});

} // namespace nitroscope::app
