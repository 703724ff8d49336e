// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers in which functions and system calls get and give. Plain C++, because plugins in QEMU need it, too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nitroscope::arch {

// Numbers are QEMU's, as in RegisterTable.
struct FunctionCalls {
    std::array<int, 6> arguments;
    int result;
};

struct SystemCalls {
    std::string_view instruction; // its bytes
    int number;
    std::array<int, 6> arguments;
    int result;
    int stackPointer, pageTables;
    std::uint64_t spaceMask; // of `pageTables`: the bits that tell address spaces apart
    std::uint64_t userEnd;   // first address that no program has
};

} // namespace nitroscope::arch
