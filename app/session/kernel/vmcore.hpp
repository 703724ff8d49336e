// SPDX-License-Identifier: GPL-2.0-or-later
//
// A running, stopped or replayed guest as a core file: what its kernel says of itself and has mapped is looked up in its
// RAM, then formats/vmcore writes it.
#pragma once

#include "app/formats/vmcore/core_file.hpp"
#include "app/session/kernel/running_kernel.hpp"

namespace nitroscope::app {

struct VmcoreRequest {
    guest::PhysicalMemory memory;
    symbols::KernelImagePointer image; // may be null
    std::vector<QByteArray> cpus;      // QEMU's `g` packets; may be empty
    QString path;
};

struct VmcoreSummary {
    std::optional<quint64> slide; // of the kernel, when it was found
    QString release;
    QStringList missing; // what the file has not, each a sentence with what it means
};

// What to say to gdb when KASLR has moved the kernel.
QString slideAdvice(quint64 slide);

// Reads all RAM that was ever written: for workers. The guest should stand still. Errors as formats::writeCore().
Result<VmcoreSummary> writeVmcore(const VmcoreRequest &request, const formats::CoreProgress &progress = {});

} // namespace nitroscope::app
