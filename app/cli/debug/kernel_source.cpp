// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/debug/kernel_source.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/core/architectures.hpp"
#include "app/session/run/guest_memory.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

void addKernelSource(CLI::App &command, KernelSource &source) {
    addEnclaveChoice(command, source.enclave);
    command.add_option("--ram", source.ram, "File with a guest's memory, instead of a running enclave's")
        ->type_name("FILE");
    command
        .add_option("--kernel", source.kernel,
                    "EIF, bzImage or vmlinux that runs there (default: the enclave's EIF)")
        ->type_name("FILE");
    command.add_option("--debug-file", source.debugFile, "vmlinux with debug information of the same kernel")
        ->type_name("FILE");
}

app::Result<FoundKernel> findKernel(const KernelSource &source) {
    FoundKernel found{{}, pathOf(source.kernel), pathOf(source.debugFile), {}};
    if (source.ram.empty() && source.enclave.id.empty() && source.enclave.name.empty())
        return app::failure(
            u"no-guest"_s,
            u"It is not said whose kernel is meant: give --enclave-id, --enclave-name or --ram."_s);
    if (!source.ram.empty()) {
        found.ram = pathOf(source.ram);
        return found;
    }
    const auto record = chooseEnclave(source.enclave, ChooseFrom::running);
    if (!record)
        return tl::unexpected(record.error());
    const auto ram = app::guestMemoryOf(record->process);
    if (!ram)
        return tl::unexpected(ram.error());
    found.ram = *ram;
    found.holdPath = app::EnclaveRegistry().holdPath(record->id);
    if (found.kernel.isEmpty())
        found.kernel = record->eifPath;
    return found;
}

app::Result<OpenedKernel> openKernel(const FoundKernel &found) {
    auto memory = guest::PhysicalMemory::open(found.ram, arch::usualArchitecture());
    if (!memory)
        return tl::unexpected(memory.error());
    symbols::KernelImagePointer image;
    if (!found.kernel.isEmpty()) {
        auto opened = symbols::KernelImage::open(found.kernel);
        if (opened && !found.debugFile.isEmpty())
            opened = (*opened)->withDebugFile(found.debugFile);
        if (!opened)
            return tl::unexpected(opened.error());
        image = *opened;
    }
    return OpenedKernel{*std::move(memory), image};
}

} // namespace nitroscope::cli
