// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/target.hpp"

#include "firmware/boot/measurement.hpp"
#include "firmware/boot/report.hpp"
#include "firmware/boot/target/x86_page_tables.hpp"
#include "firmware/boot/target/x86_plan.hpp"
#include "firmware/boot/x86/cpu.hpp"
#include "firmware/boot/x86/layout.hpp"
#include "firmware/boot/x86/memory_map.hpp"
#include "firmware/boot/x86/mp_table.hpp"
#include "firmware/boot/x86/zero_page.hpp"
#include "firmware/eif/bzimage.hpp"

extern "C" [[noreturn]] void enterKernel64(uint64_t entry, uint64_t zeroPage);
extern "C" [[noreturn]] void enterKernel32(uint64_t entry, uint64_t zeroPage);

namespace nitroscope::boot::target {

namespace {

MemoryMap memory;
eif::BzImage kernel;

void putWord(uint64_t address, uint64_t value) {
    atPhysical(address)[0] = static_cast<std::byte>(value & 0xff);
    atPhysical(address)[1] = static_cast<std::byte>(value >> 8 & 0xff);
}

bool fitsInEbda(uint64_t cpuCount) {
    return mpFloatingPointerSize + mpConfigurationSize(cpuCount) <= layout::baseMemoryEnd - layout::ebda;
}

// First byte of base memory that the MP table takes with this many CPUs.
uint64_t mpReservedFrom(uint32_t cpuCount) {
    return fitsInEbda(cpuCount) ? layout::ebda : layout::largeMpTable;
}

// Writes the MP table and the two BIOS words that lead to it.
void writeMpTable(std::span<const uint8_t> apicIds) {
    const uint64_t table =
        fitsInEbda(apicIds.size()) ? layout::ebda + mpFloatingPointerSize : layout::largeMpTable;
    const CpuId id = cpuId(1);
    MpTable::write({atPhysical(layout::ebda), mpFloatingPointerSize},
                   {atPhysical(table), mpConfigurationSize(apicIds.size())}, static_cast<uint32_t>(table),
                   apicIds, {.version = id.eax, .features = id.edx});
    putWord(layout::ebdaSegmentWord, layout::ebda >> 4);
    putWord(layout::baseMemoryWord, mpReservedFrom(static_cast<uint32_t>(apicIds.size())) >> 10);
}

} // namespace

const eif::Machine machine = eif::Machine::x86_64;

static_assert(kernelHeadSize == eif::bzImageHeadSize);

eif::DiagnosticList parseKernel(std::span<const std::byte> head, uint64_t size, eif::KernelOrigin origin) {
    const eif::BzImageResult result = eif::parseBzImage(head, size, origin);
    kernel = result.image;
    return result.diagnostics;
}

// The real-mode part at the start of the file.
uint64_t skippedBytes() {
    return kernel.setupBytes;
}

uint64_t loadedBytes() {
    return kernel.protectedBytes;
}

uint64_t cmdlineLimit() {
    return kernel.cmdlineSize;
}

std::span<std::byte> cmdlineRoom() {
    return {atPhysical(layout::cmdline), layout::cmdlineCapacity};
}

void readMemory(const FwCfg &fwCfg, const nitro_boot_info &bootInfo) {
    constexpr uint32_t maxEntries = 32;
    static E820Entry entries[maxEntries];
    const FwCfgFile file = fwCfg.find("etc/e820");
    const uint32_t count = file.size / sizeof(E820Entry);
    if (!file.isThere || count > maxEntries ||
        !fwCfg.read(file, 0, physicalAddress(entries), count * uint32_t{sizeof(E820Entry)}) ||
        !memory.build({entries, count}, mpReservedFrom(bootInfo.cpu_count)))
        fail(Stage::reset, Failure{.reason = NITRO_BOOT_REASON_MEMORY_MAP,
                                   .sentence = "The machine's memory map (etc/e820) is missing or empty."});
}

uint64_t totalMemory() {
    return memory.total();
}

Plan plan(uint64_t ramdiskBytes) {
    return makePlan(kernel, ramdiskBytes, memory);
}

void prepare(const Plan &plan) {
    mapHighMemory(plan);
}

void enterKernel(std::span<const std::byte> head, const Plan &plan, uint64_t ramdiskBytes,
                 const nitro_boot_info &bootInfo) {
    writeMpTable({bootInfo.apic_ids, bootInfo.cpu_count});
    ZeroPage::write({atPhysical(layout::zeroPage), layout::zeroPageSize}, head, kernel,
                    {.kernelAddress = plan.kernelAddress,
                     .ramdiskAddress = ramdiskBytes == 0 ? 0 : plan.ramdiskAddress,
                     .ramdiskSize = ramdiskBytes,
                     .cmdlineAddress = layout::cmdline},
                    memory.entries());
    waitForMeasurement(takenFirst(plan, memory.total()));
    reportStage(Stage::handoff, "entering the kernel");
    constexpr uint64_t entry64 = 0x200; // from the start of the protected-mode code
    if (kernel.has64BitEntry())
        enterKernel64(plan.kernelAddress + entry64, layout::zeroPage);
    enterKernel32(plan.kernelAddress, layout::zeroPage);
}

} // namespace nitroscope::boot::target
