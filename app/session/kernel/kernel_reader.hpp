// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own view of the enclave, read from the guest's RAM while it runs or is stopped. Where the
// kernel lies is remembered between reads, and looked for again when it is not there any more (a reset).
//
// One reader is used by one thread at a time; reading takes milliseconds, but the first search reads all RAM
// that the guest has touched: call it from a worker.
#pragma once

#include "app/session/kernel/kernel_modules.hpp"
#include "app/session/kernel/kernel_tasks.hpp"
#include "app/session/kernel/running_kernel.hpp"
#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

class KernelReader {
public:
    // `image` may be null: then the kernel is looked for in RAM alone.
    KernelReader(guest::PhysicalMemory memory, symbols::KernelImagePointer image)
        : m_memory(std::move(memory)), m_image(std::move(image)) {}

    // `vcpu` of a stopped machine helps with kernels that do not say where their page tables are.
    // Its registers help with kernels that do not say which task it runs.
    KernelView read(std::optional<guest::AddressTranslation> vcpu = std::nullopt,
                    std::optional<VcpuRegisters> registers = std::nullopt);
    // The kernel in RAM. Errors as RunningKernel::find.
    Result<const RunningKernel *> kernel(std::optional<guest::AddressTranslation> vcpu = std::nullopt);
    // How tasks are laid out there; learnt once.
    Result<TaskLayout> tasks();
    // After a reset or another debug file.
    void forget() { m_kernel.reset(), m_tasks.reset(); }
    void setImage(symbols::KernelImagePointer image) { m_image = std::move(image), forget(); }
    const guest::PhysicalMemory &memory() const { return m_memory; }
    const symbols::KernelImagePointer &image() const { return m_image; }

private:
    guest::PhysicalMemory m_memory;
    symbols::KernelImagePointer m_image;
    std::optional<RunningKernel> m_kernel;
    std::optional<TaskLayout> m_tasks;
};

} // namespace nitroscope::app
