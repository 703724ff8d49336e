// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: kernel, command line, metadata, memory; see lint.hpp.

#include "app/core/json_strings.hpp"
#include "app/formats/lint/lint.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <QJsonArray>
#include <QJsonObject>

namespace nitroscope::formats {

namespace {

// One driver that every enclave needs.
struct NeededFeature {
    KernelFeature KernelContent::*feature;
    const char *rule, *option, *module, *why;
};
constexpr NeededFeature neededFeatures[] = {
    {&KernelContent::nsm, "kernel-without-nsm", "CONFIG_NSM", "nsm.ko",
     "Without it there is no /dev/nsm: no attestation, no PCRs, and no random numbers from the platform."},
    {&KernelContent::vsock, "kernel-without-vsock", "CONFIG_VIRTIO_VSOCKETS", "vmw_vsock_virtio_transport.ko",
     "Without it the enclave cannot tell that it has started (heartbeat on port 9000), and the start fails "
     "with E36."},
    {&KernelContent::mmio, "kernel-without-virtio-mmio", "CONFIG_VIRTIO_MMIO", "virtio_mmio.ko",
     "All devices of an enclave are virtio-mmio."},
    {&KernelContent::mmioCommandLine, "kernel-without-mmio-cmdline", "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES",
     nullptr,
     "The hypervisor announces its devices as virtio_mmio.device= words on the command line; such a kernel "
     "never finds them."},
};

bool hasModule(const std::vector<Ramdisk> &ramdisks, const QByteArray &name) {
    for (const Ramdisk &ramdisk : ramdisks)
        for (const RamdiskEntry &entry : ramdisk.entries)
            if (entry.path == name || entry.path.endsWith('/' + name))
                return true;
    return false;
}

void lintFeatures(LintReport &report, const QString &where, const KernelContent &kernel,
                  const std::vector<Ramdisk> &ramdisks) {
    for (const NeededFeature &needed : neededFeatures) {
        const KernelFeature feature = kernel.*needed.feature;
        if (feature == KernelFeature::builtIn || feature == KernelFeature::unknown)
            continue;
        if (needed.module && hasModule(ramdisks, needed.module))
            continue;
        const QString how = kernel.config.isEmpty() ? u"Its code does not seem to hold the driver"_s
                                                    : u"Its configuration does not have it built in"_s;
        const QString module =
            needed.module ? u", and no ramdisk has %1"_s.arg(QString::fromLatin1(needed.module)) : QString();
        report.add(needed.rule, kernel.config.isEmpty() ? Severity::warning : Severity::error, where,
                   u"%1%2. %3"_s.arg(how, module, QString::fromLatin1(needed.why)),
                   u"Use a kernel with %1=y."_s.arg(QString::fromLatin1(needed.option)), {});
    }
}

} // namespace

void lintMetadata(LintReport &report, const EifDocument &document) {
    const int section = document.image().find(eif::SectionType::metadata);
    if (section < 0)
        return;
    const QString where = sectionPlace(document.image(), section);
    const QJsonObject metadata = document.metadata();
    const eif::Section &data = document.image().sections[static_cast<size_t>(section)];
    if (metadata.isEmpty()) {
        report.warning("metadata-unreadable", where,
                       u"The metadata is not a JSON object. Nothing measures it and the "
                       "hypervisor does not read it, but nitro-cli does (E35)."_s,
                       u"Build the image again."_s, {data.dataOffset, data.availableSize});
        return;
    }
    const QJsonObject docker = metadata.value(u"DockerInfo").toObject();
    const QJsonObject config = docker.value(u"Config").toObject();
    if (config.isEmpty()) // not built from a container image
        return;
    for (const LintFinding &finding : lintContainerConfig(config))
        report.add(finding.rule.toLatin1(), finding.severity, where, finding.why, finding.advice,
                   {data.dataOffset, data.availableSize});
}

std::vector<LintFinding> lintContainerConfig(const QJsonObject &config) {
    LintReport report;
    const QString where = u"container image"_s;
    const QStringList command = app::jsonStrings(config.value(u"Cmd")),
                      entry = app::jsonStrings(config.value(u"Entrypoint"));
    const QStringList &used = command.isEmpty() ? entry : command;
    if (!command.isEmpty() && !entry.isEmpty())
        report.warning("docker-entrypoint-ignored", where,
                       u"The image has ENTRYPOINT '%1' and CMD '%2'. Docker would start the first with the "
                       u"second as its arguments; nitro-cli starts CMD alone and ignores ENTRYPOINT."_s.arg(
                           entry.join(u' '), command.join(u' ')),
                       u"Put the whole command into CMD and leave ENTRYPOINT out."_s);
    if (used.isEmpty())
        report.error("docker-no-command", where,
                     u"The image has neither CMD nor ENTRYPOINT; nitro-cli refuses it (E48)."_s,
                     u"Add CMD to the Dockerfile."_s);
    else if (!used.first().startsWith(u'/'))
        report.note("docker-command-relative", where,
                    u"The command '%1' is looked up in PATH, starting from '/', not from WORKDIR."_s.arg(
                        used.first()),
                    u"Name the program with its whole path."_s);
    if (const QString folder = config.value(u"WorkingDir").toString(); !folder.isEmpty() && folder != u"/")
        report.warning("docker-workdir-ignored", where,
                       u"WORKDIR '%1' is ignored: the program starts in '/'."_s.arg(folder),
                       u"Use whole paths, or change the folder in the program or a start script."_s);
    const QString user = config.value(u"User").toString();
    if (!user.isEmpty() && user != u"root" && user != u"0" && !user.startsWith(u"0:") &&
        !user.startsWith(u"root:"))
        report.warning("docker-user-ignored", where,
                       u"USER '%1' is ignored: the program runs as root."_s.arg(user),
                       u"Drop privileges in the program or a start script."_s);
    for (const char16_t *key : {u"Volumes", u"ExposedPorts", u"Healthcheck"})
        if (const QJsonObject value = config.value(QStringView(key)).toObject(); !value.isEmpty())
            report.note(
                "docker-setting-ignored", where, u"%1 has no effect in an enclave."_s.arg(QStringView(key)),
                u"Nothing, if the program does not rely on it. From outside an enclave is reached only "
                "through vsock."_s);
    return report.take().listed;
}

void lintCommandLine(LintReport &report, const EifDocument &document) {
    const int section = document.image().find(eif::SectionType::cmdline);
    if (section < 0)
        return;
    const QString where = sectionPlace(document.image(), section);
    const QString line = document.commandLine();
    const QStringList words = line.split(u' ', Qt::SkipEmptyParts);
    const auto has = [&](QStringView word) { return words.contains(word); };
    const bool hasConsole =
        std::ranges::any_of(words, [](const QString &w) { return w.startsWith(u"console=ttyS0"); });
    if (!hasConsole)
        report.warning(
            "cmdline-no-console", where,
            u"Without console=ttyS0 nothing of the kernel is seen on the console, not even a panic."_s,
            u"Add console=ttyS0 to the command line (this changes PCR0 and PCR1)."_s);
    if (!has(u"reboot=k"))
        report.note("cmdline-no-reboot", where,
                    u"Without reboot=k the kernel may not find a way to end the enclave when init exits."_s,
                    u"Add reboot=k (this changes PCR0 and PCR1)."_s);
    if (std::ranges::none_of(words, [](const QString &w) { return w.startsWith(u"panic="); }))
        report.note(
            "cmdline-no-panic", where,
            u"Without panic=N an enclave whose kernel panicked goes on holding its CPUs and memory."_s,
            u"Add panic=30 (this changes PCR0 and PCR1)."_s);
    for (const QString &word : words)
        if (word.startsWith(u"virtio_mmio.device="))
            report.warning(
                "cmdline-names-devices", where,
                u"'%1' names a device; the hypervisor appends its own devices and may disagree."_s.arg(word),
                u"Remove it from the command line."_s);
}

app::Result<std::optional<KernelContent>> lintKernel(LintReport &report, const EifDocument &document,
                                                     const std::vector<Ramdisk> &ramdisks,
                                                     const UnpackLimits &limits) {
    const eif::Image &image = document.image();
    const int section = image.find(eif::SectionType::kernel);
    if (section < 0)
        return std::nullopt;
    const QString where = sectionPlace(image, section);
    const eif::Section &data = image.sections[static_cast<size_t>(section)];
    const ByteRange range = {data.dataOffset, data.availableSize};
    const auto kernel = readKernelImage({&document.source(), data.dataOffset, data.availableSize});
    if (!kernel)
        return std::nullopt; // the measuring tells of it
    const bool isArm = image.header.flags & eif::flagArm64;
    if (kernel->kind == KernelImage::Kind::unknown || kernel->kind == KernelImage::Kind::elf ||
        (kernel->kind == KernelImage::Kind::armImage) != isArm)
        report.error("kernel-architecture", where,
                     u"The header says %1, which needs %2; this is %3."_s.arg(
                         isArm ? u"aarch64"_s : u"x86_64"_s, isArm ? u"an Image"_s : u"a bzImage"_s,
                         kernel->kind == KernelImage::Kind::elf        ? u"an ELF file"_s
                         : kernel->kind == KernelImage::Kind::armImage ? u"an aarch64 Image"_s
                         : kernel->kind == KernelImage::Kind::bzImage  ? u"a bzImage"_s
                                                                       : u"neither"_s),
                     u"Build with the kernel file that fits."_s, range);
    if (kernel->kind == KernelImage::Kind::armImage && kernel->armTextOffset == 0)
        report.warning("kernel-text-offset", where,
                       u"text_offset is 0; AWS's own kernels carry 0x200000 here and enclaves need it."_s,
                       u"Patch the Image as AWS's bootstrap does (8 bytes at offset 8)."_s,
                       {data.dataOffset + 8, 8});
    auto content = scanKernel(*kernel, limits);
    if (!content) {
        if (content.error().code == u"cancelled"_s)
            return tl::unexpected(content.error());
        if (kernel->kind == KernelImage::Kind::bzImage)
            report.warning(
                "kernel-payload", where,
                u"The compressed kernel cannot be unpacked: %1"_s.arg(content.error().text()),
                u"Check the kernel file; if it boots elsewhere, its compression is not known here."_s, range);
        return std::nullopt;
    }
    lintFeatures(report, where, *content, ramdisks);
    return std::optional(std::move(*content));
}

MemoryEstimate estimateMemory(const EifDocument &document, const std::vector<Ramdisk> &ramdisks) {
    constexpr quint64 page = 4096, inodeBytes = 1024; // a page-cache inode with its dentry
    MemoryEstimate estimate;
    const int section = document.image().find(eif::SectionType::kernel);
    if (section >= 0) {
        const eif::Section &data = document.image().sections[static_cast<size_t>(section)];
        const auto kernel = readKernelImage({&document.source(), data.dataOffset, data.availableSize});
        if (kernel)
            estimate.kernel = std::max<quint64>(kernel->setup.initSize, data.availableSize);
    }
    for (const Ramdisk &ramdisk : ramdisks) {
        estimate.packed += ramdisk.region.size;
        for (const RamdiskEntry &entry : ramdisk.entries)
            estimate.unpacked += (entry.size + page - 1) / page * page + inodeBytes;
    }
    // Ramdisks and their files are in memory at the same time; a tmpfs root takes at most half of the memory.
    estimate.least = std::max(estimate.kernel + estimate.packed + estimate.unpacked, 2 * estimate.unpacked);
    return estimate;
}

void lintMemory(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks) {
    constexpr quint64 mib = 1024 * 1024, leastEnclave = 64 * mib, factor = 4;
    const MemoryEstimate estimate = estimateMemory(document, ramdisks);
    const auto inMib = [](quint64 bytes) { return QString::number((bytes + mib - 1) / mib); };
    const quint64 byRule = std::max(factor * document.size(), leastEnclave);
    const QString figures =
        u"The kernel takes %1 MiB, the ramdisks %2 MiB, their files %3 MiB: with less than about %4 MiB the "
        u"root file system cannot be unpacked."_s.arg(inMib(estimate.kernel), inMib(estimate.packed),
                                                      inMib(estimate.unpacked), inMib(estimate.least));
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
