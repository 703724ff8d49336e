// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel that runs in the guest: where it lies in RAM, how far KASLR has moved it, and its memory by
// kernel-virtual address. Found from RAM alone, without registers and without stopping the guest:
//
//   1. A piece of the kernel's file that does not change when it runs (kallsyms' tokens, else the banner) is
//      compared at each address that the kernel can have been loaded at (multiples of 2 MiB): the physical
//      place.
//   2. Pointers of the file's data are compared with what RAM has there: all have moved by the same amount,
//   the
//      slide.
//   3. VMCOREINFO, when the kernel writes it, must agree; without a kernel's file it and a kallsyms table in
//      RAM are all there is.
#pragma once

#include "app/formats/guest/virtual_memory.hpp"
#include "app/formats/symbols/kernel_image.hpp"
#include "app/session/kernel/vmcoreinfo.hpp"

namespace nitroscope::app {

class RunningKernel : public guest::MemoryValues<RunningKernel> {
public:
    // `image` may be null. Errors: no-kernel (nothing of it is in RAM: not loaded yet, or another kernel
    // runs), with a sentence for the user. `vcpu`: of a vCPU in kernel mode, for kernels whose page tables are
    // not known by name.
    static Result<RunningKernel> find(const guest::PhysicalMemory &memory,
                                      const symbols::KernelImagePointer &image,
                                      std::optional<guest::AddressTranslation> vcpu = std::nullopt);

    // Whether RAM still has at the place found what was found there.
    bool isStillThere() const;

    const symbols::KernelImagePointer &image() const { return m_image; }
    // Symbols as linked: of the image, else those recovered from RAM.
    const symbols::SymbolTable &symbols() const;
    const symbols::TypeLayoutsPointer &layouts() const { return m_layouts; }
    const std::optional<VmcoreInfo> &vmcoreInfo() const { return m_info; }
    QString release() const;

    quint64 slide() const { return m_slide; }
    // To be added to a runtime address of the kernel's image for the physical one.
    quint64 physicalOffset() const { return m_physicalOffset; }
    // The kernel's own page tables; absent while it has none that we know of.
    const std::optional<guest::VirtualMemory> &mapped() const { return m_mapped; }
    const guest::PhysicalMemory &physical() const { return m_memory; }

    // Runtime address of a data or text symbol.
    std::optional<quint64> address(QByteArrayView symbol) const;
    // By runtime address; the image itself is readable even before the kernel has page tables.
    bool read(quint64 address, std::span<std::byte> out) const;
    // Exactly `bytes` of them, or an empty array.
    QByteArray bytes(quint64 address, quint64 bytes) const;
    QByteArray text(quint64 address, quint64 most) const;

    const arch::LinuxKernel &rules() const { return m_memory.architecture().kernel; }
    bool isKernelAddress(quint64 address) const { return rules().isKernelAddress(address); }

private:
    RunningKernel(guest::PhysicalMemory memory, symbols::KernelImagePointer image)
        : m_memory(std::move(memory)), m_image(std::move(image)) {}

    bool findByImage();
    bool findBySearch();
    void findInfo();
    void findTables(const std::optional<guest::AddressTranslation> &vcpu);
    void findLayouts();

    guest::PhysicalMemory m_memory;
    symbols::KernelImagePointer m_image;
    std::shared_ptr<const symbols::SymbolTable> m_recovered; // from RAM
    symbols::TypeLayoutsPointer m_layouts;
    std::optional<VmcoreInfo> m_info;
    quint64 m_slide = 0, m_physicalOffset = 0;
    quint64 m_start = 0, m_end = 0; // runtime
    std::optional<guest::VirtualMemory> m_mapped;
    QByteArray m_head; // the kernel's first bytes
};

} // namespace nitroscope::app
