// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tables of an architecture must have among themselves, and x86-64's rules by example. Page walks,
// unwinding, decompressors and calls are tested where they are used.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/architectures.hpp"

#include <QSet>
#include <QtTest>

using namespace nitroscope::arch;

namespace {

const Architecture &machine() {
    return *architectureNamed("x86_64");
}

QByteArray packetWith(std::initializer_list<std::pair<int, quint64>> values) {
    QByteArray packet(machine().registers.packetBytes, '\0');
    for (const auto &[number, value] : values)
        for (int i = 0; i < qMin(8, machine().registers.bytes(number)); ++i)
            packet[machine().registers.offset(number) + i] = char(value >> 8 * i);
    return packet;
}

} // namespace

class TestArch : public QObject {
    Q_OBJECT
private slots:
    void architecture_unknown_isNone() {
        QVERIFY(!architectureNamed("aarch64"));
        QVERIFY(!architectureOfElf(183));
        QCOMPARE(architectureOfElf(62), &machine());
    }

    void registers_ofTheTable_areWholeAndUnique() {
        const RegisterTable &table = machine().registers;
        QSet<QByteArray> names;
        QSet<int> dwarf;
        int end = 0;
        for (const Register &one : table.registers) {
            QVERIFY2(!names.contains(one.name), one.name);
            names.insert(one.name);
            QCOMPARE(table.find(one.name), &one);
            QCOMPARE(one.offset, end);
            end += one.bytes;
            QVERIFY(one.group >= 0 && size_t(one.group) < table.groups.size());
            QVERIFY2(one.dwarf < 0 || !dwarf.contains(one.dwarf), one.name);
            dwarf.insert(one.dwarf);
            for (const RegisterBit &bit : one.bits)
                QVERIFY2(bit.bit + bit.width <= one.bytes * 8, bit.name);
        }
        QCOMPARE(end, table.packetBytes);
        for (const NarrowRegister &part : table.narrow) {
            QVERIFY2(!names.contains(part.name), part.name);
            names.insert(part.name);
            QVERIFY2(part.bit + part.width < table.bytes(part.number) * 8, part.name);
        }
        for (int column = 0; column < machine().unwinding.frame->count; ++column)
            QVERIFY(dwarf.contains(column));
    }

    void value_ofRegister_isLittleEndianAndBounded() {
        const QByteArray packet = packetWith({{x86::rbx, 0x1122334455667788}, {x86::eflags, 0x246}});
        QCOMPARE(machine().value(packet, x86::rbx), 0x1122334455667788u);
        QCOMPARE(machine().value(packet, x86::eflags), 0x246u);
        QCOMPARE(machine().value(packet, -1), 0u);
        QCOMPARE(machine().value(packet, machine().registers.count()), 0u);
        QCOMPARE(machine().value(packet.first(machine().registers.offset(x86::rbx) + 7), x86::rbx), 0u);
    }

    void registers_ofTheMonitorsText_areThoseOfEachCpu() {
        const QByteArray text =
            "\nCPU#0\nRAX=0000000000000001 RBX=ffffffff82a0a000 RCX=0000000000000000 RDX=0000000000000000\r\n"
            "R8 =1122334455667788 R9 =0000000000000000\r\n"
            "RIP=ffffffff81c0ffee RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1\r\n"
            "CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r\n"
            "GS =0000 ffff88801f000000 00000000 00000000\r\n"
            "CR0=80050033 CR2=0000000000000000 CR3=0000000002a0a000 CR4=000006f0\r\n"
            "EFER=0000000000000d01\r\n\r\n"
            "CPU#1\nEAX=0000f000 EBX=00000000\r\nEIP=0000fff0 EFL=00000002 [-------]\r\n";
        const auto cpus = machine().coreDump.registers(text);
        QCOMPARE(cpus.size(), 2u);
        QVERIFY(machine().isPacket(cpus[0]));
        const auto value = [&cpus](int cpu, int number) {
            return machine().value(cpus[size_t(cpu)], number);
        };
        QCOMPARE(value(0, x86::rax), 1u);
        QCOMPARE(value(0, x86::r8), 0x1122334455667788u);
        QCOMPARE(value(0, x86::rip), 0xffffffff81c0ffeeu);
        QCOMPARE(value(0, x86::eflags), 0x246u);
        QCOMPARE(value(0, x86::cs), 0x10u);
        QCOMPARE(value(0, x86::gsBase), 0xffff88801f000000u);
        QCOMPARE(value(0, x86::cr3), 0x2a0a000u);
        QCOMPARE(value(0, x86::efer), 0xd01u);
        QCOMPARE(value(1, x86::rax), 0xf000u);
        QCOMPARE(value(1, x86::rip), 0xfff0u);
    }

    void registers_ofOtherText_areNone() {
        QVERIFY(machine().coreDump.registers("").empty());
        QVERIFY(machine().coreDump.registers("RAX=0000000000000001\n").empty());
        const QByteArray text = "CPU#0\nRIP=ffffffff81c0ffee GS =0000 ffff88801f000000\n";
        for (qsizetype length = 0; length < text.size(); ++length) // cut anywhere, nothing is made up
            for (const QByteArray &cpu : machine().coreDump.registers(QByteArrayView(text).first(length)))
                QVERIFY(machine().isPacket(cpu));
    }

