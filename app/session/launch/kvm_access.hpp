// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether this user can run guests with KVM here. QEMU would say the kernel's word for it and end.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Error no-kvm, with what to do. `device` is the kernel's; another one for tests.
Result<void> checkKvm(const QString &device = u"/dev/kvm"_s);

} // namespace nitroscope::app
