// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/kernel_image.hpp"

#include "app/core/architectures.hpp"
#include "app/formats/symbols/btf.hpp"
#include "app/formats/symbols/dwarf_layouts.hpp"

#include <algorithm>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxBss = 256 << 20;

} // namespace

app::Result<KernelImagePointer> KernelImage::open(const QString &path) {
    auto file = openKernelFile(path);
    if (!file)
        return tl::unexpected(file.error());
    return fromVmlinux(file->vmlinux, file->versionText);
}

app::Result<KernelImagePointer> KernelImage::fromVmlinux(const QByteArray &vmlinux,
                                                         const QString &versionText) {
    std::shared_ptr<KernelImage> image(new KernelImage);
    image->m_vmlinux = vmlinux;
    auto elf = ElfImage::open(image->m_vmlinux);
    if (!elf)
        return tl::unexpected(elf.error());
    image->m_elf = *std::move(elf);
    const arch::LinuxKernel &rules = image->architecture().kernel;
    for (const ElfSegment &segment : image->m_elf.segments()) {
        if (segment.address < rules.imageBase) // the per-CPU area
            continue;
        if (image->m_start == 0 || segment.address < image->m_start) {
            image->m_start = segment.address;
            image->m_physicalOffset = segment.physical - segment.address;
        }
        image->m_end = qMax(image->m_end, segment.address + qMax(segment.fileSize, segment.memorySize));
    }
    image->m_end = qMin(image->m_end, image->m_start + quint64(vmlinux.size()) + maxBss);

    const auto addressOf = [&image](quint64 offset) { return image->m_elf.addressOf(offset); };
    auto kallsyms = recoverKallsyms(image->m_vmlinux, rules, addressOf);
    auto program = image->m_elf.section(".symtab").isEmpty()
                       ? ProgramPointer()
                       : Program::open(image->m_vmlinux, u"vmlinux"_s).value_or(nullptr);
    if (kallsyms) {
        image->m_layout = kallsyms->layout;
        image->m_symbols = std::move(kallsyms->table);
    } else if (program && !program->symbols().isEmpty()) {
        image->m_symbols = program->symbols();
    } else {
        image->m_symbolsProblem = kallsyms.error().message;
    }
    image->m_symbols.setPerCpuEnd(rules.perCpuEnd);
    image->m_symbols.setSections(symbolSections(image->m_elf));
    image->m_hasDataSymbols = image->m_symbols.find("init_task").has_value();
    if (auto orc = OrcTable::read(image->m_elf))
        image->m_orc = *std::move(orc);
    if (const QByteArrayView section = image->m_elf.section(".BTF"); !section.isEmpty())
        if (auto btf = Btf::read(section.toByteArray()))
            image->m_layouts = *btf;
    if (program && program->hasDwarf())
        image->m_debug = program;
    if (!image->m_layouts)
        image->m_layouts = dwarfLayouts(image->m_debug);
    image->findBanner();
    if (image->m_banner.isEmpty() && !versionText.isEmpty())
        image->m_banner = "Linux version " + versionText.toUtf8();
    return image;
}

const arch::Architecture &KernelImage::architecture() const {
    return arch::architectureOfKernel(m_elf.machine());
}

app::Result<KernelImagePointer> KernelImage::withDebugFile(const QString &path) const {
    auto program = Program::openFile(path, u"vmlinux"_s);
    if (!program)
        return tl::unexpected(program.error());
    const QByteArray wanted = m_elf.buildId(), found = (*program)->elf().buildId();
    const bool hasDwarf = (*program)->hasDwarf();
    if (!hasDwarf && (*program)->symbols().isEmpty())
        return app::failure(u"debug-file"_s,
                            u"This file has neither debug information (DWARF) nor symbols."_s, path);
    if (wanted.isEmpty() || wanted != found)
        return app::failure(
            u"debug-file"_s,
            u"This file belongs to another kernel: its build id is %1, the enclave's kernel has %2. "
            "Give the vmlinux of the same build."_s.arg(
                found.isEmpty() ? u"missing"_s : QString::fromLatin1(found.toHex()),
                wanted.isEmpty() ? u"none"_s : QString::fromLatin1(wanted.toHex())),
            path);
    std::shared_ptr<KernelImage> image(new KernelImage(*this));
    if (hasDwarf)
        image->m_debug = *program;
    if (!image->m_layouts)
        image->m_layouts = dwarfLayouts(image->m_debug);
    if (!image->m_hasDataSymbols && (*program)->symbols().find("init_task")) {
        image->m_symbols = (*program)->symbols();
        image->m_symbols.setPerCpuEnd(m_symbols.perCpuEnd());
        image->m_hasDataSymbols = true;
    }
    return image;
}

KernelImagePointer KernelImage::functionsOnly() const {
    std::shared_ptr<KernelImage> image(new KernelImage(*this));
    image->m_symbols = {};
    image->m_symbols.setPerCpuEnd(m_symbols.perCpuEnd());
    for (qsizetype i = 0; i < m_symbols.size(); ++i)
        if (const Symbol &symbol = m_symbols.at(i); symbol.isText())
            image->m_symbols.add(symbol.address, symbol.type, m_symbols.nameView(symbol));
    image->m_symbols.finish();
    image->m_hasDataSymbols = false;
    image->m_layouts.reset();
    image->m_debug.reset();
    return image;
}

void KernelImage::findBanner() {
    constexpr qsizetype longest = 512;
    const QByteArrayView bytes(m_vmlinux);
    for (qsizetype at = 0; (at = bytes.indexOf("Linux version ", at)) >= 0; ++at) {
        const QByteArrayView rest = bytes.sliced(at, qMin(longest, bytes.size() - at));
        const qsizetype end = rest.indexOf('\n');
        const bool isFormat = rest.size() <= 14 || rest[14] < '0' || rest[14] > '9';
        if (end > 0 && !isFormat) {
            m_banner = rest.first(end).toByteArray();
            return;
        }
    }
}

QString KernelImage::release() const {
    return QString::fromUtf8(m_banner).section(u' ', 2, 2);
}

} // namespace nitroscope::symbols
