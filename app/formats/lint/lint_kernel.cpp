// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: the kernel; see lint.hpp.

#include "app/formats/kernel/image_architecture.hpp"
#include "app/formats/lint/lint.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <array>

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
                  ImageArchitecture architecture, const std::vector<Ramdisk> &ramdisks) {
    for (const NeededFeature &needed : neededFeatures) {
        const KernelFeature feature = kernel.*needed.feature;
        if (feature == KernelFeature::builtIn || feature == KernelFeature::unknown)
            continue;
        // aarch64 kernels find devices in the device tree.
        if (needed.feature == &KernelContent::mmioCommandLine && architecture == ImageArchitecture::aarch64)
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

// What an aarch64 enclave's loader has against the kernel's header.
constexpr struct {
    eif::Problem problem;
    const char *rule, *advice;
} armKernelRules[] = {
    {eif::Problem::kernelIsZboot, "kernel-zboot",
     "Take the Image that is inside: `unzboot`, or arch/arm64/boot/Image of the kernel build."},
    {eif::Problem::kernelIsGzip, "kernel-gzip", "Run gunzip on it."},
    {eif::Problem::kernelBigEndian, "kernel-big-endian", "Build the kernel without CONFIG_CPU_BIG_ENDIAN."},
    {eif::Problem::kernelImageSizeBad, "kernel-image-size", "Take the kernel file from its build again."},
};

void lintArmKernel(LintReport &report, const QString &where, const EifDocument &document, int section) {
    const eif::Section &data = document.image().sections[static_cast<size_t>(section)];
    std::array<std::byte, eif::bzImageHeadSize> buffer;
    const auto head = std::span(buffer).first(std::min<size_t>(buffer.size(), data.availableSize));
    if (!document.source().read(data.dataOffset, head))
        return; // the measuring tells of it
    const auto kernel =
        eif::parseArmKernel(head, data.dataSize, {.section = section, .dataOffset = data.dataOffset});
    for (const eif::Diagnostic &diagnostic : kernel.diagnostics)
        for (const auto &known : armKernelRules)
            if (known.problem == diagnostic.problem)
                report.error(known.rule, where, problemText(diagnostic.problem),
                             QString::fromLatin1(known.advice), {diagnostic.offset, diagnostic.length});
}

} // namespace

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
    const ImageArchitecture architecture = architectureOf(image.header.flags);
    if (architecture == ImageArchitecture::aarch64)
        lintArmKernel(report, where, document, section);
    if (kernel->architecture() != architecture)
        report.error("kernel-architecture", where,
                     u"The header says %1, which needs %2; this is %3."_s.arg(
                         factsOf(architecture).nameText(), QLatin1String(factsOf(architecture).kernel),
                         kernel->kind == KernelImage::Kind::elf        ? u"an ELF file"_s
                         : kernel->kind == KernelImage::Kind::armImage ? u"an aarch64 Image"_s
                         : kernel->kind == KernelImage::Kind::bzImage  ? u"a bzImage"_s
                                                                       : u"neither"_s),
                     u"Build with the kernel file that fits."_s, range);
    if (const QString problem = kernel->kind == KernelImage::Kind::armImage
                                    ? armTextOffsetProblem(kernel->armTextOffset)
                                    : QString();
        !problem.isEmpty())
        report.warning("kernel-text-offset", where, problem,
                       u"Patch the Image as AWS's bootstrap does (8 bytes at offset 8)."_s,
                       {data.dataOffset + eif::arm::textOffset, 8});
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
    lintFeatures(report, where, *content, architecture, ramdisks);
    return std::optional(std::move(*content));
}

} // namespace nitroscope::formats
