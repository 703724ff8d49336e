// SPDX-License-Identifier: GPL-2.0-or-later
//
// Registers of a vCPU by name, as QEMU's plugin interface gives them: handles that are asked for once per
// vCPU, values as bytes in the target's order (little-endian).
#pragma once

#include "app/core/arch/calls.hpp"
#include "app/core/arch/registers.hpp"
#include "plugins/qemu_api.hpp"

#include <array>
#include <cstdint>

namespace nitroscope::plugins {

// By the parts that they play in system calls (arch::SystemCalls) and on stacks.
enum class Register {
    number,
    firstArgument,
    result = firstArgument + 6,
    stackPointer,
    framePointer,
    pageTables,
    count
};

class VcpuRegisters {
public:
    static constexpr unsigned maxVcpus = 288; // of the machine

    // To be called on the vCPU's thread when it starts.
    static void learn(unsigned vcpu, const arch::RegisterTable &table, const arch::SystemCalls &calls);
    // On the vCPU's thread, inside a callback that was registered with QEMU_PLUGIN_CB_R_REGS. 0 when unknown.
    static std::uint64_t read(unsigned vcpu, Register which);
};

} // namespace nitroscope::plugins
