// SPDX-License-Identifier: GPL-2.0-or-later
//
// Instructions that "step over" runs through to the next one: calls, and what repeats or traps in one place.
// Only these are told apart and measured (Intel SDM, volume 2, chapter 2 and CALL, REP, INT n); all others
// are stepped. The width of code decides on prefixes and addresses.
#pragma once

#include "app/session/gdb/register_view.hpp"

namespace nitroscope::app {

// Length in bytes of a call, a repeated string instruction or a software interrupt; 0 for anything else.
// `code` holds the instruction from its first byte on; 15 bytes are enough.
int lengthToStepOver(QByteArrayView code, CpuMode mode);

} // namespace nitroscope::app
