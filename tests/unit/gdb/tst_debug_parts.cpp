// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's parts that need no target: expressions, lengths of calls, the decompressor's jumps, initcall
// levels, first programs.
#include "app/core/arch/x86/decompressor.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/expression.hpp"

#include <QtEndian>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

ExpressionContext context() {
    ExpressionContext made;
    made.symbol = [](const QString &name) {
        return name == u"start_kernel"_s ? std::optional<quint64>(0xffffffff81000000) : std::nullopt;
    };
    made.registerValue = [](const QString &name) {
        return name == u"rax"_s ? std::optional<quint64>(5) : std::nullopt;
    };
    made.memory[{AddressSpace::guestVirtual, 0x1000}] = 0x2000;
    made.memory[{AddressSpace::guestVirtual, 0x2008}] = 7;
    made.memory[{AddressSpace::guestPhysical, 0x1000}] = 9;
    return made;
}

QByteArray decompressor(quint32 relocated) {
    QByteArray code(0x2000, '\x90');
    QByteArray lea("\x48\x8d\x83", 3);
    lea.resize(7);
    qToLittleEndian<quint32>(relocated, lea.data() + 3);
    code.replace(0x300, 9, lea + QByteArray("\xff\xe0", 2));
    code.replace(0x1080, 10, QByteArray("\xe8\x11\x22\x33\x00\x4c\x89\xfe\xff\xe0", 10));
    return code;
}

} // namespace

