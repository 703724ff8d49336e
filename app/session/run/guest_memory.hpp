// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's RAM of a running enclave, for those who look into it from outside. QEMU has it in a memfd: memory
// that is shared, but in no file system. It is reached through QEMU's own descriptor, which the kernel shows to
// processes of the same user, and is gone with the last process that has it open.
#pragma once

#include "app/core/result.hpp"
#include "app/session/process/process_handle.hpp"

namespace nitroscope::app {

// A path by which the memory can be opened as long as QEMU runs. Errors: no-guest-memory.
Result<QString> guestMemoryOfQemu(qint64 process);
// `keeper` runs QEMU as its child.
Result<QString> guestMemoryOf(const ProcessName &keeper);

} // namespace nitroscope::app
