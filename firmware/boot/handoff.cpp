// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/handoff.hpp"

#include "firmware/boot/report.hpp"
#include "firmware/boot/x86/cpu.hpp"
#include "firmware/boot/x86/layout.hpp"
#include "firmware/boot/x86/mp_table.hpp"

extern "C" [[noreturn]] void enterKernel64(uint64_t entry, uint64_t zeroPage);
extern "C" [[noreturn]] void enterKernel32(uint64_t entry, uint64_t zeroPage);

namespace nitroscope::boot {

namespace {

void putWord(uint64_t address, uint64_t value) {
    atPhysical(address)[0] = static_cast<std::byte>(value & 0xff);
    atPhysical(address)[1] = static_cast<std::byte>(value >> 8 & 0xff);
}

bool fitsInEbda(uint64_t cpuCount) {
    return mpFloatingPointerSize + mpConfigurationSize(cpuCount) <= layout::baseMemoryEnd - layout::ebda;
}

// The kernel would wait for the host's clearing of these pages; the firmware has the time.
void touchPage(uint64_t address) {
    volatile std::byte &byte = *atPhysical(address);
    byte = byte;
}

// A machine without the port reads all ones: then nobody measures and nobody can refuse.
void waitForMeasurement(MemoryRange touched) {
    constexpr unsigned pausesPerPoll = 256; // each poll leaves the guest, so do not poll in a tight loop
    uint32_t state;
    while ((state = inLong(NITRO_BOOT_PORT)) == NITRO_MEASURE_BUSY)
        for (unsigned i = 0; i < pausesPerPoll; ++i) {
            pause();
            if (touched.end > touched.start)
                touchPage(touched.end -= detail::pageSize);
        }
    if (state == NITRO_MEASURE_REFUSED)
        fail(Stage::handoff,
             Failure{.reason = NITRO_BOOT_REASON_REFUSED,
                     .sentence =
                         "Refused by the platform: the image did not pass its checks while being measured."});
}

} // namespace

uint64_t mpReservedFrom(uint32_t cpuCount) {
    return fitsInEbda(cpuCount) ? layout::ebda : layout::largeMpTable;
}

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

void enterKernel(std::span<const std::byte> head, const eif::BzImage &kernel,
                 const BootParameters &parameters, const MemoryMap &memory, MemoryRange first) {
    ZeroPage::write({atPhysical(layout::zeroPage), layout::zeroPageSize}, head, kernel, parameters,
                    memory.entries());
    waitForMeasurement(first);
    reportStage(Stage::handoff, "entering the kernel");
    constexpr uint64_t entry64 = 0x200; // from the start of the protected-mode code
    if (kernel.has64BitEntry())
        enterKernel64(parameters.kernelAddress + entry64, layout::zeroPage);
    enterKernel32(parameters.kernelAddress, layout::zeroPage);
}

} // namespace nitroscope::boot
