// SPDX-License-Identifier: GPL-2.0-or-later
//
// How stacks are followed by frame pointers, through the kernel's entry into the program that called it. Plain C++, for
// plugins, which have no tables of a file at hand; debuggers go by unwinding.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nitroscope::arch {

// A frame pointer leads to the caller's, behind which the address to return to stands; 8 bytes each.
struct FrameChain {
    int framePointer, stackPointer; // QEMU's numbers, as in RegisterTable
    // With these bytes a function begins whose caller's frame pointer is still in its register, and the address to
    // return to on top of the stack.
    std::span<const std::string_view> entries;
    // In a frame pointer of the kernel: it leads to saved registers instead.
    std::uint64_t savedRegistersMark;
    unsigned savedFramePointer, savedProgramCounter,
        savedBytes;                     // byte offsets in them, and how many there are
    std::uint64_t userEnd, kernelStart; // of code
    std::uint64_t pageBytes;

    constexpr bool isUser(std::uint64_t address) const { return address < userEnd; }
    constexpr bool isCode(std::uint64_t address) const {
        return (address >= pageBytes && isUser(address)) || address >= kernelStart;
    }
};

} // namespace nitroscope::arch
