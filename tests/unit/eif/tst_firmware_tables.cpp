// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the boot firmware computes before it touches memory: memory map, placement, MP table, zero page,
// command line. The same headers as in the ROM, on the host.
#include "firmware/boot/cmdline.hpp"
#include "firmware/boot/target/x86_plan.hpp"
#include "firmware/boot/text.hpp"
#include "firmware/boot/x86/memory_map.hpp"
#include "firmware/boot/x86/mp_table.hpp"
#include "firmware/boot/x86/zero_page.hpp"
#include "tests/unit/eif/eif_bytes.hpp"

#include <numeric>
#include <QtTest>
#include <vector>

using namespace nitroscope;
using namespace nitroscope::boot;

namespace {

constexpr uint64_t mebi = 1 << 20, gibi = 1 << 30;

// RAM as QEMU lists it: up to 3 GiB below 4 GiB, the rest above.
MemoryMap memoryOf(uint64_t size) {
    std::vector<E820Entry> entries{{.start = 0, .size = std::min(size, 3 * gibi), .type = 1}};
    if (size > 3 * gibi)
        entries.push_back({.start = 4 * gibi, .size = size - 3 * gibi, .type = 1});
    MemoryMap map;
    if (!map.build(entries, layout::ebda))
        qFatal("no memory");
    return map;
}

eif::BzImage kernelOf(bool isAbove4GPossible = true) {
    eif::BzImage kernel = eif::parseBzImage(test::bytesOf(test::dummyKernel()), 4096).image;
    kernel.initSize = 58 * mebi;
    if (!isAbove4GPossible)
        kernel.xloadflags = eif::setup::xlfKernel64;
    return kernel;
}

unsigned sumOf(std::span<const std::byte> bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0u,
                           [](unsigned sum, std::byte b) { return sum + std::to_integer<unsigned>(b); }) &
           0xff;
}

uint64_t little(std::span<const std::byte> bytes, size_t at, unsigned width) {
    uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
        value |= std::to_integer<uint64_t>(bytes[at + i]) << 8 * i;
    return value;
}

} // namespace

class TestFirmwareTables : public QObject {
    Q_OBJECT

private slots:
    void memoryMap_lowRam_isCarvedAndSorted() {
        const MemoryMap map = memoryOf(6 * gibi);
        QCOMPARE(map.lowEnd(), 3 * gibi);
        QCOMPARE(map.highStart(), 4 * gibi);
        QCOMPARE(map.highEnd(), 7 * gibi);
        QCOMPARE(map.total(), 6 * gibi);
        uint64_t end = 0, ram = 0;
        for (const E820Entry &entry : map.entries()) {
            QVERIFY(entry.start >= end);
            end = entry.start + entry.size;
            if (entry.type == 1)
                ram += entry.size;
            if (entry.start < mebi && end > layout::ebda)
                QCOMPARE(entry.type, 2u);
        }
        QCOMPARE(ram, 6 * gibi - (mebi - layout::ebda));
    }

    void memoryMap_nonsense_isRefused() {
        MemoryMap map;
        QVERIFY(!map.build({}, layout::ebda));
        const E820Entry wrapping[] = {{.start = ~uint64_t{0} - 10, .size = 100, .type = 1}};
        QVERIFY(!map.build(wrapping, layout::ebda));
        const E820Entry reserved[] = {{.start = 0, .size = gibi, .type = 2}};
        QVERIFY(!map.build(reserved, layout::ebda));
    }

    void plan_usual_putsKernelAtItsPlaceAndRamdiskOnTop() {
        const Plan plan = makePlan(kernelOf(), 10 * mebi + 1, memoryOf(512 * mebi));
        QCOMPARE(plan.verdict, Plan::Verdict::fits);
        QCOMPARE(plan.kernelAddress, 16 * mebi);
        QCOMPARE(plan.ramdiskAddress, 512 * mebi - 10 * mebi - 4096);
        QCOMPARE(plan.pageTablesCount, uint64_t{0});
    }

    void plan_exactFit_fitsAndOnePageLessDoesNot() {
        const uint64_t exact = (16 + 58 + 10) * mebi;
        QCOMPARE(makePlan(kernelOf(), 10 * mebi, memoryOf(exact)).verdict, Plan::Verdict::fits);
        const Plan plan = makePlan(kernelOf(), 10 * mebi, memoryOf(exact - 4096));
        QCOMPARE(plan.verdict, Plan::Verdict::memoryTooSmall);
        QCOMPARE(plan.needed, exact);
    }

