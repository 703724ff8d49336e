// SPDX-License-Identifier: GPL-2.0-or-later
//
// Layouts of structures from BTF and DWARF, and ORC tables in all their layouts.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/symbols/btf.hpp"
#include "app/formats/symbols/dwarf_layouts.hpp"
#include "app/formats/symbols/orc.hpp"
#include "app/formats/symbols/program.hpp"
#include "made_up_btf.hpp"

#include <QtEndian>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::symbols;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::BtfWriter;

// What the tests look for in this very program's DWARF.
struct TypesProbe {
    int first;
    union {
        struct {
            quint64 inner;
            quint16 innermost[4];
        };
        quint64 other;
    };
    unsigned bits : 3;
    quint32 last;
};
TypesProbe typesProbe{1, {}, 2, 3};

[[gnu::always_inline]] static inline int inlinedProbe(volatile int *value) {
    *value = *value + 1; // the line that is looked for
    return *value;
}
extern "C" [[gnu::noinline]] int outerProbe(volatile int *value) {
    return inlinedProbe(value) + 1;
}

namespace {

QByteArray someBtf() {
    BtfWriter btf;
    const quint32 number = btf.add("int", BtfWriter::kindInt, 0, 4, {32});
    const quint32 wide = btf.add("u64", BtfWriter::kindTypedef, 0, number);
    const quint32 array = btf.add("", BtfWriter::kindArray, 0, 0, {number, number, 6});
    const quint32 list =
        btf.add("list_head", BtfWriter::kindStruct, 2, 16, {btf.text("next"), 6, 0, btf.text("prev"), 6, 64});
    const quint32 anonymous =
        btf.add("", BtfWriter::kindUnion, 2, 16, {btf.text("tasks"), list, 0, btf.text("word"), wide, 0});
    btf.add("", BtfWriter::kindPointer, 0, list); // 6
    const quint32 constant = btf.add("", BtfWriter::kindConst, 0, array);
    btf.add("task_struct", BtfWriter::kindStruct, 4, 64,
            {btf.text("pid"), number, 32, 0, anonymous, 64, btf.text("comm"), constant, 256, btf.text("bits"),
             number, 3 << 24 | 480},
            true);
    return btf.bytes();
}

void putEntry(QByteArray &entries, qint16 sp, qint16 bp, quint16 flags) {
    for (const quint16 word : {quint16(sp), quint16(bp), flags}) {
        const quint16 little = qToLittleEndian(word);
        entries.append(reinterpret_cast<const char *>(&little), 2);
    }
}

QByteArray relativeAddresses(const QVector<quint64> &addresses, quint64 base) {
    QByteArray bytes;
    for (qsizetype i = 0; i < addresses.size(); ++i) {
        const qint32 relative = qToLittleEndian(qint32(addresses[i] - (base + 4 * quint64(i))));
        bytes.append(reinterpret_cast<const char *>(&relative), 4);
    }
    return bytes;
}

constexpr quint64 base = 0xffffffff82000000, text = 0xffffffff81000000;
constexpr quint16 bySp = 5, byBp = 4, bpSaved = 1 << 4;

} // namespace

class TestTypes : public QObject {
    Q_OBJECT
private slots:
    void btf_structures_giveOffsetsAndSizes() {
        const auto btf = Btf::read(someBtf());
        QVERIFY2(btf, btf ? "" : qPrintable(btf.error().text()));
        QCOMPARE((*btf)->size("task_struct"), 64);
        QCOMPARE((*btf)->field("task_struct", "pid")->offset, 4);
        QCOMPARE((*btf)->field("task_struct", "comm")->offset, 32);
        QCOMPARE((*btf)->field("task_struct", "comm")->bytes, 24);
        // Through an anonymous union, and into a structure.
        QCOMPARE((*btf)->field("task_struct", "tasks.prev")->offset, 16);
        QCOMPARE((*btf)->field("task_struct", "tasks.prev")->bytes, 8);
        QVERIFY(!(*btf)->field("task_struct", "bits"));
        QVERIFY(!(*btf)->field("task_struct", "missing"));
        QVERIFY(!(*btf)->field("missing", "pid"));
    }

    void btf_cutAnywhere_isAnErrorOrFewer() {
        const QByteArray whole = someBtf();
        for (qsizetype size = 0; size < whole.size(); ++size)
            if (const auto btf = Btf::read(whole.first(size)))
                QFAIL("cut BTF was taken");
    }

    void btf_typesInCircles_end() {
        BtfWriter btf;
        btf.add("a", BtfWriter::kindTypedef, 0, 2);
        btf.add("b", BtfWriter::kindTypedef, 0, 1);
        const quint32 self = 3;
        btf.add("loop", BtfWriter::kindStruct, 2, 8, {0, self, 0, btf.text("x"), 1, 0});
        const auto read = Btf::read(btf.bytes());
        QVERIFY(read);
        QVERIFY(!(*read)->field("loop", "y"));
        QCOMPARE((*read)->field("loop", "x")->bytes, 0);
    }

    void dwarf_ownProgram_agreesWithTheCompiler() {
        const auto program = Program::openFile(QCoreApplication::applicationFilePath(), u"test"_s);
        QVERIFY2(program, program ? "" : qPrintable(program.error().text()));
        QVERIFY(!(*program)->symbols().isEmpty());
        const auto layouts = dwarfLayouts(*program);
        if (!layouts || !layouts->size("TypesProbe"))
            QSKIP("this test was built without types in its debug information");
        QCOMPARE(*layouts->size("TypesProbe"), sizeof(TypesProbe));
        QCOMPARE(layouts->field("TypesProbe", "innermost")->offset, offsetof(TypesProbe, innermost));
        QCOMPARE(layouts->field("TypesProbe", "innermost")->bytes, 8);
        QCOMPARE(layouts->field("TypesProbe", "last")->offset, offsetof(TypesProbe, last));
        QVERIFY(!layouts->field("TypesProbe", "bits"));
        QCOMPARE(typesProbe.first, 1);
    }

