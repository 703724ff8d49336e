// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: how much memory unpacking takes; see lint.hpp.

#include "app/formats/kernel/command_line.hpp"
#include "app/formats/lint/lint.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

MemoryEstimate estimateMemory(const EifDocument &document, const std::vector<Ramdisk> &ramdisks) {
    constexpr quint64 page = 4096, inodeBytes = 1024; // a page-cache inode with its dentry
    constexpr quint64 maxInlineTarget = 128;          // of a symbolic link; longer ones take a page
    MemoryEstimate estimate;
    const int section = document.image().find(eif::SectionType::kernel);
    if (section >= 0) {
        const eif::Section &data = document.image().sections[static_cast<size_t>(section)];
        const auto kernel = readKernelImage({&document.source(), data.dataOffset, data.availableSize});
        if (kernel)
            estimate.kernel = std::max<quint64>(kernel->setup.initSize, data.availableSize);
    }
    quint64 inodes = 0, pages = 0;
    for (const Ramdisk &ramdisk : ramdisks)
        for (const RamdiskMember &member : ramdisk.members)
            estimate.window = std::max(estimate.window, member.windowBytes);
    for (const Ramdisk &ramdisk : ramdisks) {
        estimate.packed += ramdisk.region.size;
        for (quint32 i = 0; i < ramdisk.entries.size(); ++i) {
            const RamdiskEntry &entry = ramdisk.entries[i];
            if (ramdisk.contents.contains(i))
                continue; // another name of a file that is counted
            ++inodes;
            if (entry.isRegular() || (entry.isLink() && entry.size > maxInlineTarget))
                pages += (entry.size + page - 1) / page;
        }
    }
    estimate.unpacked = pages * page + inodes * inodeBytes;
    // The root file system is a tmpfs (init/do_mounts.c): it takes half of the pages that are free when it is mounted,
    // while the ramdisks still lie in the others, and as many inodes as it takes pages (mm/shmem.c). With root= it is a
    // ramfs, which has no limit but the memory.
    const bool isTmpfs =
        std::ranges::none_of(kernelWords(document.commandLine().toUtf8()),
                             [](const QByteArray &word) { return word.startsWith("root="); });
    const quint64 files = isTmpfs ? 2 * std::max(pages, inodes) * page : 0;
    estimate.least = estimate.kernel + estimate.packed + std::max(files, estimate.unpacked + estimate.window);
    // The kernel's own account of the memory takes a 64-byte structure for each page.
    constexpr quint64 pagesPerStructure = 64;
    estimate.least += estimate.least / pagesPerStructure;
    return estimate;
}

void lintMemory(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks) {
    constexpr quint64 mib = 1024 * 1024, leastEnclave = 64 * mib, factor = 4;
    const MemoryEstimate estimate = estimateMemory(document, ramdisks);
    const auto inMib = [](quint64 bytes) { return QString::number((bytes + mib - 1) / mib); };
    const quint64 byRule = std::max(factor * document.size(), leastEnclave);
    const QString figures =
        u"The kernel takes %1 MiB, the ramdisks %2 MiB, their files %3 MiB%4: with less than about %5 MiB the root file "
        "system cannot be unpacked."_s.arg(
            inMib(estimate.kernel), inMib(estimate.packed), inMib(estimate.unpacked),
            estimate.window > 0 ? u", their unpacker's window %1 MiB"_s.arg(inMib(estimate.window))
                                : QString(),
            inMib(estimate.least));
    if (estimate.least > byRule)
        report.warning(
            "memory-to-unpack", u"ramdisks"_s,
            figures + u" nitro-cli's own check (four times the EIF, %1 MiB) lets less pass; the enclave then "
                      "fails during the boot, often with 'Could not open /env file'."_s.arg(inMib(byRule)),
            u"Start it with --memory %1 or more, plus what the program needs."_s.arg(inMib(estimate.least)));
    else
        report.note("memory-to-unpack", u"ramdisks"_s, figures,
                    u"nitro-cli wants at least %1 MiB for this file (four times its size, E26)."_s.arg(
                        inMib(byRule)));
}

} // namespace nitroscope::formats
