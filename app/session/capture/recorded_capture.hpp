// SPDX-License-Identifier: GPL-2.0-or-later
//
// The end of a capture that QEMU itself has written: whether it got to the disk. QEMU goes on when the disk is full.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Whether the file ends where a block ends, which a write that failed leaves otherwise: both lengths of the last block
// (pcapng, "General Block Structure") agree. One that does not is renamed (markCut), and the error says to what. What is no
// regular file, a pipe, is fine.
Result<void> checkRecordedCapture(const QString &path);

} // namespace nitroscope::app