    void dwarf_inlinedFunction_comesBeforeItsCaller() {
        const auto program = Program::openFile(QCoreApplication::applicationFilePath(), u"test"_s);
        QVERIFY(program);
        volatile int value = 1;
        QCOMPARE(outerProbe(&value), 3);
        const auto start = (*program)->symbols().find("outerProbe");
        QVERIFY(start && (*program)->hasDwarf());
        constexpr quint64 maxBytes = 512; // with a sanitizer's checks; other functions may follow in them
        bool isFound = false;
        for (quint64 address = *start; address < *start + maxBytes && !isFound; ++address) {
            const auto lines = (*program)->source(address);
            if (lines.size() != 2 || lines[1].function != u"outerProbe"_s)
                continue;
            isFound = true;
            QCOMPARE(lines[0].function, u"inlinedProbe"_s);
            QCOMPARE(lines[1].function, u"outerProbe"_s);
            QVERIFY(lines[0].file.endsWith(u"tst_types.cpp"_s));
            QVERIFY(lines[0].line < lines[1].line);
        }
        QVERIFY(isFound);
        QVERIFY((*program)->source(0).isEmpty());
    }

    // At a function's first instruction the return address is where RSP is.
    void cfi_ownProgram_findsTheCaller() {
        const auto program = Program::openFile(QCoreApplication::applicationFilePath(), u"test"_s);
        QVERIFY(program);
        const auto start = (*program)->symbols().find("outerProbe");
        QVERIFY(start);
        FrameRegisters here(*arch::x86_64().unwinding.frame);
        here[arch::x86::dwarf(arch::x86::rsp)] = 0x7000;
        here[arch::x86::dwarf(arch::x86::rbx)] = 7;
        const auto read = [](quint64 address) -> std::optional<quint64> {
            return address == 0x7000 ? std::optional<quint64>(0x1234) : std::nullopt;
        };
        const auto caller = (*program)->caller(here, *start, read);
        QVERIFY(caller);
        QCOMPARE(caller->pc(), 0x1234);
        QCOMPARE(caller->sp(), 0x7008);
        QCOMPARE((*caller)[arch::x86::dwarf(arch::x86::rbx)], std::optional<quint64>(7));
        QVERIFY(!(*caller)[arch::x86::dwarf(arch::x86::rax)]);
        QVERIFY(!(*program)->caller(here, 0, read));
    }

    void orc_everyLayout_isToldApart_data() {
        QTest::addColumn<quint16>("call");
        QTest::addColumn<quint16>("regs");
        QTest::addColumn<quint16>("end");
        // type in bits 8..9 and end in bit 10; with signal in bit 10, end in 11; type in bits 8..10
        QTest::newRow("4.14") << quint16(0) << quint16(1 << 8) << quint16(1 << 10);
        QTest::newRow("6.3") << quint16(0) << quint16(1 << 8 | 1 << 10) << quint16(1 << 11);
        QTest::newRow("6.4") << quint16(2 << 8) << quint16(3 << 8 | 1 << 11) << quint16(1 << 8);
    }

    void orc_everyLayout_isToldApart() {
        QFETCH(quint16, call);
        QFETCH(quint16, regs);
        QFETCH(quint16, end);
        QByteArray entries;
        putEntry(entries, 8, 0, call | bySp);
        putEntry(entries, 16, -16, quint16(call | bySp | bpSaved));
        putEntry(entries, 16, -16, quint16(call | byBp | bpSaved));
        putEntry(entries, 0, 0, regs | bySp);
        putEntry(entries, 0, 0, end);
        const QVector<quint64> addresses{text, text + 1, text + 4, text + 0x100, text + 0x200};
        const auto table = OrcTable::read(relativeAddresses(addresses, base), entries, base);
        QVERIFY(table);
        QVERIFY(!table->find(text - 1));
        QCOMPARE(table->find(text)->spOffset, 8);
        QCOMPARE(table->find(text + 3)->spOffset, 16);
        QCOMPARE(table->find(text + 3)->bpRegister, OrcRegister::previousSp);
        QCOMPARE(table->find(text + 0xff)->spRegister, OrcRegister::bp);
        QCOMPARE(table->find(text + 0xff)->type, OrcEntry::Type::call);
        QCOMPARE(table->find(text + 0x100)->type, OrcEntry::Type::regs);
        QVERIFY(table->find(text + 0x100)->isSignal);
        QCOMPARE(table->find(text + 0x201)->type, OrcEntry::Type::endOfStack);
    }

    void orc_unsortedTable_isSorted() {
        QByteArray entries;
        putEntry(entries, 24, 0, bySp);
        putEntry(entries, 8, 0, bySp);
        const auto table = OrcTable::read(relativeAddresses({text + 0x40, text}, base), entries, base);
        QVERIFY(table);
        QCOMPARE(table->find(text + 1)->spOffset, 8);
        QCOMPARE(table->find(text + 0x41)->spOffset, 24);
    }
};

QTEST_GUILESS_MAIN(TestTypes)
#include "tst_types.moc"
