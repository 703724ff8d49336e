// SPDX-License-Identifier: GPL-2.0-or-later
//
// A core file of made-up memory, read back by elfutils' libelf.
#include "app/core/arch/x86/paging.hpp"
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/vmcore/core_file.hpp"
#include "made_up_memory.hpp"

#include <cstring>
#include <gelf.h>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/stat.h>

using namespace nitroscope;
using namespace nitroscope::guest;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::MadeUpRam;
using Paging = nitroscope::arch::x86::PagingModes;

namespace {

constexpr quint64 MiB = 1 << 20, presentWritable = 3, largeBit = 0x80;
constexpr quint64 allRam = 0xffff888000000000, image = 0xffffffff81000000, kernelHalf = quint64(1) << 63;
constexpr quint64 root = 0x1000;

// 8 MiB with tables that map all of it at `allRam`, and a kernel at 4 MiB at `image`.
std::shared_ptr<MadeUpRam> mappedRam() {
    auto ram = std::make_shared<MadeUpRam>(8 * MiB);
    const auto entry = [&](quint64 table, quint64 address, int shift, quint64 value) {
        ram->put<quint64>(table + (address >> shift & 511) * 8, value);
    };
    entry(root, allRam, 39, 0x2000 | presentWritable);
    entry(0x2000, allRam, 30, 0x3000 | presentWritable);
    for (quint64 at = 0; at < 8 * MiB; at += 2 * MiB)
        entry(0x3000, allRam + at, 21, at | presentWritable | largeBit);
    entry(root, image, 39, 0x4000 | presentWritable);
    entry(0x4000, image, 30, 0x5000 | presentWritable);
    entry(0x5000, image, 21, 4 * MiB | presentWritable | largeBit);
    entry(root, 0x400000, 39, 0x6000 | presentWritable); // of a program, which is not asked for
    ram->put<quint64>(5 * MiB, 0x1122334455667788);
    return ram;
}

VirtualMemory virtualOf(const PhysicalMemory &memory) {
    return {memory, {Paging::levels4, root}};
}

QByteArray packetWith(int number, quint64 value) {
    QByteArray packet(arch::x86::table.packetBytes, '\0');
    std::memcpy(packet.data() + arch::x86::table.offset(number), &value, sizeof value);
    return packet;
}

struct CoreFile {
    QVector<GElf_Phdr> loads;
    QByteArrayList notes; // name, type, content
    GElf_Ehdr header{};
};

CoreFile readCore(const QString &path) {
    CoreFile core;
    elf_version(EV_CURRENT);
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return core;
    Elf *const elf = elf_begin(file.handle(), ELF_C_READ, nullptr);
    std::size_t count = 0;
    gelf_getehdr(elf, &core.header);
    elf_getphdrnum(elf, &count);
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header{};
        gelf_getphdr(elf, int(i), &header);
        if (header.p_type == PT_LOAD)
            core.loads.append(header);
        if (header.p_type != PT_NOTE)
            continue;
        Elf_Data *const data =
            elf_getdata_rawchunk(elf, qint64(header.p_offset), header.p_filesz, ELF_T_NHDR);
        GElf_Nhdr note{};
        std::size_t name = 0, content = 0;
        for (std::size_t at = 0; data && (at = gelf_getnote(data, at, &note, &name, &content)) > 0;) {
            const auto *const bytes = static_cast<const char *>(data->d_buf);
            core.notes << QByteArray(bytes + name) + ' ' + QByteArray::number(note.n_type) + ' ' +
                              QByteArray(bytes + content, note.n_descsz);
        }
    }
    elf_end(elf);
    return core;
}

} // namespace

class TestVmcore : public QObject {
    Q_OBJECT
private slots:
    void mappedRanges_ofTheKernelsHalf_areMergedAndAscend() {
        const PhysicalMemory memory(mappedRam(), arch::x86_64());
        const MappedRanges found = mappedRanges(virtualOf(memory), kernelHalf);
        QVERIFY(found.isComplete);
        QCOMPARE(found.ranges.size(), 3); // what the firmware hides below 1 MiB is no RAM
        QCOMPARE(found.ranges[0].address, allRam);
        QCOMPARE(found.ranges[0].bytes, MiB - 64 * 1024);
        QCOMPARE(found.ranges[1].address, allRam + MiB);
        QCOMPARE(found.ranges[1].bytes, 7 * MiB);
        QCOMPARE(found.ranges[2].address, image);
        QCOMPARE(found.ranges[2].physical, 4 * MiB);
        QCOMPARE(found.ranges[2].bytes, 2 * MiB);
    }

