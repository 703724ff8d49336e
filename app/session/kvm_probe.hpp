// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether KVM works here. That /dev/kvm can be opened says little: in a virtual machine it may exist and fail
// at the first instruction. So one is executed. The interface is Linux's Documentation/virt/kvm/api.rst.
#pragma once

#include "app/core/result.hpp"

namespace nitroscope::app {

// Makes a virtual machine with one processor and lets it execute HLT; takes less than a millisecond where it
// works. The error is one clause that says which step failed and why ("/dev/kvm does not exist").
Result<void> probeKvm(const char *device = "/dev/kvm");

} // namespace nitroscope::app
