// SPDX-License-Identifier: GPL-2.0-or-later
//
// System calls of 64-bit programs in the guest, with their results.
//
// A call is an instruction at a user address: number and arguments stand in registers before it runs
// (arch::SystemCalls). The kernel goes on behind it when the call is over, so the result is what its register
// holds when the block that begins there runs; call and result are paired by address
// space and stack pointer, which the kernel does not change. Calls that do not come back there (exit, execve,
// rt_sigreturn, interrupted by a signal) have no result record.
#pragma once

#include "app/core/arch/calls.hpp"
#include "plugins/qemu_api.hpp"

namespace nitroscope::plugins {

// In the callback that QEMU makes for each translated block.
void watchSystemCalls(qemu_plugin_tb *block);
// Of the guest; to be set before the first block. Outlives the plugin.
void setSystemCalls(const arch::SystemCalls &convention);

} // namespace nitroscope::plugins
