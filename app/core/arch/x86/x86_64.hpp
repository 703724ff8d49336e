// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/core/arch/architecture.hpp"

namespace nitroscope::arch {

const Architecture &x86_64();

} // namespace nitroscope::arch
