// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stacks of x86-64 (System V ABI for x86-64, 3.2) and what Linux puts onto them.
#pragma once

#include "app/core/arch/unwinding.hpp"

namespace nitroscope::arch::x86 {

extern const Unwinding unwinding;

} // namespace nitroscope::arch::x86
