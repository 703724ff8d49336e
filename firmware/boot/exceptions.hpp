// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fault in the firmware must end in a sentence, not in a triple fault that looks like a reboot.
#pragma once

namespace nitroscope::boot {

void catchExceptions();

} // namespace nitroscope::boot