    void plan_kernelAlone_mustFit() {
        const Plan plan = makePlan(kernelOf(), 0, memoryOf(64 * mebi));
        QCOMPARE(plan.verdict, Plan::Verdict::memoryTooSmall);
        QCOMPARE(plan.needed, 74 * mebi);
    }

    void plan_largeRamdisk_goesAbove4GiB() {
        const Plan plan = makePlan(kernelOf(), 5 * gibi, memoryOf(10 * gibi));
        QCOMPARE(plan.verdict, Plan::Verdict::fits);
        QCOMPARE(plan.ramdiskAddress, 11 * gibi - 5 * gibi);
        QCOMPARE(plan.pageTablesCount, uint64_t{7});
        QCOMPARE(plan.pageTablesAddress, 3 * gibi - 7 * 4096);
    }

    void plan_largeRamdiskAndTooLittleMemory_saysHowMuch() {
        const Plan plan = makePlan(kernelOf(), 5 * gibi, memoryOf(6 * gibi));
        QCOMPARE(plan.verdict, Plan::Verdict::memoryTooSmall);
        QCOMPARE(plan.needed, 8 * gibi);
        QCOMPARE(makePlan(kernelOf(), 5 * gibi, memoryOf(plan.needed)).verdict, Plan::Verdict::fits);
    }

    void takenFirst_usual_isBelowTheRamdisks() {
        const Plan plan = makePlan(kernelOf(), 10 * mebi, memoryOf(512 * mebi));
        const MemoryRange first = takenFirst(plan, 512 * mebi);
        QCOMPARE(first.end, 502 * mebi);
        QCOMPARE(first.start, (502 - 8 - 4) * mebi);
    }

    void takenFirst_littleMemory_isHalfOfWhatIsFree() {
        const uint64_t memory = (16 + 58 + 10) * mebi + 3 * 4096;
        const Plan plan = makePlan(kernelOf(), 10 * mebi, memoryOf(memory));
        const MemoryRange first = takenFirst(plan, memory);
        QCOMPARE(first.end - first.start, uint64_t{4096});
        QCOMPARE(first.end, plan.ramdiskAddress);
        const Plan full = makePlan(kernelOf(), 10 * mebi, memoryOf(memory - 3 * 4096));
        QCOMPARE(takenFirst(full, memory).end, takenFirst(full, memory).start);
    }

    void takenFirst_endOfMemoryNotKnown_isEmpty() {
        for (const auto &[kernel, ramdisk, memory] :
             {std::tuple(kernelOf(), 10 * mebi, 4 * gibi), std::tuple(kernelOf(), 5 * gibi, 10 * gibi),
              std::tuple(kernelOf(false), gibi, 3 * gibi), std::tuple(kernelOf(), gibi, 64 * mebi)})
            QCOMPARE(takenFirst(makePlan(kernel, ramdisk, memoryOf(memory)), memory).end, uint64_t{0});
    }

    void plan_oldKernel_keepsRamdiskBelowItsLimit() {
        const Plan plan = makePlan(kernelOf(false), gibi, memoryOf(3 * gibi));
        QCOMPARE(plan.ramdiskAddress, gibi);
        QCOMPARE(makePlan(kernelOf(false), 3 * gibi, memoryOf(16 * gibi)).verdict,
                 Plan::Verdict::ramdiskTooLarge);
    }

    void plan_wildKernelAddress_isRefused() {
        eif::BzImage kernel = kernelOf();
        for (const uint64_t address :
             {~uint64_t{0}, uint64_t{1} << 40, uint64_t{1} << 32, uint64_t{0xfffff000}}) {
            kernel.prefAddress = address;
            QVERIFY(makePlan(kernel, 0, memoryOf(8 * gibi)).verdict != Plan::Verdict::fits);
        }
    }

    void plan_anySizes_neverOverlap() {
        for (uint64_t memory = 64 * mebi; memory < 12 * gibi; memory += 61 * mebi + 4096)
            for (const uint64_t ramdisk : {uint64_t{1}, 30 * mebi, gibi, 2 * gibi + 1, 5 * gibi})
                for (const bool isAbove : {false, true}) {
                    const MemoryMap map = memoryOf(memory);
                    const Plan plan = makePlan(kernelOf(isAbove), ramdisk, map);
                    if (plan.verdict != Plan::Verdict::fits) {
                        QVERIFY(plan.verdict == Plan::Verdict::ramdiskTooLarge || plan.needed > memory);
                        continue;
                    }
                    const uint64_t kernelEnd = plan.kernelAddress + 58 * mebi,
                                   end = plan.ramdiskAddress + ramdisk;
                    QVERIFY(plan.ramdiskAddress >= kernelEnd);
                    QVERIFY(end <= map.lowEnd() ||
                            (plan.ramdiskAddress >= map.highStart() && end <= map.highEnd()));
                    QVERIFY(end <= plan.pageTablesAddress || plan.ramdiskAddress >= 4 * gibi);
                    QVERIFY(isAbove || end <= 2 * gibi);
                }
    }

