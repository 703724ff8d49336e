// SPDX-License-Identifier: GPL-2.0-or-later
//
// The board's physical layout, and walks over page tables made by hand in every paging mode.
#include "app/core/arch/x86/paging.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/guest/virtual_memory.hpp"
#include "made_up_memory.hpp"

#include <QTemporaryFile>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::guest;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::MadeUpRam;
using Paging = nitroscope::arch::x86::PagingModes;

namespace {

constexpr quint64 MiB = 1 << 20, GiB = 1024 * MiB;
constexpr quint64 presentWritable = 3, userBit = 4, largeBit = 0x80, noExecute = quint64(1) << 63;

std::shared_ptr<MadeUpRam> ram(quint64 bytes = 4 * MiB) {
    return std::make_shared<MadeUpRam>(bytes);
}

QString codeOf(const app::Result<Translation> &result) {
    return result ? u"none"_s : result.error().code;
}

} // namespace

class TestGuestMemory : public QObject {
    Q_OBJECT
private slots:
    void range_boardWith5GiB_splitsRamAt3GiB() {
        const auto bytes = ram(4096);
        bytes->claim(5 * GiB);
        const PhysicalMemory memory(bytes, arch::x86_64());
        QCOMPARE(memory.rangeAt(3 * GiB - 1).backing, Backing::ram);
        QCOMPARE(memory.rangeAt(3 * GiB).backing, Backing::nothing);
        QCOMPARE(memory.rangeAt(4 * GiB).backing, Backing::ram);
        QCOMPARE(memory.rangeAt(4 * GiB).fileOffset, 3 * GiB);
        QCOMPARE(memory.rangeAt(6 * GiB - 1).backing, Backing::ram);
        QCOMPARE(memory.rangeAt(6 * GiB).backing, Backing::nothing);
    }

    void read_deviceAddress_isRefusedByName() {
        const PhysicalMemory memory(ram(), arch::x86_64());
        for (const quint64 address : {0xd0000000ull, 0xd0001000ull, 0xfec00000ull, 0xfee00000ull}) {
            std::array<std::byte, 4> out{};
            const auto read = memory.read(address, out);
            QVERIFY(!read);
            QCOMPARE(read.error().code, u"device-memory"_s);
            QCOMPARE(*read.error().offset, address);
        }
        QVERIFY(memory.readUpTo(0xd0000000, 4).isEmpty());
    }

