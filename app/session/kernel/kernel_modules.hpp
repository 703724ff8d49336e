// SPDX-License-Identifier: GPL-2.0-or-later
//
// Loaded kernel modules with their symbols, from RAM (struct module, Linux, include/linux/module.h).
#pragma once

#include "app/session/kernel/running_kernel.hpp"
#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

// A module's symbols at runtime addresses; shared between snapshots.
struct ModuleSymbols {
    QString name;
    quint64 base = 0, bytes = 0; // of its code
    symbols::SymbolTable table;
};

KernelList<KernelModule> readModules(const RunningKernel &kernel);
// Empty when the kernel does not keep them.
QVector<std::shared_ptr<const ModuleSymbols>> readModuleSymbols(const RunningKernel &kernel);

} // namespace nitroscope::app
