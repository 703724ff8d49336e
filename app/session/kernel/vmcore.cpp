// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/vmcore.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// Of the first CPU that runs the kernel: its tables have all of it.
std::optional<guest::AddressTranslation> kernelTables(const VmcoreRequest &request) {
    const arch::Architecture &architecture = request.memory.architecture();
    for (const QByteArray &cpu : request.cpus)
        if (!architecture.modes.isUser(cpu))
            return architecture.paging.current(cpu);
    return std::nullopt;
}

} // namespace

QString slideAdvice(quint64 slide) {
    return u"KASLR has moved the kernel: give its symbols to gdb with: symbol-file -o 0x%1 VMLINUX"_s.arg(
        slide, 0, 16);
}

Result<VmcoreSummary> writeVmcore(const VmcoreRequest &request, const formats::CoreProgress &progress) {
    VmcoreSummary summary;
    formats::CoreContent content{request.memory, {}, request.cpus, {}};
    const auto vcpu = kernelTables(request);
    const auto kernel = RunningKernel::find(request.memory, request.image, vcpu);
    std::optional<guest::VirtualMemory> mapped;
    if (kernel) {
        summary.slide = kernel->slide();
        summary.release = kernel->release();
        mapped = kernel->mapped();
        if (kernel->vmcoreInfo())
            content.vmcoreInfo = kernel->vmcoreInfo()->text();
        else
            summary.missing
                << u"The kernel has written no VMCOREINFO yet, or is built without it: crash and drgn "
                   "will not know the kernel; gdb does with its vmlinux."_s;
    } else {
        summary.missing << kernel.error().message;
        if (vcpu)
            mapped = guest::VirtualMemory(request.memory, *vcpu);
    }
    if (mapped) {
        const quint64 first = quint64(1) << request.memory.architecture().kernel.kernelAddressBit;
        const guest::MappedRanges found = guest::mappedRanges(*mapped, first);
        content.mapped = found.ranges;
        if (!found.isComplete)
            summary.missing
                << u"The kernel's page tables map more pieces than a core file has room for; those with "
                   "the highest addresses are left out of the virtual addresses."_s;
    } else {
        summary.missing
            << u"No page tables of the kernel are known: addresses in the file are physical ones."_s;
    }
    if (request.cpus.empty())
        summary.missing << u"There are no registers in the file."_s;

    FileWriter file(request.path, FileRole::secret); // an enclave's memory is nobody else's
    if (auto started = file.start(); !started)
        return tl::unexpected(started.error());
    if (auto written = formats::writeCore(file, content, progress); !written)
        return tl::unexpected(written.error());
    if (auto committed = file.commit(); !committed)
        return tl::unexpected(committed.error());
    return summary;
}

} // namespace nitroscope::app
