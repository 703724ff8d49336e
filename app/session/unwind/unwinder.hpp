// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backtraces through firmware, kernel and user space. Each step takes the best that is known of the code at
// hand: ORC tables for kernels that have them, DWARF's call frame information, else frame pointers; which one
// it was is marked on the frame. Where the kernel was entered, its saved registers (struct pt_regs) lead over
// the boundary to the program.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/session/unwind/debug_symbols.hpp"
#include "app/session/unwind/read_guest.hpp"

namespace nitroscope::app {

struct UnwindStart {
    // Without registers. The architecture outlives all that begins here.
    explicit UnwindStart(const arch::Architecture &machine)
        : architecture(&machine), registers(*machine.unwinding.frame) {}

    const arch::Architecture *architecture;
    symbols::FrameRegisters registers;
    bool isUser = false;

    // From QEMU's `g` packet.
    static UnwindStart of(const arch::Architecture &architecture, const RegisterSet &registers);
    // A task that does not run: its stack pointer as the scheduler left it (struct inactive_task_frame).
    static std::optional<UnwindStart> sleeping(const arch::Architecture &architecture, quint64 savedSp,
                                               const ReadGuest &read);
};

// At most `most` frames, inlined functions counted. Ends where nothing is known any more; a stack that leads
// in circles ends, too.
QVector<DebugFrame> unwind(const UnwindStart &start, const DebugSymbols &symbols, const ReadGuest &read,
                           int most);

} // namespace nitroscope::app
