// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/core/arch/frame_chain.hpp"
#include "app/core/arch/x86/registers.hpp"

namespace nitroscope::arch::x86 {

// push %rbp; endbr64
inline constexpr std::array<std::string_view, 2> functionEntries{std::string_view("\x55", 1),
                                                                 std::string_view("\xf3\x0f\x1e\xfa", 4)};

// Linux' struct pt_regs and its ENCODE_FRAME_POINTER.
inline constexpr FrameChain frameChain{
    rbp, rsp, functionEntries, 1, 4 * 8, 16 * 8, 21 * 8, systemCalls.userEnd, 0xffff'8000'0000'0000, 4096};

} // namespace nitroscope::arch::x86