    void mappedRanges_tablesInCircles_end() {
        const auto ram = mappedRam();
        for (quint64 index = 256; index < 512; ++index)
            ram->put<quint64>(root + index * 8, root | presentWritable);
        const PhysicalMemory memory(ram, arch::x86_64());
        const MappedRanges found = mappedRanges(virtualOf(memory), kernelHalf);
        QVERIFY(!found.isComplete);
        QVERIFY(found.ranges.size() <= 16384);
    }

    void core_ofAGuest_hasItsMemoryAndRegisters() {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"core"_s);
        const PhysicalMemory memory(mappedRam(), arch::x86_64());
        const formats::CoreContent content{
            memory,
            mappedRanges(virtualOf(memory), kernelHalf).ranges,
            {packetWith(arch::x86::rip, image + 5), packetWith(arch::x86::rsp, 7)},
            "OSRELEASE=6.12.0\n"};
        app::FileWriter file(path);
        QVERIFY(file.start());
        QVERIFY(formats::writeCore(file, content));
        QVERIFY(file.commit());

        const CoreFile core = readCore(path);
        QCOMPARE(core.header.e_type, ET_CORE);
        QCOMPARE(core.header.e_machine, EM_X86_64);
        QCOMPARE(core.notes.size(), 3);
        const auto word = [&core](int note, qsizetype offset) {
            quint64 value = 0;
            std::memcpy(&value, core.notes[note].constData() + 7 + offset, sizeof value); // behind "CORE 1 "
            return value;
        };
        QVERIFY(core.notes[0].startsWith("CORE 1 "));
        QCOMPARE(core.notes[0].size(), 7 + 336);
        QCOMPARE(quint32(word(0, 32)), 1u); // pr_pid
        QCOMPARE(quint32(word(1, 32)), 2u);
        QCOMPARE(word(0, 112 + 16 * 8), image + 5); // rip
        QCOMPARE(word(1, 112 + 19 * 8), 7u);        // rsp
        QCOMPARE(core.notes[2], QByteArray("VMCOREINFO 0 OSRELEASE=6.12.0\n"));

        QFile written(path);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QCOMPARE(core.loads.size(), 3);
        for (const GElf_Phdr &load : core.loads) {
            QVERIFY(written.seek(qint64(load.p_offset)));
            QCOMPARE(load.p_filesz, load.p_memsz);
            QCOMPARE(written.read(qint64(load.p_filesz)), memory.readUpTo(load.p_paddr, load.p_memsz));
        }
        QCOMPARE(core.loads[0].p_vaddr, allRam);
        QCOMPARE(core.loads[1].p_vaddr, allRam + MiB);
        QCOMPARE(core.loads[2].p_vaddr, image);
        QCOMPARE(core.loads[2].p_paddr, 4 * MiB);
        struct stat status {};
        QCOMPARE(::stat(QFile::encodeName(path).constData(), &status), 0);
        QVERIFY(status.st_size > qint64(7 * MiB));
        QVERIFY2(status.st_blocks * 512 < qint64(MiB), QByteArray::number(qint64(status.st_blocks)));
    }

    void core_withoutPageTables_hasPhysicalAddresses() {
        const QTemporaryDir folder;
        app::FileWriter file(folder.filePath(u"core"_s));
        QVERIFY(file.start());
        QVERIFY(formats::writeCore(file, {PhysicalMemory(mappedRam(), arch::x86_64()), {}, {}, {}}));
        QVERIFY(file.commit());
        const CoreFile core = readCore(folder.filePath(u"core"_s));
        QCOMPARE(core.notes.size(), 0);
        QCOMPARE(core.loads.size(), 2);
        for (const GElf_Phdr &load : core.loads)
            QCOMPARE(load.p_vaddr, load.p_paddr);
    }

    void core_cancelled_leavesNothing() {
        const QTemporaryDir folder;
        {
            app::FileWriter file(folder.filePath(u"core"_s));
            QVERIFY(file.start());
            const auto written =
                formats::writeCore(file, {PhysicalMemory(mappedRam(), arch::x86_64()), {}, {}, {}},
                                   [](quint64 done, quint64) { return done == 0; });
            QVERIFY(!written);
            QCOMPARE(written.error().code, u"cancelled"_s);
        }
        QVERIFY(QDir(folder.path()).isEmpty(QDir::Files | QDir::Hidden));
    }
};

QTEST_GUILESS_MAIN(TestVmcore)
#include "tst_vmcore.moc"