    void read_firmwareCopy_isNotTakenFromRam() {
        const auto bytes = ram();
        bytes->put(0xf0000, QByteArray("hidden"));
        const PhysicalMemory memory(bytes, arch::x86_64());
        std::array<std::byte, 2> out{};
        const auto read = memory.read(0xeffff, out);
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"firmware-memory"_s);
        QCOMPARE(*read.error().offset, 0xf0000);
        QCOMPARE(memory.readUpTo(0xeff00, 0x1000).size(), 0x100);
    }

    void read_fileThatShrank_isAnError() {
        QTemporaryFile file;
        QVERIFY(file.open());
        QVERIFY(file.resize(qint64(2 * MiB)));
        const auto memory = PhysicalMemory::open(file.fileName(), arch::x86_64());
        QVERIFY(memory);
        QVERIFY(memory->value<quint64>(MiB + 8).has_value());
        QVERIFY(file.resize(4096));
        std::array<std::byte, 8> out{};
        const auto read = memory->read(MiB + 8, out);
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"guest-memory"_s);
    }

    void populated_sparseFile_leavesHolesOut() {
        QTemporaryFile file;
        QVERIFY(file.open());
        QVERIFY(file.resize(qint64(64 * MiB)));
        QVERIFY(file.seek(qint64(32 * MiB)));
        file.write(QByteArray(4096, 'x'));
        file.flush();
        const auto memory = PhysicalMemory::open(file.fileName(), arch::x86_64());
        QVERIFY(memory);
        quint64 bytes = 0;
        bool isThere = false;
        for (const PhysicalRange &range : memory->populated()) {
            bytes += range.bytes;
            isThere = isThere || range.contains(32 * MiB);
        }
        QVERIFY(isThere);
        if (bytes > 2 * MiB)
            QSKIP("this file system does not tell where the holes of a file are");
    }

    void translate_fourLevels_findsAllPageSizes() {
        const auto bytes = ram();
        bytes->put<quint64>(0x1000 + 8 * 511, 0x2000 | presentWritable);
        bytes->put<quint64>(0x2000 + 8 * 510, 0x3000 | presentWritable);
        bytes->put<quint64>(0x2000 + 8 * 509, 0x40000000 | presentWritable | largeBit | noExecute);
        bytes->put<quint64>(0x3000 + 8 * 8, 0x200000 | presentWritable | largeBit);
        bytes->put<quint64>(0x3000 + 8 * 9, 0x4000 | presentWritable | userBit);
        bytes->put<quint64>(0x4000 + 8 * 1, 0x5000 | 1);
        const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {Paging::levels4, 0x1000});
        const auto twoMiB = memory.translate(0xffffffff81012345);
        QVERIFY(twoMiB);
        QCOMPARE(twoMiB->physical, 0x212345);
        QCOMPARE(twoMiB->pageBytes, 2 * MiB);
        QVERIFY(twoMiB->isWritable && twoMiB->isExecutable && !twoMiB->isUser);
        const auto small = memory.translate(0xffffffff81201abc);
        QVERIFY(small);
        QCOMPARE(small->physical, 0x5abc);
        QVERIFY(!small->isWritable);
        const auto gib = memory.translate(0xffffffff40000010);
        QVERIFY(gib);
        QCOMPARE(gib->physical, 0x40000010);
        QVERIFY(!gib->isExecutable);
        QCOMPARE(codeOf(memory.translate(0xffffffff81202000)), u"not-mapped"_s);
        QCOMPARE(codeOf(memory.translate(0x0000800000000000)), u"not-mapped"_s);
        const QStringList steps = memory.explain(0xffffffff81201abc);
        QCOMPARE(steps.size(), 6);
        QVERIFY2(steps.last().contains(u"0x5abc"_s), qPrintable(steps.last()));
        QVERIFY(memory.explain(0xffffffff81202000).last().contains(u"PT[2]"_s));
    }

    void translate_fiveLevels_goesThroughThePml5() {
        const auto bytes = ram();
        bytes->put<quint64>(0x6000 + 8 * 511, 0x1000 | presentWritable);
        bytes->put<quint64>(0x1000 + 8 * 511, 0x2000 | presentWritable);
        bytes->put<quint64>(0x2000 + 8 * 510, 0x3000 | presentWritable);
        bytes->put<quint64>(0x3000 + 8 * 8, 0x200000 | presentWritable | largeBit);
        const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {Paging::levels5, 0x6000});
        const auto place = memory.translate(0xffffffff81012345);
        QVERIFY(place);
        QCOMPARE(place->physical, 0x212345);
    }

    void translate_32bit_findsSmallAnd4MiBPages() {
        const auto bytes = ram();
        bytes->put<quint32>(0x1000 + 4 * 0x300, 0x2000 | 3);
        bytes->put<quint32>(0x2000 + 4 * 5, 0x7000 | 3);
        bytes->put<quint32>(0x1000 + 4 * 1, 0x00400000 | 3 | 0x80);
        const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {Paging::bits32, 0x1000});
        QCOMPARE(memory.translate(0xc0005678)->physical, 0x7678);
        QCOMPARE(memory.translate(0x00712345)->physical, 0x712345);
        QCOMPARE(codeOf(memory.translate(0x1c0005678)), u"not-mapped"_s);
    }

    void translate_pae_usesTheFourEntryRoot() {
        const auto bytes = ram();
        bytes->put<quint64>(0x1020 + 8 * 3, 0x2000 | 1);
        bytes->put<quint64>(0x2000 + 8 * 2, 0x200000 | presentWritable | largeBit);
        const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {Paging::pae, 0x1020});
        QCOMPARE(memory.translate(0xc0412345)->physical, 0x212345);
    }

    void translate_pagingOff_isTheAddressItself() {
        const VirtualMemory memory(PhysicalMemory(ram(), arch::x86_64()), {Paging::off, 0});
        QCOMPARE(memory.translate(0x1234)->physical, 0x1234);
        QCOMPARE(memory.explain(0xd0000000).last().contains(u"vsock"_s), true);
    }

    // What may be touched without operating a device: by page tables, not by address.
    void plainBytes_endAtDevicesAndHoles() {
        const auto bytes = ram();
        bytes->put<quint64>(0x1000, 0x2000 | presentWritable);
        bytes->put<quint64>(0x2000, 0x3000 | presentWritable);
        bytes->put<quint64>(0x2018, 0xc0000000 | presentWritable | largeBit);
        bytes->put<quint64>(0x3000, 0x4000 | presentWritable);
        bytes->put<quint64>(0x4000, 0x9000 | presentWritable);
        bytes->put<quint64>(0x4008, 0xd0000000 | presentWritable);
        bytes->put<quint64>(0x4010, 0xffff0000 | presentWritable);
        const PhysicalMemory physical(bytes, arch::x86_64());
        const VirtualMemory memory(physical, {Paging::levels4, 0x1000});
        QCOMPARE(memory.plainBytes(0xff0, 0x100), quint64(0x10)); // the second page is a device
        QCOMPARE(memory.plainBytes(0x1000, 1), quint64(0));
        QCOMPARE(memory.plainBytes(0x2000, 0x1001), quint64(0x1000)); // the ROM, then a hole
        QCOMPARE(memory.plainBytes(0xd0000000, 4), quint64(0));       // within a large page
        QCOMPARE(memory.plainBytes(0xfee00020, 4), quint64(0));
        QCOMPARE(memory.plainBytes(0x0000800000000000, 8), quint64(0));
        QCOMPARE(physical.plainBytes(0x1000, 0x10), quint64(0x10));
        QCOMPARE(physical.plainBytes(4 * MiB - 1, 2), quint64(1));
        QCOMPARE(physical.plainBytes(0xeffff, 0x20000), quint64(0x20000)); // into the ROM's copy and out
        QCOMPARE(physical.plainBytes(~quint64(0), ~quint64(0)), quint64(0));
        const VirtualMemory flat(physical, {Paging::off, 0});
        QCOMPARE(flat.plainBytes(0xfffffff0, 0x10), quint64(0x10)); // where a CPU starts
        QCOMPARE(flat.plainBytes(0xfffffff0, 0x20), quint64(0x10));
    }

    void mode_controlRegisters_decide() {
        constexpr quint64 pg = quint64(1) << 31, pae = 0x20, la57 = 0x1000, lma = 0x400;
        QCOMPARE(arch::x86::translationBy(1, 0, 0, 0).paging, Paging::off);
        QCOMPARE(arch::x86::translationBy(pg, 0, 0, 0).paging, Paging::bits32);
        QCOMPARE(arch::x86::translationBy(pg, 0, pae, 0).paging, Paging::pae);
        QCOMPARE(arch::x86::translationBy(pg, 0, pae, lma).paging, Paging::levels4);
        QCOMPARE(arch::x86::translationBy(pg, 0, pae | la57, lma).paging, Paging::levels5);
    }

    void read_acrossPages_stopsAtTheHole() {
        const auto bytes = ram();
        bytes->put<quint64>(0x1000, 0x2000 | presentWritable);
        bytes->put<quint64>(0x2000, 0x3000 | presentWritable);
        bytes->put<quint64>(0x3000, 0x4000 | presentWritable);
        bytes->put<quint64>(0x4000, 0x9000 | presentWritable);
        bytes->put<quint64>(0x4008, 0x8000 | presentWritable);
        bytes->put(0x9ffc, QByteArray("one-"));
        bytes->put(0x8000, QByteArray("two\0more", 8));
        const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {Paging::levels4, 0x1000});
        QCOMPARE(memory.text(0xffc, 100), QByteArray("one-two"));
        QCOMPARE(memory.readUpTo(0xffc, 0x10000).size(), 4 + 0x1000);
        std::array<std::byte, 16> out{};
        const auto read = memory.read(0x1ff8, out);
        QVERIFY(!read);
        QCOMPARE(*read.error().offset, 0x2000);
    }

    // A table that points at itself is a walk of a fixed number of steps all the same.
    void translate_garbageAndCycles_ends() {
        const auto bytes = ram();
        for (quint64 at = 0; at < 4 * MiB; at += 8)
            bytes->put<quint64>(at, 0x1000 | presentWritable | (at * 0x9e3779b97f4a7c15 & 0x3ff000));
        for (const auto *paging :
             {Paging::off, Paging::bits32, Paging::pae, Paging::levels4, Paging::levels5}) {
            const VirtualMemory memory(PhysicalMemory(bytes, arch::x86_64()), {paging, 0x1000});
            for (quint64 i = 0; i < 2000; ++i) {
                (void)memory.explain(i * 0x9e3779b97f4a7c15);
                (void)memory.readUpTo(i * 0x1234567, 64);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestGuestMemory)
#include "tst_guest_memory.moc"
