// SPDX-License-Identifier: GPL-2.0-or-later
//
// The usual limits for foreign archives, stopped by and reporting to a background task.
#pragma once

#include "app/formats/ramdisk/ramdisk_reader.hpp"
#include "app/ui/work/background_task.hpp"

namespace nitroscope::app {

inline formats::RamdiskLimits limitsUnder(const BackgroundTask::Control &control) {
    formats::RamdiskLimits limits;
    limits.unpack.stop = control.stop;
    limits.unpack.progress = control.progress;
    return limits;
}

} // namespace nitroscope::app