    void mpTable_checksumsAndCounts_areRight() {
        for (const unsigned cpus : {1u, 2u, 4u, 40u, 41u, 255u}) {
            std::vector<uint8_t> ids(cpus);
            std::iota(ids.begin(), ids.end(), uint8_t{0});
            std::vector<std::byte> pointer(mpFloatingPointerSize), table(mpConfigurationSize(cpus));
            MpTable::write(pointer, table, 0x9fc10, ids, {.version = 0x663, .features = 0x781abfd});
            QCOMPARE(sumOf(pointer), 0u);
            QCOMPARE(sumOf(table), 0u);
            QCOMPARE(little(pointer, 4, 4), uint64_t{0x9fc10});
            QCOMPARE(little(table, 4, 2), uint64_t(table.size()));
            QCOMPARE(little(table, 34, 2), uint64_t(cpus + 2 + 15 + 2));
            QCOMPARE(little(table, 44 + 3, 1), uint64_t{3}); // boot CPU, enabled
            const size_t ioApic = 44 + 20 * cpus + 8;
            QCOMPARE(little(table, ioApic, 1), uint64_t{2});
            QCOMPARE(little(table, ioApic + 1, 1), uint64_t(cpus & 0xff));
            QCOMPARE(little(table, ioApic + 8 + 7, 1), uint64_t{2}); // IRQ 0 on pin 2
        }
    }

    void zeroPage_fields_areWhereLinuxLooks() {
        const QByteArray kernel = test::dummyKernel();
        const eif::BzImage image = kernelOf();
        std::vector<std::byte> page(4096, std::byte{0xaa});
        const MemoryMap map = memoryOf(6 * gibi);
        ZeroPage::write(page, test::bytesOf(kernel), image,
                        {.kernelAddress = 16 * mebi,
                         .ramdiskAddress = 0x123456000,
                         .ramdiskSize = 0x145678000,
                         .cmdlineAddress = 0x10000},
                        map.entries());
        QCOMPARE(little(page, 0x202, 4), uint64_t{0x53726448});
        QCOMPARE(little(page, 0x210, 1), uint64_t{0xff});
        QCOMPARE(little(page, 0x214, 4), 16 * mebi);
        QCOMPARE(little(page, 0x218, 4) | little(page, 0xc0, 4) << 32, uint64_t{0x123456000});
        QCOMPARE(little(page, 0x21c, 4) | little(page, 0xc4, 4) << 32, uint64_t{0x145678000});
        QCOMPARE(little(page, 0x228, 4), uint64_t{0x10000});
        QCOMPARE(little(page, 0x1e8, 1), uint64_t(map.entries().size()));
        QCOMPARE(little(page, 0x2d0, 8), uint64_t{0});
        QCOMPARE(little(page, 0x2d8, 8), layout::ebda);
        QCOMPARE(little(page, 0x1f0, 1), uint64_t{0}); // nothing of the boot sector before the header
    }

    void cmdline_nulAndTrailingBreaks_endTheUsablePart() {
        const auto usable = [](const QByteArray &text) { return usableCmdline(test::bytesOf(text)); };
        QCOMPARE(usable("a b"), uint64_t{3});
        QCOMPARE(usable("a b\n"), uint64_t{3});
        QCOMPARE(usable(QByteArray("a\0b", 3)), uint64_t{1});
        QCOMPARE(usable(""), uint64_t{0});
        QCOMPARE(usable("\r\n\n"), uint64_t{0});
    }

    void text_numbers_areRightAndNeverOverflow() {
        QVERIFY(Text().decimal(0).view() == "0");
        QVERIFY(Text().decimal(~uint64_t{0}).view() == "18446744073709551615");
        QVERIFY(Text().hex(~uint64_t{0}).view() == "0xffffffffffffffff");
        QVERIFY(Text().hexPadded(0x2a, 8).view() == "0000002a");
        Text text;
        for (int i = 0; i < 1000; ++i)
            text.add("words");
        QCOMPARE(text.view().size(), size_t{256});
    }
};

QTEST_APPLESS_MAIN(TestFirmwareTables)
#include "tst_firmware_tables.moc"
