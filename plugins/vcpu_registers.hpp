// SPDX-License-Identifier: GPL-2.0-or-later
//
// Registers of a vCPU by name, as QEMU's plugin interface gives them: handles that are asked for once per
// vCPU, values as bytes in the target's order (little-endian).
#pragma once

#include "plugins/qemu_api.hpp"

#include <array>
#include <cstdint>

namespace nitroscope::plugins {

enum class Register { rax, rdi, rsi, rdx, r10, r8, r9, rsp, cr3, count };

class VcpuRegisters {
public:
    static constexpr unsigned mostVcpus = 288; // of the machine

    // To be called on the vCPU's thread when it starts.
    static void learn(unsigned vcpu);
    // On the vCPU's thread, inside a callback that was registered with QEMU_PLUGIN_CB_R_REGS. 0 when unknown.
    static std::uint64_t read(unsigned vcpu, Register which);
};

} // namespace nitroscope::plugins
