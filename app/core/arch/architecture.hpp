// SPDX-License-Identifier: GPL-2.0-or-later
//
// A processor architecture as the rest of the program sees it: tables and a few functions, no state. Who needs one
// is given one, beginning with the EIF that is run; nobody looks it up from the middle of things. Frequent work goes
// through tables; functions are called per page, frame or stop, never per byte.
//
// Nothing outside of an architecture's own room says a register's name or number. What needs a library that knows
// architectures itself (Capstone) is beside its users and asks here which one is meant.
#pragma once

#include "app/core/arch/calls.hpp"
#include "app/core/arch/core_dump.hpp"
#include "app/core/arch/execution_mode.hpp"
#include "app/core/arch/instructions.hpp"
#include "app/core/arch/linux_kernel.hpp"
#include "app/core/arch/memory_layout.hpp"
#include "app/core/arch/paging.hpp"
#include "app/core/arch/registers.hpp"
#include "app/core/arch/unwinding.hpp"

#include <string>

namespace nitroscope::arch {

struct Architecture {
    const char *name;     // as tools for EIFs say it
    const char *emulator; // QEMU's program
    int elfMachine;       // e_machine, of elf_machines.hpp
    RegisterTable registers;
    // What a register's value says besides its bits and symbols; empty when that is nothing.
    std::string (*registerMeaning)(const Register &which, std::uint64_t value);
    ExecutionModes modes;
    Paging paging;
    Unwinding unwinding;
    FunctionCalls functions;
    SystemCalls systemCalls;
    Instructions instructions;
    MemoryLayout memory;
    LinuxKernel kernel;
    LinuxBoot boot;
    CoreDump coreDump;

    // Of QEMU's `g`.
    std::uint64_t value(QByteArrayView packet, int number) const {
        return registers.value({packet.data(), std::size_t(packet.size())}, number);
    }
    bool isPacket(QByteArrayView bytes) const { return bytes.size() == registers.packetBytes; }
};

} // namespace nitroscope::arch
