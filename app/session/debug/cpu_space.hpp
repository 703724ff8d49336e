// SPDX-License-Identifier: GPL-2.0-or-later
//
// The address space that a CPU is in, out of its registers.
#pragma once

#include "app/formats/guest/virtual_memory.hpp"
#include "app/session/gdb/gdb_broker.hpp"

namespace nitroscope::app {

// A CPU of which nothing is known but its registers: QEMU's `g`, raw.
inline TargetStop cpuWith(const arch::Architecture &architecture, const QByteArray &registers) {
    TargetStop cpu;
    cpu.architecture = &architecture;
    cpu.registers = registers;
    return cpu;
}

inline guest::AddressTranslation translationOf(const TargetStop &cpu) {
    return cpu.architecture->paging.current(cpu.registers);
}

// The same in user code and in the kernel.
inline quint64 rootOf(const TargetStop &cpu) {
    return cpu.architecture->paging.space(cpu.registers);
}

} // namespace nitroscope::app
