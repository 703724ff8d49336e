// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backtraces over stacks made by hand: frame pointers, saved registers at the kernel's boundary, tables in
// circles.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/unwind/unwinder.hpp"

#include <cstring>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint64 stackAt = 0xffffc90000010000, kernelText = 0xffffffff81000000;

// A module's table is the easiest way to name addresses.
SymbolParts partsWith(const QVector<std::pair<quint64, QByteArray>> &functions) {
    auto module = std::make_shared<ModuleSymbols>();
    module->name = u"code"_s;
    module->base = kernelText;
    module->bytes = 0x10000;
    for (const auto &[address, name] : functions)
        module->table.add(address, 'T', name);
    module->table.finish();
    SymbolParts parts;
    parts.modules.append(module);
    return parts;
}

struct Stack {
    QByteArray bytes = QByteArray(4096, '\0');
    void put(quint64 address, quint64 value) {
        std::memcpy(bytes.data() + (address - stackAt), &value, sizeof value);
    }
    ReadGuest reader() const {
        return [this](quint64 address, quint64 count) {
            if (address < stackAt || address >= stackAt + quint64(bytes.size()))
                return QByteArray();
            return bytes.mid(qsizetype(address - stackAt), qsizetype(count));
        };
    }
};

UnwindStart startAt(quint64 pc, quint64 sp, quint64 bp) {
    UnwindStart start(arch::x86_64());
    start.registers[arch::x86::dwarf(arch::x86::rip)] = pc;
    start.registers[arch::x86::dwarf(arch::x86::rsp)] = sp;
    start.registers[arch::x86::dwarf(arch::x86::rbp)] = bp;
    return start;
}

} // namespace

class TestUnwinder : public QObject {
    Q_OBJECT
private slots:
    void framePointers_chain_givesEveryCaller() {
        Stack stack;
        stack.put(stackAt + 0x100, stackAt + 0x200);
        stack.put(stackAt + 0x108, kernelText + 0x110);
        stack.put(stackAt + 0x200, 0);
        stack.put(stackAt + 0x208, kernelText + 0x210);
        const DebugSymbols symbols(partsWith(
            {{kernelText, "inner"}, {kernelText + 0x100, "middle"}, {kernelText + 0x200, "outer"}}));
        const auto frames =
            unwind(startAt(kernelText + 0x50, stackAt + 0xf0, stackAt + 0x100), symbols, stack.reader(), 20);
        QCOMPARE(frames.size(), 3);
        QCOMPARE(frames[0].place, u"inner+0x50"_s);
        QCOMPARE(frames[0].method, DebugFrame::Method::registers);
        QCOMPARE(frames[1].place, u"middle+0x10"_s);
        QCOMPARE(frames[1].method, DebugFrame::Method::framePointer);
        QCOMPARE(frames[2].place, u"outer+0x10"_s);
        QCOMPARE(frames[2].sp, stackAt + 0x210);
    }

    // A call as a function's last instruction returns behind it.
    void returnAddress_behindTheFunction_namesTheCaller() {
        Stack stack;
        stack.put(stackAt + 0x108, kernelText + 0x200);
        const DebugSymbols symbols(
            partsWith({{kernelText, "inner"}, {kernelText + 0x100, "caller"}, {kernelText + 0x200, "next"}}));
        const auto frames =
            unwind(startAt(kernelText + 0x50, stackAt + 0xf0, stackAt + 0x100), symbols, stack.reader(), 20);
        QCOMPARE(frames.size(), 2);
        QCOMPARE(frames[1].place, u"caller+0x100"_s);
    }

    void savedRegisters_ofTheBoundary_leadToUserSpace() {
        Stack stack;
        const quint64 regs = stackAt + 0x300;
        stack.put(stackAt + 0x100, regs | 1);
        stack.put(stackAt + 0x108, kernelText + 0x110);
        stack.put(regs + 4 * 8, 0x7ffc00001000);  // rbp
        stack.put(regs + 16 * 8, 0x401234);       // rip
        stack.put(regs + 17 * 8, 0x33);           // cs
        stack.put(regs + 19 * 8, 0x7ffc00000f00); // rsp
        const DebugSymbols symbols(partsWith({{kernelText, "do_read"}, {kernelText + 0x100, "entry"}}));
        const auto frames =
            unwind(startAt(kernelText + 0x50, stackAt + 0xf0, stackAt + 0x100), symbols, stack.reader(), 20);
        QCOMPARE(frames.size(), 3);
        QVERIFY(!frames[1].isUser);
        QVERIFY(frames[2].isUser);
        QCOMPARE(frames[2].pc, 0x401234);
        QCOMPARE(frames[2].sp, 0x7ffc00000f00);
    }

    void chainInCircles_ends() {
        Stack stack;
        stack.put(stackAt + 0x100, stackAt + 0x100);
        stack.put(stackAt + 0x108, kernelText + 0x110);
        const DebugSymbols symbols(partsWith({{kernelText, "a"}}));
        const auto frames =
            unwind(startAt(kernelText, stackAt + 0xf0, stackAt + 0x100), symbols, stack.reader(), 100);
        QVERIFY(frames.size() <= 3);
    }

    void sleepingTask_savedFrame_isTheStart() {
        Stack stack;
        stack.put(stackAt + 5 * 8, stackAt + 0x100); // rbp
        stack.put(stackAt + 6 * 8, kernelText + 8);  // return address
        const auto start = UnwindStart::sleeping(arch::x86_64(), stackAt, stack.reader());
        QVERIFY(start);
        QCOMPARE(start->registers.pc(), kernelText + 8);
        QCOMPARE(start->registers.sp(), stackAt + 56);
        QCOMPARE(start->registers.fp(), stackAt + 0x100);
        QVERIFY(!UnwindStart::sleeping(arch::x86_64(), 0x1000, stack.reader()));
    }

    void symbols_fromAllParts_areNamedAndCompleted() {
        const DebugSymbols symbols(
            partsWith({{kernelText, "start_kernel"}, {kernelText + 0x100, "start_this"}}));
        QCOMPARE(*symbols.address(u"start_this"_s), kernelText + 0x100);
        QCOMPARE(symbols.place(kernelText + 4)->text(), u"start_kernel+0x4"_s);
        QCOMPARE(symbols.complete(u"start_"_s, 1).size(), 1);
        QVERIFY(!symbols.place(0x1000));
        QVERIFY(symbols.source(kernelText).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestUnwinder)
#include "tst_unwinder.moc"
