// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far QEMU's log of events reaches. It has no index and no end when QEMU was killed, so who replays it has to know
// before which byte to stop; and since it may come from anybody, that no event asks for more memory than it may.
#pragma once

#include "qemu-machine/record/core/record.h"

#include <cstdio>
#include <string>

namespace nitroscope::record {

// Reads from the start of `file`. False and a sentence when this is no log.
bool scanLog(std::FILE *file, NitroLogExtent &extent, std::string &problem);

} // namespace nitroscope::record
