// SPDX-License-Identifier: GPL-2.0-or-later
//
// The platform's consent: no kernel is entered before the machine has measured the image.
#pragma once

#include "firmware/boot/plan.hpp"

namespace nitroscope::boot {

// Ends the boot when the machine refuses. Meanwhile it touches what the kernel will take first, so that the host has
// cleared those pages before anybody waits for them.
void waitForMeasurement(MemoryRange takenFirst);

} // namespace nitroscope::boot