class TestDebugParts : public QObject {
    Q_OBJECT

private slots:
    void expression_values_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<quint64>("value");
        const auto row = [](const char *text, quint64 value) {
            QTest::newRow(text) << QString(text) << value;
        };
        row("1", 1);
        row("0x10", 16);
        row("1+2*3", 7);
        row("(1+2)*3", 9);
        row("10-2-3", 5);
        row("1<<4|3", 19);
        row("0xff & 0x0f", 15);
        row("7 % 4 == 3 && 1 != 2", 1);
        row("0 || 0", 0);
        row("!5", 0);
        row("~0", ~quint64(0));
        row("-1", ~quint64(0));
        row("$rax * 2", 10);
        row("start_kernel+0x10", 0xffffffff81000010);
        row("*0x1000", 0x2000);
        row("*(*0x1000 + 8)", 7);
        row("*::phys(0x1000)", 9);
        row("::phys(0x10)", 16);
        row("  ( ( 3 ) )  ", 3);
        row("1 << 64", 0);
        row("3 > 2 == 1", 1);
    }

    void expression_values() {
        QFETCH(QString, text);
        QFETCH(quint64, value);
        const ExpressionResult result = evaluateExpression(text, context());
        QVERIFY2(result.value, result.error ? qPrintable(result.error->message) : "memory wanted");
        QCOMPARE(*result.value, value);
    }

    void expression_wrong_isAnError_data() {
        QTest::addColumn<QString>("text");
        for (const char *text : {"", "1 +", "(1", "1)", "nothing", "$none", "1/0", "1%0", "0xg", "12ab",
                                 "::phys(1", "&", "1 2", "99999999999999999999", "$", "0x"})
            QTest::newRow(text) << QString(text);
    }

    void expression_wrong_isAnError() {
        QFETCH(QString, text);
        const ExpressionResult result = evaluateExpression(text, context());
        QVERIFY(result.error.has_value() && !result.value && !result.wanted);
        QVERIFY(!result.error->message.isEmpty());
    }

    void expression_deepOrLong_isAnError() {
        for (const QString &text : {QString(5000, u'1'), QString(1000, u'('), QString(1000, u'-') + u'1',
                                    QString(1000, u'*') + u'1'})
            QVERIFY(evaluateExpression(text, context()).error.has_value());
    }

    void checkExpression_grammarAndRegisters_areJudgedWithoutATarget() {
        const arch::RegisterTable &registers = arch::x86_64().registers;
        for (const char *right : {"$rdi & 0x10", "*($rsp+8) == jiffies", "$al == 3", "1/(anything-1)",
                                  "*::phys(0x7000) && *(*$rdi)", "$pc != $sp"})
            QVERIFY2(!checkExpression(QString::fromLatin1(right), registers), right);
        for (const char *wrong : {"", "$nonsense", "$xmm0 == 1", "1 +", "(1", "1 2", "$rax = 3"})
            QVERIFY2(checkExpression(QString::fromLatin1(wrong), registers), wrong);
    }

    void expression_unknownMemory_isAskedFor() {
        const ExpressionResult result = evaluateExpression(u"*(start_kernel) + 1"_s, context());
        QVERIFY(result.wanted && !result.error);
        QCOMPARE(result.wanted->address, quint64(0xffffffff81000000));
    }

    void callLength_ofAnInstruction_isThatOfACallOrNone_data() {
        QTest::addColumn<QByteArray>("code");
        QTest::addColumn<arch::CpuMode>("mode");
        QTest::addColumn<int>("length");
        const auto row = [](const char *name, const char *hex, arch::CpuMode mode, int length) {
            QTest::newRow(name) << QByteArray::fromHex(hex) << mode << length;
        };
        row("call rel32", "e811223344", arch::CpuMode::bits64, 5);
        row("call rel16", "e81122", arch::CpuMode::bits16, 3);
        row("data32 call", "66e811223344", arch::CpuMode::bits16, 6);
        row("call *%rax", "ffd0", arch::CpuMode::bits64, 2);
        row("call *%r11", "41ffd3", arch::CpuMode::bits64, 3);
        row("call *8(%rax)", "ff5008", arch::CpuMode::bits64, 3);
        row("call *0(,%rax,8)", "ff14c500000000", arch::CpuMode::bits64, 7);
        row("call *x(%rip)", "ff1500000000", arch::CpuMode::bits64, 6);
        row("cs call (retpoline)", "2ee811223344", arch::CpuMode::bits64, 6);
        row("lcall", "9a0000000008000000", arch::CpuMode::bits32, 7);
        row("rep movsb", "f3a4", arch::CpuMode::bits64, 2);
        row("rep stosq", "f348ab", arch::CpuMode::bits64, 3);
        row("int 0x80", "cd80", arch::CpuMode::bits64, 2);
        row("16-bit call *(bx)", "ff17", arch::CpuMode::bits16, 2);
        row("jmp *%rax", "ffe0", arch::CpuMode::bits64, 0);
        row("mov", "4889e5", arch::CpuMode::bits64, 0);
        row("ret", "c3", arch::CpuMode::bits64, 0);
        row("empty", "", arch::CpuMode::bits64, 0);
        row("only prefixes", "6666666666666666666666666666666666", arch::CpuMode::bits64, 0);
        row("cut call", "ff", arch::CpuMode::bits64, 0);
    }

    void callLength_ofAnInstruction_isThatOfACallOrNone() {
        QFETCH(QByteArray, code);
        QFETCH(arch::CpuMode, mode);
        QFETCH(int, length);
        QCOMPARE(arch::x86_64().instructions.lengthToStepOver(code, mode), length);
    }

    void decompressor_isRecognized() {
        const auto jumps = arch::x86::findDecompressorJumps(decompressor(0x1000), 0x1800, 0x400);
        QVERIFY(jumps.has_value());
        QCOMPARE(jumps->intoCopy, quint64(0x307));
        QCOMPARE(jumps->relocated, quint64(0x1000));
        QCOMPARE(jumps->out, quint64(0x1088));
    }

    void decompressor_otherwise_isNot() {
        QVERIFY(!arch::x86::findDecompressorJumps(decompressor(0x1100), 0x1800, 0x400)); // no call there
        QVERIFY(!arch::x86::findDecompressorJumps(decompressor(0xffffffff), 0x1800, 0x400));
        QVERIFY(!arch::x86::findDecompressorJumps(decompressor(0x1000), 0, 0x2000)); // all of it compressed
        QVERIFY(!arch::x86::findDecompressorJumps({}, 0, 0));
        QByteArray twice = decompressor(0x1000);
        twice.replace(0x500, 9, twice.mid(0x300, 9));
        QVERIFY(!arch::x86::findDecompressorJumps(twice, 0x1800, 0x400));
        const QByteArray whole = decompressor(0x1000);
        for (qsizetype length = 0; length < whole.size(); length += 13)
            (void)arch::x86::findDecompressorJumps(QByteArrayView(whole).first(length), 0x1800, 0x400);
    }

    void bootPoints_haveWords() {
        QCOMPARE(bootPointNames().size(), 10);
        for (const BootPointName &name : bootPointNames())
            QVERIFY(bootPointOf(QLatin1String(name.word)) == name.point);
        QVERIFY(!bootPointOf(u"nowhere"_s));
    }
};

QTEST_GUILESS_MAIN(TestDebugParts)
#include "tst_debug_parts.moc"
