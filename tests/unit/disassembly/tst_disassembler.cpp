// SPDX-License-Identifier: GPL-2.0-or-later
//
// The disassembler against objdump and against what the Intel manual says of a few encodings; instruction
// boundaries backwards; symbols in operands; arrows; conditions.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/features/debug/code/branch_arrows.hpp"
#include "app/features/debug/code/branch_condition.hpp"
#include "app/features/debug/code/code_tokens.hpp"
#include "tests/support/debug/fake_target.hpp"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtEndian>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

const CodeSegment bits64{CpuMode::bits64, 0};

Instruction one(const char *hex, const CodeSegment &segment = bits64, quint64 address = 0x1000) {
    const auto disassembler = makeDisassembler(arch::x86_64());
    const auto list =
        disassembler->decode(QByteArray::fromHex(hex), address, segment, 1, Disassembler::Tail::end);
    return list.empty() ? Instruction() : list.front();
}

// Lengths as objdump sees them, by offset; "(bad)" and data directives left out.
QMap<quint64, int> objdump(const QByteArray &code, const char *machine) {
    QTemporaryDir folder;
    const QString path = folder.filePath(u"code"_s);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(code) != code.size())
        return {};
    file.close();
    QProcess process;
    process.start(u"objdump"_s,
                  {u"-D"_s, u"-b"_s, u"binary"_s, u"-w"_s, u"-z"_s, u"-m"_s, QLatin1String(machine), path});
    if (!process.waitForFinished(60'000))
        return {};
    static const QRegularExpression line(u"^\\s*([0-9a-f]+):\\t((?:[0-9a-f]{2} )+)\\s*\\t(.*)$"_s);
    QMap<quint64, int> lengths;
    for (const QString &text : QString::fromLatin1(process.readAllStandardOutput()).split(QLatin1Char('\n')))
        if (const auto match = line.match(text); match.hasMatch())
            if (!match.captured(3).contains(u"(bad)"_s))
                lengths.insert(match.captured(1).toULongLong(nullptr, 16), int(match.captured(2).size() / 3));
    return lengths;
}

// A real program of this machine: the text of the C library or of this test itself.
QByteArray someCode() {
    QFile self(QCoreApplication::applicationFilePath());
    if (!self.open(QIODevice::ReadOnly))
        return {};
    return self.readAll();
}

// With these flags and this counter.
std::optional<bool> isTaken(const Instruction &instruction, quint64 flags, quint64 counter) {
    QByteArray packet(arch::x86::table.packetBytes, '\0');
    qToLittleEndian<quint32>(quint32(flags), packet.data() + arch::x86::table.offset(arch::x86::eflags));
    qToLittleEndian<quint64>(counter, packet.data() + arch::x86::table.offset(arch::x86::rcx));
    return isTaken(instruction, arch::x86_64(), packet);
}

} // namespace

