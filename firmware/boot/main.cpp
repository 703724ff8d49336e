// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclave's boot firmware: reads the EIF through fw_cfg, checks it, loads it, enters its kernel. The
// stages are those of handover.h, in that order. Two rules explain the control flow:
//   - Bytes are moved once: kernel and ramdisks go straight to their places while the CRC is computed.
//   - A damaged file is called damaged: when kernel or memory do not allow loading, the CRC is computed all
//   the
//     same and a mismatch reported first, because it is the likelier cause.
#include "firmware/boot/cmdline.hpp"
#include "firmware/boot/console.hpp"
#include "firmware/boot/cpu.hpp"
#include "firmware/boot/eif_source.hpp"
#include "firmware/boot/exceptions.hpp"
#include "firmware/boot/fast_crc.hpp"
#include "firmware/boot/fw_cfg.hpp"
#include "firmware/boot/handover.h"
#include "firmware/boot/loader.hpp"
#include "firmware/boot/report.hpp"
#include "firmware/boot/target.hpp"
#include "firmware/boot/text.hpp"

namespace nitroscope::boot {

namespace {

FwCfg fwCfg;
nitro_boot_info bootInfo;
eif::Image image;
std::array<std::byte, target::kernelHeadSize> kernelHead;

bool isStrict() {
    return bootInfo.flags & NITRO_BOOT_FLAG_STRICT;
}

[[noreturn]] void fail(Stage stage, uint32_t reason, std::string_view sentence) {
    fail(stage, Failure{.reason = reason, .sentence = sentence});
}

// An error that strict machines end the boot with and lenient ones only tell.
void refuse(Stage stage, const eif::Diagnostic &diagnostic) {
    if (isStrict())
        fail(stage, diagnostic);
    reportWarning(stage, diagnostic);
}

void readBootInfo() {
    if (!fwCfg.init())
        fail(Stage::reset, NITRO_BOOT_REASON_NO_FW_CFG,
             "The machine has no fw_cfg device with DMA to read from.");
    const FwCfgFile file = fwCfg.find(NITRO_BOOT_INFO_FILE);
    if (!file.isThere)
        fail(Stage::reset, NITRO_BOOT_REASON_NO_EIF,
             "No enclave image was given; start the machine with one.");
    if (!fwCfg.read(file, 0, physicalAddress(&bootInfo), sizeof bootInfo) ||
        bootInfo.magic != NITRO_BOOT_INFO_MAGIC || bootInfo.version != NITRO_BOOT_INFO_VERSION)
        fail(
            Stage::reset, NITRO_BOOT_REASON_NO_BOOT_INFO,
            "The machine's boot information does not match this firmware; both must come from the same build.");
    if (bootInfo.eif_size == 0 && bootInfo.slice_count == 0)
        fail(Stage::reset, NITRO_BOOT_REASON_NO_EIF,
             "No enclave image was given; start the machine with one.");
    if (bootInfo.flags & NITRO_BOOT_FLAG_CHECKSUM_PORT)
        useChecksumPort();
    if (bootInfo.cpu_count == 0 || bootInfo.cpu_count > NITRO_BOOT_MAX_CPUS)
        bootInfo.cpu_count = 1;
}

// Structure of the file. Returns only when there is something to load.
void checkImage(EifSource &source) {
    image = eif::parse(source, target::machine);
    if (isStrict() && !image.bootable())
        fail(Stage::header, *image.firstError());
    for (const eif::Diagnostic &diagnostic : image.diagnostics)
        if (diagnostic.severity != eif::Severity::note && !eif::preventsLoading(diagnostic.problem))
            reportWarning(Stage::header, diagnostic);
    if (!image.loadable()) {
        for (const eif::Diagnostic &diagnostic : image.diagnostics)
            if (eif::preventsLoading(diagnostic.problem))
                fail(Stage::header, diagnostic);
        fail(Stage::header, *image.firstError());
    }
    reportStage(Stage::header, Text("EIF version ")
                                   .decimal(image.header.version)
                                   .add(", ")
                                   .decimal(image.sectionCount)
                                   .add(" sections, ")
                                   .decimal(image.fileSize)
                                   .add(" bytes")
                                   .view());
}

eif::DiagnosticList readKernel(EifSource &source) {
    const int index = image.find(eif::SectionType::kernel);
    const eif::Section &section = image.sections[static_cast<unsigned>(index)];
    const auto head =
        std::span(kernelHead)
            .first(section.availableSize < kernelHead.size() ? section.availableSize : kernelHead.size());
    if (!source.read(section.dataOffset, head))
        fail(Stage::kernel, NITRO_BOOT_REASON_READ_FAILED, "Reading the kernel from the machine failed.");
    return target::parseKernel(head, section.availableSize,
                               {.section = index, .dataOffset = section.dataOffset});
}

void checkCrc(uint32_t computed) {
    if (!image.crcComputable()) // lenient only: parts of the file are missing, which has been said
        return reportStage(Stage::crc, "CRC32 not compared, the image is incomplete");
    if (computed != image.header.crc32) {
        refuse(Stage::crc, eif::crcDiagnostic(image, computed));
        return reportStage(Stage::crc, "CRC32 is wrong, going on");
    }
    reportStage(Stage::crc, Text("CRC32 ").hexPadded(computed, 8).add(" is right").view());
}

[[noreturn]] void failForMemory(const Plan &plan) {
    constexpr unsigned mebibyteBits = 20;
    const uint64_t has = target::totalMemory() >> mebibyteBits;
    const uint64_t needs = (plan.needed + (uint64_t{1} << mebibyteBits) - 1) >> mebibyteBits;
    Text sentence;
    uint32_t reason = NITRO_BOOT_REASON_MEMORY_TOO_SMALL;
    if (plan.verdict == Plan::Verdict::ramdiskTooLarge) {
        reason = NITRO_BOOT_REASON_RAMDISK_TOO_LARGE;
        sentence.add(
            "The ramdisks do not fit below the address this kernel can reach; use a kernel that takes "
            "ramdisks above 4 GiB.");
    } else {
        sentence.add("The guest has ")
            .decimal(has)
            .add(" MiB of memory, this image needs at least ")
            .decimal(needs);
        sentence.add(" MiB to load; give it more (AWS asks for four times the image).");
    }
    fail(Stage::kernel, Failure{.reason = reason,
                                .sentence = sentence.view(),
                                .found = target::totalMemory(),
                                .expected = plan.needed});
}

// Appends a file to the command line; returns the new length.
uint64_t appendToCmdline(uint64_t length, const char *name) {
    const FwCfgFile file = fwCfg.find(name);
    if (file.isThere && !fwCfg.read(file, 0, physicalAddress(&target::cmdlineRoom()[length]), file.size))
        fail(Stage::kernel, NITRO_BOOT_REASON_READ_FAILED,
             "Reading the command line from the machine failed.");
    return length + file.size;
}

void finishCmdline(uint64_t eifSize) {
    const std::span<std::byte> buffer = target::cmdlineRoom();
    const uint64_t room = buffer.size() - 1;
    const uint64_t limit = target::cmdlineLimit() < room ? target::cmdlineLimit() : room;
    uint64_t length = eifSize <= room ? usableCmdline(buffer.first(eifSize)) : eifSize;
    const uint64_t append = fwCfg.find(NITRO_BOOT_APPEND_FILE).size;
    const uint64_t total =
        length + (append ? 1 + append : 0) + fwCfg.find(NITRO_BOOT_PLATFORM_CMDLINE_FILE).size;
    if (total > limit) {
        Text sentence("The command line has ");
        sentence.decimal(total).add(" bytes with what the platform adds, this kernel takes ").decimal(limit);
        sentence.add("; shorten it.");
        fail(Stage::kernel, Failure{.reason = NITRO_BOOT_REASON_CMDLINE_TOO_LONG,
                                    .sentence = sentence.view(),
                                    .found = total,
                                    .expected = limit});
    }
    if (append != 0) {
        buffer[length++] = std::byte{' '};
        length = appendToCmdline(length, NITRO_BOOT_APPEND_FILE);
    }
    length = appendToCmdline(length, NITRO_BOOT_PLATFORM_CMDLINE_FILE);
    buffer[length] = std::byte{0};
}

void reportRamdisks(std::span<const LoadedRamdisk> ramdisks) {
    for (uint32_t i = 0; i < ramdisks.size(); ++i)
        reportStage(Stage::ramdisk,
                    Text("ramdisk ")
                        .decimal(i)
                        .add(", ")
                        .decimal(ramdisks[i].size)
                        .add(" bytes at ")
                        .hex(ramdisks[i].address)
                        .view(),
                    i);
}

[[noreturn]] void boot() {
    readBootInfo();
    target::readMemory(fwCfg, bootInfo);
    EifSource source(fwCfg, bootInfo);
    if (!source.isConsistent(bootInfo.slice_count))
        fail(Stage::reset, NITRO_BOOT_REASON_NO_BOOT_INFO,
             "The machine offers the image in slices of the wrong number or size.");
    checkImage(source);

    const eif::DiagnosticList kernel = readKernel(source);
    const bool isBootable = kernel.errorCount() == 0;
    const FwCfgFile extra = fwCfg.find(NITRO_BOOT_RAMDISK_FILE);
    Plan plan;
    if (isBootable)
        plan = target::plan(totalRamdiskSize(image, extra.size));
    const bool canLoad = isBootable && plan.verdict == Plan::Verdict::fits;
    if (canLoad)
        target::prepare(plan);

    static Loader loader(source, image);
    if (!loader.load(canLoad ? &plan : nullptr))
        fail(Stage::crc, NITRO_BOOT_REASON_READ_FAILED, "Reading the image from the machine failed.");
    checkCrc(loader.crc());

    if (!isBootable)
        fail(Stage::kernel, *kernel.firstError());
    for (const eif::Diagnostic &diagnostic : kernel)
        if (diagnostic.severity == eif::Severity::warning)
            reportWarning(Stage::kernel, diagnostic);
    if (!canLoad)
        failForMemory(plan);
    finishCmdline(loader.cmdlineSize());
    if (extra.size != 0 && !loader.loadExtraRamdisk(fwCfg, extra))
        fail(Stage::ramdisk, NITRO_BOOT_REASON_READ_FAILED, "Reading the additional ramdisk failed.");
    reportStage(
        Stage::kernel,
        Text("kernel, ").decimal(target::loadedBytes()).add(" bytes at ").hex(plan.kernelAddress).view());
    reportRamdisks(loader.ramdisks());

    target::enterKernel(kernelHead, plan, totalRamdiskSize(image, extra.size), bootInfo);
}

} // namespace

extern "C" [[noreturn, gnu::used]] void firmwareMain() {
    initConsole();
    catchExceptions();
    reportStage(Stage::reset, "boot firmware started");
    boot();
}

} // namespace nitroscope::boot
