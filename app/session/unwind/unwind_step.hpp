// SPDX-License-Identifier: GPL-2.0-or-later
//
// From one frame to its caller, by each of the methods.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/session/unwind/debug_symbols.hpp"
#include "app/session/unwind/read_guest.hpp"

namespace nitroscope::app {

struct UnwindFrame {
    explicit UnwindFrame(const arch::Architecture &architecture) : registers(*architecture.unwinding.frame) {}

    symbols::FrameRegisters registers;
    bool isUser = false;
    // The address is that of the next instruction to run, not of a return: entry, interrupt, fault.
    bool isExact = false;
    DebugFrame::Method method = DebugFrame::Method::registers;
};

struct StepContext {
    const arch::Architecture &architecture;
    const DebugSymbols &symbols;
    const ReadGuest &read;

    std::optional<quint64> word(quint64 address) const;
};

// Nothing when the method does not apply. `isEnd` is set when the tables say that there is no caller.
std::optional<UnwindFrame> stepByOrc(const UnwindFrame &frame, const StepContext &context, bool *isEnd);
std::optional<UnwindFrame> stepByCfi(const UnwindFrame &frame, const StepContext &context);
std::optional<UnwindFrame> stepByFramePointer(const UnwindFrame &frame, const StepContext &context);

} // namespace nitroscope::app