class TestDisassembler : public QObject {
    Q_OBJECT

private slots:
    void decode_encodings_giveKindAndTarget_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<int>("mode");
        QTest::addColumn<quint64>("base");
        QTest::addColumn<quint64>("address");
        QTest::addColumn<QString>("mnemonic");
        QTest::addColumn<int>("kind");
        QTest::addColumn<quint64>("target"); // 0: none
        const auto row = [](const char *name, const char *hex, CpuMode mode, quint64 base, quint64 address,
                            const char *mnemonic, InstructionKind kind, quint64 target) {
            QTest::newRow(name) << QByteArray(hex) << int(mode) << base << address
                                << QString::fromLatin1(mnemonic) << int(kind) << target;
        };
        using M = CpuMode;
        using I = InstructionKind;
        row("call", "e810000000", M::bits64, 0, 0xffffffff81000000, "call", I::call, 0xffffffff81000015);
        row("call backwards", "e8fbffffff", M::bits64, 0, 0xffffffff81000000, "call", I::call,
            0xffffffff81000000);
        row("jmp short", "ebfe", M::bits64, 0, 0x1000, "jmp", I::jump, 0x1000);
        row("jne", "75ec", M::bits64, 0, 0x101c, "jne", I::conditionalJump, 0x100a);
        row("ret", "c3", M::bits64, 0, 0x1000, "ret", I::ret, 0);
        row("iretq", "48cf", M::bits64, 0, 0x1000, "iretq", I::ret, 0);
        row("syscall", "0f05", M::bits64, 0, 0x1000, "syscall", I::interrupt, 0);
        row("int3", "cc", M::bits64, 0, 0x1000, "int3", I::interrupt, 0);
        row("hlt", "f4", M::bits64, 0, 0x1000, "hlt", I::halt, 0);
        row("indirect jump", "ffe0", M::bits64, 0, 0x1000, "jmp", I::jump, 0);
        row("jmp in 32-bit code wraps at 4 GiB", "e910000000", M::bits32, 0, 0xfffffff8, "jmp", I::jump, 0xd);
        row("jmp rel16 in 16-bit code stays in its segment", "e92000", M::bits16, 0xffff0000, 0xfffffff0,
            "jmp", I::jump, 0xffff0013);
        row("jmp rel8 at the reset vector", "ebee", M::bits16, 0xffff0000, 0xfffffff0, "jmp", I::jump,
            0xffffffe0);
        row("far jump of real mode", "ea5be000f0", M::bits16, 0xf0000, 0xffff0, "ljmp", I::jump, 0xfe05b);
        row("loop", "e2fe", M::bits32, 0, 0x1000, "loop", I::conditionalJump, 0x1000);
    }
    void decode_encodings_giveKindAndTarget() {
        QFETCH(QByteArray, hex);
        QFETCH(int, mode);
        QFETCH(quint64, base);
        QFETCH(quint64, address);
        QFETCH(QString, mnemonic);
        QFETCH(int, kind);
        QFETCH(quint64, target);
        const Instruction found = one(hex, {CpuMode(mode), base}, address);
        QCOMPARE(found.mnemonic, mnemonic);
        QCOMPARE(int(found.kind), kind);
        QCOMPARE(found.target.value_or(0), target);
        QCOMPARE(found.length, int(hex.size() / 2));
        QCOMPARE(found.address, address);
    }

    void decode_ripRelative_knowsItsMemory() {
        QCOMPARE(one("488d3d4f000000", bits64, 0x100a).memory, std::optional<quint64>(0x1060));
    }

    void decode_badByte_isOneLineAndGoesOn() {
        const auto list = makeDisassembler(arch::x86_64())
                              ->decode(QByteArray::fromHex("069090"), 0, bits64, 10, Disassembler::Tail::end);
        QCOMPARE(list.size(), size_t(3));
        QCOMPARE(list[0].kind, InstructionKind::invalid);
        QCOMPARE(list[0].length, 1);
        QCOMPARE(list[1].mnemonic, u"nop"_s);
    }

    void decode_cutInstruction_isLeftOutOrBad() {
        const QByteArray cut = QByteArray::fromHex("90e81000");
        QCOMPARE(makeDisassembler(arch::x86_64())->decode(cut, 0, bits64, 9, Disassembler::Tail::more).size(),
                 size_t(1));
        QCOMPARE(makeDisassembler(arch::x86_64())->decode(cut, 0, bits64, 9, Disassembler::Tail::end)[1].kind,
                 InstructionKind::invalid);
    }

    void decode_anyBytes_coversAllOfThem_data() {
        QTest::addColumn<int>("mode");
        QTest::newRow("16") << int(CpuMode::bits16);
        QTest::newRow("32") << int(CpuMode::bits32);
        QTest::newRow("64") << int(CpuMode::bits64);
    }
    void decode_anyBytes_coversAllOfThem() {
        QFETCH(int, mode);
        QRandomGenerator random(42);
        QByteArray bytes(4096, '\0');
        for (char &byte : bytes)
            byte = char(random.generate());
        const auto disassembler = makeDisassembler(arch::x86_64());
        const auto list =
            disassembler->decode(bytes, 0x7000, {CpuMode(mode), 0}, 1 << 20, Disassembler::Tail::end);
        quint64 at = 0x7000;
        for (const Instruction &instruction : list) {
            QCOMPARE(instruction.address, at);
            QVERIFY(instruction.length >= 1 && instruction.length <= disassembler->longest());
            QCOMPARE(instruction.bytes.size(), qsizetype(instruction.length));
            at = instruction.end();
        }
        QCOMPARE(at, quint64(0x7000 + bytes.size()));
    }

    // The same boundaries as objdump's in compiled code, but for the instructions that Capstone 4 does not
    // know.
    void decode_compiledCode_agreesWithObjdump_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<QByteArray>("machine");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("64") << int(CpuMode::bits64) << QByteArray("i386:x86-64")
                            << someCode().mid(0x8000, 60'000);
        QTest::newRow("program 64") << int(CpuMode::bits64) << QByteArray("i386:x86-64")
                                    << FakeProgram::bits64().code.first(0x3d);
        QTest::newRow("program 32") << int(CpuMode::bits32) << QByteArray("i386")
                                    << FakeProgram::bits32().code.first(28);
        QTest::newRow("program 16") << int(CpuMode::bits16) << QByteArray("i8086")
                                    << FakeProgram::bits16().code.first(22);
    }
    void decode_compiledCode_agreesWithObjdump() {
        if (QStandardPaths::findExecutable(u"objdump"_s).isEmpty())
            QSKIP("objdump is not installed (package binutils)");
        QFETCH(int, mode);
        QFETCH(QByteArray, machine);
        QFETCH(QByteArray, code);
        QVERIFY(!code.isEmpty());
        const QMap<quint64, int> oracle = objdump(code, machine.constData());
        QVERIFY(!oracle.isEmpty());
        const auto disassembler = makeDisassembler(arch::x86_64());
        int compared = 0, different = 0;
        for (auto at = oracle.cbegin(); at != oracle.cend(); ++at) {
            const int length =
                disassembler->lengthAt(QByteArrayView(code).sliced(qsizetype(at.key())), {CpuMode(mode), 0});
            ++compared;
            if (length != at.value())
                ++different;
        }
        QVERIFY2(different * 100 <= compared * (code.size() > 1000 ? 2 : 0),
                 qPrintable(u"%1 of %2 differ"_s.arg(different).arg(compared)));
    }

    void before_everyInstructionOfAProgram_findsTheOneBefore() {
        const FakeProgram program = FakeProgram::bits64();
        const auto disassembler = makeDisassembler(arch::x86_64());
        const QByteArray code = program.code.first(0x3d);
        const auto all = disassembler->decode(code, program.base, bits64, 100, Disassembler::Tail::end);
        for (size_t i = 4; i < all.size(); ++i) { // the first few have too little before them to be sure
            const auto found =
                instructionsBefore(*disassembler, code.first(qsizetype(all[i].address - program.base)),
                                   all[i].address, bits64, 1);
            QCOMPARE(found.size(), size_t(1));
            QCOMPARE(found.front().address, all[i - 1].address);
        }
    }

    void before_knownFunctionStart_isBelieved() {
        // mov eax, 0x90909090: without the start, five single nops are as likely.
        const QByteArray code = QByteArray::fromHex("b890909090");
        const auto found =
            instructionsBefore(*makeDisassembler(arch::x86_64()), code, 0x1005, bits64, 1, 0x1000);
        QCOMPARE(found.size(), size_t(1));
        QCOMPARE(found.front().address, quint64(0x1000));
    }

    void before_noise_neverLeavesGaps() {
        QRandomGenerator random(7);
        QByteArray bytes(200, '\0');
        for (char &byte : bytes)
            byte = char(random.generate());
        const auto found = instructionsBefore(*makeDisassembler(arch::x86_64()), bytes, 0x2000, bits64, 30);
        QCOMPARE(found.size(), size_t(30));
        for (size_t i = 0; i + 1 < found.size(); ++i)
            QCOMPARE(found[i].end(), found[i + 1].address);
        QCOMPARE(found.back().end(), quint64(0x2000));
    }

    // The jump that enters protected mode: its selector is none of real mode.
    void farJump_beyond64KiB_leadsToTheFlatAddress() {
        const CodeSegment real{CpuMode::bits16, 0xffff0000};
        QCOMPARE(one("66ea3412ffff0800", real, 0xffff1000).target, std::optional<quint64>(0xffff1234));
        QCOMPARE(one("ea5be000f0", real, 0xfffffff0).target, std::optional<quint64>(0xfe05b));
    }

    void symbolise_callAndMemory_useNames() {
        FakeSymbols symbols;
        for (const FakeSymbol &symbol : FakeProgram::bits64().symbols)
            symbols.add(symbol);
        const quint64 base = FakeProgram::bits64().base;
        QCOMPARE(symbolise(one("e819000000", bits64, base + 0x11), &symbols).text, u"count_bytes"_s);
        const auto lea = symbolise(one("488d3d4f000000", bits64, base + 0xa), &symbols);
        QCOMPARE(lea.text, u"rdi, [linux_banner]"_s);
        QCOMPARE(lea.comment, u"0xffffffff81000060"_s);
        // mov rdi, a kernel address, which the encoding holds as a negative number
        const auto immediate = symbolise(one("48c7c760000081", bits64, base), &symbols);
        QCOMPARE(immediate.text, u"rdi, linux_banner"_s);
        const auto nothing = symbolise(one("e819000000", bits64, 0x1000), nullptr);
        QCOMPARE(nothing.text, u"0x101e"_s);
    }

    void listing_lines_haveLabelsAndGoOverUnreadablePages() {
        FakeTarget target;
        target.load(FakeProgram::bits64());
        TargetMemory memory(AddressSpace::guestVirtual);
        memory.setTarget(&target);
        const auto disassembler = makeDisassembler(arch::x86_64());
        CodeListing listing(memory, *disassembler);
        listing.setSymbols(target.symbols());
        const quint64 base = FakeProgram::bits64().base;
        QCOMPARE(listing.lines(base, 4).front().kind, CodeLine::Kind::waiting);
        QSignalSpy arrived(&memory, &TargetMemory::arrived);
        QTRY_VERIFY(arrived.count() >= 1);
        auto lines = listing.lines(base, 6);
        QCOMPARE(lines[0].kind, CodeLine::Kind::label);
        QCOMPARE(lines[0].text, u"start_kernel"_s);
        QCOMPARE(lines[1].instruction.mnemonic, u"push"_s);
        QCOMPARE(listing.before(base + 0x11, 2), base + 8);
        QCOMPARE(listing.after(base, 3), base + 8);
        // Nothing is mapped below.
        lines = listing.lines(base - 0x1000, 3);
        QTRY_VERIFY((lines = listing.lines(base - 0x1000, 3)).front().kind == CodeLine::Kind::unreadable);
        QCOMPARE(lines[1].kind, CodeLine::Kind::label);
    }

    void arrows_nested_getDifferentLanes() {
        FakeTarget target;
        target.load(FakeProgram::bits64());
        TargetMemory memory(AddressSpace::guestVirtual);
        memory.setTarget(&target);
        const auto disassembler = makeDisassembler(arch::x86_64());
        CodeListing listing(memory, *disassembler);
        const quint64 base = FakeProgram::bits64().base;
        QTRY_VERIFY(listing.lines(base, 24).size() == 24);
        const auto lines = listing.lines(base, 24);
        const auto arrows = branchArrows(lines, 5);
        QCOMPARE(arrows.size(), size_t(4)); // jne, je, je, jmp
        for (const BranchArrow &a : arrows)
            for (const BranchArrow &b : arrows)
                if (&a != &b && a.lane == b.lane)
                    QVERIFY(a.bottom() < b.top() || b.bottom() < a.top());
        for (const BranchArrow &arrow : arrows)
            QCOMPARE(lines[size_t(arrow.to)].address, *lines[size_t(arrow.from)].instruction.target);
    }

    void isTaken_flags_decide() {
        QCOMPARE(isTaken(one("75ec"), 0x40, 0), std::optional(false)); // jne with ZF
        QCOMPARE(isTaken(one("75ec"), 0, 0), std::optional(true));
        QCOMPARE(isTaken(one("7c02"), 0x80, 0), std::optional(true));   // jl with SF
        QCOMPARE(isTaken(one("7c02"), 0x880, 0), std::optional(false)); // SF = OF
        QCOMPARE(isTaken(one("eb02"), 0, 0), std::nullopt);
    }

    void tokens_operands_haveTones() {
        const QString text = u"qword ptr [rip + 0x3f], counter+0x8"_s;
        QString joined;
        QHash<QString, CodeTone> tones;
        for (const CodeToken &token : tokensOf(text, arch::x86_64())) {
            joined += token.text.toString();
            tones.insert(token.text.toString(), token.tone);
        }
        QCOMPARE(joined, text);
        QCOMPARE(tones[u"rip"_s], CodeTone::reg);
        QCOMPARE(tones[u"0x3f"_s], CodeTone::number);
        QCOMPARE(tones[u"counter"_s], CodeTone::symbol);
    }
};

QTEST_MAIN(TestDisassembler)
#include "tst_disassembler.moc"
