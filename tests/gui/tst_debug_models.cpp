// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's models, all of them under QAbstractItemModelTester.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/kernel/kernel_log_model.hpp"
#include "app/features/debug/memory/memory_search.hpp"
#include "app/features/debug/memory/target_memory.hpp"
#include "app/features/debug/registers/register_model.hpp"
#include "tests/gui/support/debug_fixture.hpp"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr auto fatal = QAbstractItemModelTester::FailureReportingMode::QtTest;

RegisterSet set(quint64 generation, std::initializer_list<std::pair<int, quint64>> values) {
    RegisterSet registers{generation, 1, QByteArray(arch::x86::table.packetBytes, '\0')};
    for (const auto &[number, value] : values)
        for (int i = 0; i < std::min(8, arch::x86::table.bytes(number)); ++i)
            registers.raw[arch::x86::table.offset(number) + i] = char(value >> (8 * i));
    return registers;
}

QString text(const RegisterModel &model, int number, int column) {
    return model.indexOf(number).siblingAtColumn(column).data().toString();
}

QString part(const RegisterModel &model, int number, const QString &name) {
    const QModelIndex above = model.indexOf(number);
    for (int i = 0; i < model.rowCount(above); ++i)
        if (model.index(i, 0, above).data().toString() == name)
            return model.index(i, 1, above).data().toString();
    return u"(none)"_s;
}

} // namespace

