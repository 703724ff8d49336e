// SPDX-License-Identifier: GPL-2.0-or-later
//
// The instructions C++ has no words for, and memory by its physical address: pause(), stop(), flushTlb(),
// physicalAddress(), atPhysical() of the processor that the firmware is compiled for.
#pragma once

#if defined(__aarch64__)
#include "firmware/boot/arm64/cpu.hpp" // IWYU pragma: export
#else
#include "firmware/boot/x86/cpu.hpp" // IWYU pragma: export
#endif
