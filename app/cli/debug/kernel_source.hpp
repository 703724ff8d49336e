// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whose kernel the commands of `kernel` mean: that of a running enclave, or of a file with the memory of one.
#pragma once

#include "app/cli/enclave/enclave_choice.hpp"
#include "app/formats/guest/physical_memory.hpp"
#include "app/formats/symbols/kernel_image.hpp"

namespace nitroscope::cli {

struct KernelSource {
    EnclaveChoice enclave;
    std::string ram, kernel, debugFile;
};

// --enclave-id, --enclave-name, --ram, --kernel, --debug-file.
void addKernelSource(CLI::App &command, KernelSource &source);

struct FoundKernel {
    QString ram, kernel, debugFile; // paths; the kernel's is empty where none is known
    QString holdPath;               // of a running enclave (machine_hold.hpp)
};

// Errors: no-guest, those of chooseEnclave() and guestMemoryOf().
app::Result<FoundKernel> findKernel(const KernelSource &source);

struct OpenedKernel {
    guest::PhysicalMemory memory;
    symbols::KernelImagePointer image; // may be null
};

// Errors of PhysicalMemory and KernelImage.
app::Result<OpenedKernel> openKernel(const FoundKernel &found);

// In kernel_vmcore.cpp.
void addKernelVmcore(CLI::App &group, int &code);

} // namespace nitroscope::cli