class TestDebugModels : public QObject {
    Q_OBJECT

private slots:
    void registers_values_areShownInEachMode() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        QAbstractItemModelTester tester(&model, fatal);
        model.setRegisters(set(1, {{0, 0x1122334455667788}, {16, 0xfff0}, {18, 0xf000}}),
                           {CpuMode::bits64, 0});
        QCOMPARE(text(model, 0, RegisterModel::name), u"rax"_s);
        QCOMPARE(text(model, 0, RegisterModel::value), u"1122334455667788"_s);
        QCOMPARE(part(model, 0, u"ah"_s), u"77"_s);
        QCOMPARE(part(model, 0, u"eax"_s), u"55667788"_s);
        model.setRegisters(set(2, {{0, 0x55667788}}), {CpuMode::bits32, 0});
        QCOMPARE(text(model, 0, RegisterModel::name), u"eax"_s);
        QCOMPARE(text(model, 0, RegisterModel::value), u"55667788"_s);
    }

    void registers_change_isMarkedForOneStop() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        QAbstractItemModelTester tester(&model, fatal);
        const auto changed = [&](int number) {
            return model.indexOf(number)
                .siblingAtColumn(RegisterModel::value)
                .data(Role::changedRole)
                .toBool();
        };
        model.setRegisters(set(1, {{0, 1}}), {});
        QVERIFY(!changed(0)); // nothing to compare with
        model.setRegisters(set(2, {{0, 2}}), {});
        QVERIFY(changed(0));
        QVERIFY(!changed(1));
        model.setRegisters(set(3, {{0, 2}}), {});
        QVERIFY(!changed(0));
        RegisterSet other = set(4, {{0, 9}});
        other.thread = 2;
        model.setRegisters(other, {});
        QVERIFY(!changed(0)); // of another CPU
    }

    void registers_stale_keepValues() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        model.setRegisters(set(1, {{0, 1}}), {});
        model.setStale(true);
        QVERIFY(model.indexOf(0).data(Role::staleRole).toBool());
        QCOMPARE(text(model, 0, RegisterModel::value), u"0000000000000001"_s);
        model.setRegisters(set(2, {{0, 2}}), {});
        QVERIFY(!model.indexOf(0).data(Role::staleRole).toBool());
    }

    void registers_flagsAndControl_areDecoded() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        model.setRegisters(set(1, {{17, 0x246}, {27, 0x80050033}, {18, 0x33}, {32, 0xd01}}), {});
        QCOMPARE(text(model, 17, RegisterModel::meaning), u"IF ZF PF"_s);
        QCOMPARE(text(model, 27, RegisterModel::meaning), u"PG AM WP NE ET MP PE"_s);
        QCOMPARE(text(model, 32, RegisterModel::meaning), u"NXE LMA LME SCE"_s);
        QCOMPARE(text(model, 18, RegisterModel::meaning), u"GDT[6], ring 3"_s);
        QCOMPARE(part(model, 17, u"ZF"_s), u"1"_s);
        QCOMPARE(setBitsText(arch::x86::flagBits, 0x3000), u"IOPL=3"_s);
    }

    void registers_xmmLanes_highestFirst() {
        RegisterSet registers = set(1, {});
        const QByteArray value = QByteArray::fromHex("0000803f00000040000040400000f0ff");
        registers.raw.replace(arch::x86::table.offset(49), 16, value);
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        model.setRegisters(registers, {});
        QCOMPARE(part(model, 49, u"4 × u32"_s), u"fff00000 40400000 40000000 3f800000"_s);
        QVERIFY(part(model, 49, u"4 × f32"_s).endsWith(u"3 2 1"_s));
    }

    void registers_edit_asksForLittleEndianBytes() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        QSignalSpy wanted(&model, &RegisterModel::writeWanted);
        model.setRegisters(set(1, {{0, 1}, {17, 0x202}}), {});
        const QModelIndex rax = model.indexOf(0).siblingAtColumn(RegisterModel::value);
        QVERIFY(!model.setData(rax, u"xyz"_s));
        QVERIFY(!model.setData(rax, u"11223344556677889"_s));
        QVERIFY(model.setData(rax, u"0x1234"_s));
        QCOMPARE(wanted.takeFirst().at(1).toByteArray().toHex(), QByteArray("3412000000000000"));
        // A single flag.
        const QModelIndex flags = model.indexOf(17);
        for (int i = 0; i < model.rowCount(flags); ++i)
            if (model.index(i, 0, flags).data().toString() == u"ZF"_s)
                QVERIFY(model.setData(model.index(i, 1, flags), u"1"_s));
        QCOMPARE(wanted.takeFirst().at(1).toByteArray().toHex(), QByteArray("42020000"));
        model.setStale(true);
        QVERIFY(!model.setData(rax, u"5"_s));
    }

    void registers_shortPacket_showsNothing() {
        RegisterModel model;
        model.setArchitecture(arch::x86_64());
        model.setRegisters({1, 1, QByteArray(20, '\xff')}, {});
        QCOMPARE(text(model, 16, RegisterModel::value), QString());
        QCOMPARE(text(model, 27, RegisterModel::meaning), QString());
    }

    void records_newSnapshot_keepsRowsThatStay() {
        TaskList list;
        QAbstractItemModelTester tester(&list, fatal);
        QVector<KernelTask> tasks = kernelView().tasks.rows;
        list.setRecords(tasks);
        const QPersistentModelIndex last(list.index(4, 1));
        QSignalSpy removed(&list, &QAbstractItemModel::rowsRemoved),
            inserted(&list, &QAbstractItemModel::rowsInserted);
        tasks.removeAt(2);
        list.setRecords(tasks);
        QCOMPARE(removed.count(), 1);
        QCOMPARE(inserted.count(), 0);
        QCOMPARE(last.row(), 3);
        QCOMPARE(last.data().toString(), u"demo-app"_s);
        list.setRecords({});
        QCOMPARE(list.rowCount(), 0);
    }

    void frames_userSpace_getsALineOfItsOwn() {
        FrameList list;
        QAbstractItemModelTester tester(&list, fatal);
        list.setFrames(frames());
        QCOMPARE(list.rowCount(), 7);
        QVERIFY(list.records().at(4).isBoundary);
        QVERIFY(!(list.flags(list.index(4, 0)) & Qt::ItemIsSelectable));
        QCOMPARE(list.index(1, 4).data().toString(), u"ORC"_s);
        QCOMPARE(list.index(6, 1).data().toString(), u"0x00401000"_s);
    }

    void breakpoints_states_areSpelled() {
        BreakpointList list;
        QAbstractItemModelTester tester(&list, fatal);
        DebugBreakpoint b;
        b.number = 3;
        b.place = u"start_kernel"_s;
        b.enabled = true;
        b.state = DebugBreakpoint::State::set;
        b.problem = u"the kernel is past it; start again"_s;
        list.setRecords({b});
        QCOMPARE(list.index(0, BreakpointList::state).data().toString(),
                 u"set, never hit: the kernel is past it; start again"_s);
        QCOMPARE(list.index(0, BreakpointList::state).data(Role::toneRole).toInt(), int(Tone::attention));
        QSignalSpy wanted(&list, &BreakpointList::enabledWanted);
        QVERIFY(list.setData(list.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
        QCOMPARE(wanted.first().at(0).toInt(), 3);
        QVERIFY(list.index(0, 0).data(Qt::CheckStateRole).toInt() == Qt::Checked); // until the target agrees
    }

    void log_laterReading_addsOnlyWhatIsNew() {
        KernelLogModel model;
        QAbstractItemModelTester tester(&model, fatal);
        QVector<KernelLogLine> lines = kernelView().log.rows;
        model.setLines(lines.first(4));
        model.flush();
        QCOMPARE(model.rowCount(), 4);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setLines(lines);
        model.flush();
        QCOMPARE(model.rowCount(), 7);
        QCOMPARE(reset.count(), 0);
        model.setFilter({}, 4);
        QCOMPARE(model.rowCount(), 2);
        model.setFilter(u"NSM"_s, 7);
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.asText().startsWith(u"[    0.000000] Linux version"_s));
        model.setLines(lines.mid(2)); // the ring has gone round
        QCOMPARE(model.sourceCount(), 5);
    }

    void memory_pages_areAskedForOnceAndOldOnesStay() {
        FakeTarget target;
        target.load(FakeProgram::bits64());
        target.setReplies(FakeTarget::Replies::held);
        TargetMemory memory(AddressSpace::guestVirtual);
        memory.setTarget(&target);
        const quint64 base = FakeProgram::bits64().base;
        std::array<char, 16> bytes{};
        QCOMPARE(memory.read(base, bytes), 0);
        QCOMPARE(memory.read(base + 8, bytes), 0);
        QTRY_COMPARE(target.held(), 1);
        target.deliverAll();
        QCOMPARE(memory.read(base, bytes), 16);
        QCOMPARE(bytes[0], '\x55');
        memory.markStale();
        QVERIFY(memory.isStaleAt(base));
        QCOMPARE(memory.read(base, bytes), 16); // still there
        QTRY_COMPARE(target.held(), 1);
        target.writeMemory(AddressSpace::guestVirtual, base, QByteArray("\x90", 1));
        memory.markStale(); // the reply under way is of no use any more
        target.deliverAll();
        QVERIFY(memory.isStaleAt(base));
        QCOMPARE(memory.read(base, bytes), 16);
        QTRY_COMPARE(target.held(), 1);
        target.deliverAll();
        QVERIFY(!memory.isStaleAt(base));
        QVERIFY(memory.hasChangedAt(base));
        QVERIFY(!memory.hasChangedAt(base + 1));
    }

    void memory_edges_endWhereNothingIsMapped() {
        FakeTarget target;
        target.load(FakeProgram::bits64());
        TargetMemory memory(AddressSpace::guestVirtual);
        memory.setTarget(&target);
        const quint64 end = FakeProgram::bits64().base + 0x1000;
        std::array<char, 16> bytes{};
        QTRY_COMPARE((memory.read(end - 8, bytes)), 8);
        QTRY_COMPARE(memory.stateAt(end), TargetMemory::State::unreadable);
        QVERIFY(!memory.problemAt(end).isEmpty());
        QCOMPARE(memory.read(~quint64{0} - 4, bytes), 0); // does not run over
    }

    void search_acrossUnmappedPages_finds() {
        FakeTarget target;
        target.load(FakeProgram::bits64());
        const quint64 base = FakeProgram::bits64().base;
        target.map(AddressSpace::guestVirtual, base + 0x9ffe, QByteArray("needle"));
        target.map(AddressSpace::guestVirtual, base + 0xa000, QByteArray("edle")); // over a border of pages
        MemorySearch search;
        search.setTarget(&target);
        QSignalSpy found(&search, &MemorySearch::found), lost(&search, &MemorySearch::notFound);
        search.start(AddressSpace::guestVirtual, QByteArray("needle"), base,
                     MemorySearch::Direction::forward);
        QTRY_COMPARE(found.count(), 1);
        QCOMPARE(found.takeFirst().at(0).toULongLong(), base + 0x9ffe);
        search.start(AddressSpace::guestVirtual, QByteArray("hi"), base + 0x9ffe,
                     MemorySearch::Direction::backward);
        QTRY_COMPARE(found.count(), 1);
        QCOMPARE(found.takeFirst().at(0).toULongLong(), base + 0x60);
        search.start(AddressSpace::guestVirtual, QByteArray("not there"), ~quint64{0} - 0x2000,
                     MemorySearch::Direction::forward);
        QTRY_COMPARE(lost.count(), 1);
        QVERIFY(!search.isSearching());
    }
};

QTEST_MAIN(TestDebugModels)
#include "tst_debug_models.moc"
