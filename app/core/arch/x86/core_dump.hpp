// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/core/arch/core_dump.hpp"

namespace nitroscope::arch::x86 {

extern const CoreDump coreDump;

} // namespace nitroscope::arch::x86
