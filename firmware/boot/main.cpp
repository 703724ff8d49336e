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
#include "firmware/boot/eif_source.hpp"
#include "firmware/boot/exceptions.hpp"
#include "firmware/boot/fast_crc.hpp"
#include "firmware/boot/fw_cfg.hpp"
#include "firmware/boot/handoff.hpp"
#include "firmware/boot/handover.h"
#include "firmware/boot/loader.hpp"
#include "firmware/boot/page_tables.hpp"
#include "firmware/boot/plan.hpp"
#include "firmware/boot/report.hpp"
#include "firmware/boot/text.hpp"
#include "firmware/boot/x86/cpu.hpp"
#include "firmware/boot/x86/layout.hpp"
#include "firmware/boot/x86/memory_map.hpp"

namespace nitroscope::boot {

namespace {

FwCfg fwCfg;
nitro_boot_info bootInfo;
eif::Image image;
MemoryMap memory;
std::array<std::byte, eif::bzImageHeadSize> kernelHead;

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

void readMemoryMap() {
    constexpr uint32_t maxEntries = 32;
    static E820Entry entries[maxEntries];
    const FwCfgFile file = fwCfg.find("etc/e820");
    const uint32_t count = file.size / sizeof(E820Entry);
    if (!file.isThere || count > maxEntries ||
        !fwCfg.read(file, 0, physicalAddress(entries), count * uint32_t{sizeof(E820Entry)}) ||
        !memory.build({entries, count}, mpReservedFrom(bootInfo.cpu_count)))
        fail(Stage::reset, NITRO_BOOT_REASON_MEMORY_MAP,
             "The machine's memory map (etc/e820) is missing or empty.");
}

// Structure of the file. Returns only when there is something to load.
void checkImage(EifSource &source) {
    image = eif::parse(source);
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

eif::BzImageResult readKernel(EifSource &source) {
    const int index = image.find(eif::SectionType::kernel);
    const eif::Section &section = image.sections[static_cast<unsigned>(index)];
    const auto head =
        std::span(kernelHead)
            .first(section.availableSize < kernelHead.size() ? section.availableSize : kernelHead.size());
    if (!source.read(section.dataOffset, head))
        fail(Stage::kernel, NITRO_BOOT_REASON_READ_FAILED, "Reading the kernel from the machine failed.");
    return eif::parseBzImage(head, section.availableSize,
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
    const uint64_t has = memory.total() >> mebibyteBits;
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
                                .found = memory.total(),
                                .expected = plan.needed});
}

// Appends a file to the command line; returns the new length.
uint64_t appendToCmdline(uint64_t length, const char *name) {
    const FwCfgFile file = fwCfg.find(name);
    if (file.isThere && !fwCfg.read(file, 0, layout::cmdline + length, file.size))
        fail(Stage::kernel, NITRO_BOOT_REASON_READ_FAILED,
             "Reading the command line from the machine failed.");
    return length + file.size;
}

void finishCmdline(uint64_t eifSize, const eif::BzImage &kernel) {
    const uint64_t room = layout::cmdlineCapacity - 1;
    const uint64_t limit = kernel.cmdlineSize < room ? kernel.cmdlineSize : room;
    uint64_t length = eifSize <= room ? usableCmdline({atPhysical(layout::cmdline), eifSize}) : eifSize;
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
        *atPhysical(layout::cmdline + length++) = std::byte{' '};
        length = appendToCmdline(length, NITRO_BOOT_APPEND_FILE);
    }
    length = appendToCmdline(length, NITRO_BOOT_PLATFORM_CMDLINE_FILE);
    *atPhysical(layout::cmdline + length) = std::byte{0};
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
    readMemoryMap();
    EifSource source(fwCfg, bootInfo);
    if (!source.isConsistent(bootInfo.slice_count))
        fail(Stage::reset, NITRO_BOOT_REASON_NO_BOOT_INFO,
             "The machine offers the image in slices of the wrong number or size.");
    checkImage(source);

    const eif::BzImageResult kernel = readKernel(source);
    const FwCfgFile extra = fwCfg.find(NITRO_BOOT_RAMDISK_FILE);
    Plan plan;
    if (kernel.bootable())
        plan = makePlan(kernel.image, totalRamdiskSize(image, extra.size), memory);
    const bool canLoad = kernel.bootable() && plan.verdict == Plan::Verdict::fits;
    if (canLoad)
        mapHighMemory(plan);

    static Loader loader(source, image);
    if (!loader.load(canLoad ? &plan : nullptr, kernel.image))
        fail(Stage::crc, NITRO_BOOT_REASON_READ_FAILED, "Reading the image from the machine failed.");
    checkCrc(loader.crc());

    if (!kernel.bootable())
        fail(Stage::kernel, *kernel.firstError());
    for (const eif::Diagnostic &diagnostic : kernel.diagnostics)
        if (diagnostic.severity == eif::Severity::warning)
            reportWarning(Stage::kernel, diagnostic);
    if (!canLoad)
        failForMemory(plan);
    finishCmdline(loader.cmdlineSize(), kernel.image);
    if (extra.size != 0 && !loader.loadExtraRamdisk(fwCfg, extra))
        fail(Stage::ramdisk, NITRO_BOOT_REASON_READ_FAILED, "Reading the additional ramdisk failed.");
    reportStage(Stage::kernel, Text("kernel, ")
                                   .decimal(kernel.image.protectedBytes)
                                   .add(" bytes at ")
                                   .hex(plan.kernelAddress)
                                   .view());
    reportRamdisks(loader.ramdisks());

    writeMpTable({bootInfo.apic_ids, bootInfo.cpu_count});
    const uint64_t ramdiskSize = totalRamdiskSize(image, extra.size);
    enterKernel(kernelHead, kernel.image,
                {.kernelAddress = plan.kernelAddress,
                 .ramdiskAddress = ramdiskSize == 0 ? 0 : plan.ramdiskAddress,
                 .ramdiskSize = ramdiskSize,
                 .cmdlineAddress = layout::cmdline},
                memory, takenFirst(plan, memory.total()));
}

} // namespace

extern "C" [[noreturn, gnu::used]] void firmwareMain() {
    initConsole();
    catchExceptions();
    reportStage(Stage::reset, "boot firmware started");
    boot();
}

} // namespace nitroscope::boot
