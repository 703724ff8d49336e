// SPDX-License-Identifier: GPL-2.0-or-later
//
// What cannot be recorded, said before the start and not by QEMU.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"

namespace nitroscope::app {

// Of a spec with a recording that is to be made: one vCPU, instructions that QEMU itself executes, nothing that writes into
// the guest past the log, and room on the disk. Error not-recordable.
Result<void> checkRecordable(const LaunchSpec &spec);

} // namespace nitroscope::app
