// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/session/run/enclave_run.hpp"

namespace nitroscope::app {

// Of a run that nobody looks into: a panic ends it, as soon as the kernel has had the time to print its stack.
inline RunLimits unattendedLimits() {
    return {.afterPanicMs = 2'000};
}

} // namespace nitroscope::app