    void isRegister_ofANameInAnInstruction_tellsIt_data() {
        QTest::addColumn<bool>("isRegister");
        for (const char *name : {"rax", "eax", "ah", "sil", "r8", "r15d", "rip", "eip", "ip", "cs", "st",
                                 "xmm15", "xmm31", "zmm0", "cr8", "dr7", "mm0", "k1"})
            QTest::newRow(name) << true;
        for (const char *name :
             {"", "r", "rax1", "xmm", "xmm32", "xmm01", "k", "k100", "counter", "ptr", "efer"})
            QTest::addRow("no %s", name) << false;
    }

    void isRegister_ofANameInAnInstruction_tellsIt() {
        QFETCH(bool, isRegister);
        const QByteArray name = QTest::currentDataTag();
        QCOMPARE(machine().instructions.isRegister(isRegister ? name : name.sliced(3)), isRegister);
    }

    void description_ofNarrowModes_isGdbsI386() {
        QVERIFY(!machine().modes.description(CpuMode::bits64));
        const TargetDescription *real = machine().modes.description(CpuMode::bits16);
        QCOMPARE(real->architecture, "i8086");
        QCOMPARE(machine().modes.description(CpuMode::bits32)->architecture, "i386");
        QByteArrayList names;
        for (const DescribedRegister &one : real->registers)
            names << one.name;
        QCOMPARE(names.mid(0, 16).join(' '),
                 QByteArray("eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs"));
        QCOMPARE(names.mid(16, 16).join(' '),
                 QByteArray("st0 st1 st2 st3 st4 st5 st6 st7 fctrl fstat ftag fiseg fioff foseg fooff fop"));
        QCOMPARE(names.mid(32).join(' '), QByteArray("cr0 cr2 cr3 cr4 efer"));
        QCOMPARE(real->registers[8].type, "code_ptr");
        QCOMPARE(real->registers[8].bytes, 4);
        QCOMPARE(real->registers[31].feature, "org.gnu.gdb.i386.core");
        QCOMPARE(real->registers[32].feature, "org.nitroscope.system");
    }

    void segment_afterAStep_isReadAgainOnlyWhenItMayDiffer() {
        constexpr quint64 protection = 1, longMode = 1 << 10;
        const auto with = [](quint64 cr0, quint64 efer, quint64 cs) {
            return packetWith({{x86::cr0, cr0}, {x86::efer, efer}, {x86::cs, cs}});
        };
        const auto mayDiffer = machine().modes.mayHaveChanged;
        const QByteArray kernel = with(protection, longMode, 0x10);
        QVERIFY(!mayDiffer(kernel, kernel));
        QVERIFY(mayDiffer(kernel, with(protection, longMode, 0x33)));
        QVERIFY(mayDiffer(kernel, with(protection, 0, 0x10)));
        QVERIFY(mayDiffer(with(0, 0, 0xf000), with(0, 0, 0xf000))); // real mode: the base may be another one
    }

    void returnPlace_inAPrologue_isOnTheStack() {
        using From = ReturnPlace::From;
        const auto at = [](const char *hex, quint64 distance) {
            return machine().unwinding.returnPlace(QByteArray::fromHex(hex), distance);
        };
        const char *plain = "554889e5", *marked = "f30f1efa0f1f440000554889e5", *leaf = "4889f8c3";
        QCOMPARE(at(plain, 0).from, From::stackPointer);
        QCOMPARE(at(plain, 0).offset, 0);
        QCOMPARE(at(plain, 1).offset, 8); // behind the push
        QCOMPARE(at(plain, 1).from, From::stackPointer);
        QCOMPARE(at(plain, 4).from, From::framePointer);
        QCOMPARE(at(marked, 9).from, From::stackPointer);
        QCOMPARE(at(marked, 10).offset, 8);
        QCOMPARE(at(marked, 13).from, From::framePointer);
        QCOMPARE(at(leaf, 0).from, From::framePointer);
        QCOMPARE(at("", 0).from, From::framePointer);
    }

    void meaning_ofSelectorsAndTables_isTold() {
        const auto meaning = [](int number, quint64 value) {
            return machine().registerMeaning(*machine().registers.at(number), value);
        };
        QCOMPARE(meaning(x86::cs, 0x33), std::string("GDT[6], ring 3"));
        QCOMPARE(meaning(x86::gs, 0), std::string("null"));
        QCOMPARE(meaning(x86::cr3, 0x1234018), std::string("page tables at 0x1234000"));
        QCOMPARE(meaning(x86::rax, 1), std::string());
    }

    void space_ofKernelAndUserTables_isOne() {
        const quint64 root = 0x1234000, userBit = 0x1000, pcid = 0x802, noFlush = quint64(1) << 63;
        QCOMPARE(machine().paging.space(packetWith({{x86::cr3, root | userBit | pcid | noFlush}})), root);
    }
};

QTEST_GUILESS_MAIN(TestArch)
#include "tst_arch.moc"
