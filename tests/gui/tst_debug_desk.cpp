// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger as a desk for every day, around a fake machine: breakpoints that belong to the image, fields that say
// what is wrong while it is typed, keys that are held down, source text with a gutter.
#include "app/features/debug/base/place_edit.hpp"
#include "app/features/debug/breakpoints/breakpoint_dialog.hpp"
#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/source/source_panel.hpp"
#include "app/features/debug/source/source_view.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "tests/gui/support/debug_window.hpp"

#include <QClipboard>
#include <QDockWidget>
#include <QLineEdit>
#include <QTest>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

const quint64 base = FakeProgram::bits64().base;

DebugBreakpoint breakpointAt(const QString &place) {
    DebugBreakpoint wanted;
    wanted.place = place;
    return wanted;
}

QStringList placesOf(const QVector<DebugBreakpoint> &breakpoints) {
    QStringList places;
    for (const DebugBreakpoint &each : breakpoints)
        places << each.place;
    return places;
}

struct DeskFixture : DebugFixture {
    ImageBreakpoints &breakpoints() { return debug().imageBreakpoints(); }

    // A measured image, whose breakpoints have a name to be kept under.
    void openMeasured(const QString &path) {
        open(path);
        QTRY_VERIFY(!breakpoints().image().isEmpty());
    }
    void run(FakeTarget &machine) {
        trigger("enclave.runDebug");
        prepare(machine);
        session.playState(EnclaveSession::State::paused);
        session.playDebugger(&machine);
        settle();
    }
    BreakpointDialog &newBreakpoint() {
        trigger("debug.addBreakpoint");
        BreakpointDialog *dialog = window->findChildren<BreakpointDialog *>().last();
        return *dialog;
    }
    SourcePanel &showSource() {
        QByteArray text;
        for (int i = 1; i < 1000; ++i)
            text += "line " + QByteArray::number(i) + '\n';
        if (!QDir(dir.path()).mkpath(u"linux/init"_s))
            qFatal("no folder for sources");
        writeFile(dir.filePath(u"linux/init/main.c"_s), text);
        debug().source().addFolder(dir.filePath(u"linux"_s));
        window->dockArea().findChild<QDockWidget *>(u"dock.source"_s)->raise();
        return debug().source();
    }
};

} // namespace

class TestDebugDesk : public QObject {
    Q_OBJECT

private slots:
    void breakpoints_setBeforeTheLaunch_areSetInTheRunAndThereAfterIt() {
        DeskFixture fixture;
        fixture.show();
        fixture.openMeasured(makeEif(fixture.dir).path);
        BreakpointDialog &dialog = fixture.newBreakpoint();
        dialog.place().setText(u"count_bytes"_s);
        dialog.accept();
        QCOMPARE(fixture.debug().breakpoints().model().rowCount(), 1);

        fixture.run(fixture.target);
        QCOMPARE(placesOf(fixture.target.breakpoints()), QStringList{u"count_bytes"_s});
        fixture.breakpoints().add(breakpointAt(u"start_kernel"_s));
        fixture.session.playEnd({EndKind::stoppedByUser, u"Stopped."_s, {}});
        QCOMPARE(fixture.debug().breakpoints().model().rowCount(), 2);

        FakeTarget next;
        fixture.run(next);
        QCOMPARE(placesOf(next.breakpoints()), QStringList({u"count_bytes"_s, u"start_kernel"_s}));
        fixture.debug().setTarget(nullptr); // which goes before the window
    }

    void breakpoints_ofAnotherImage_areItsOwn() {
        DeskFixture fixture;
        fixture.show();
        const QString first = makeEif(fixture.dir).path;
        fixture.openMeasured(first);
        fixture.breakpoints().add(breakpointAt(u"start_kernel"_s));
        QVERIFY(QDir(fixture.dir.path()).mkpath(u"other"_s));
        QTemporaryDir other;
        nitroscope::formats::EifRecipe recipe;
        recipe.kernelPath = writeFile(other.filePath(u"bzImage"_s), pattern(48 << 10, 11));
        recipe.ramdiskPaths = {writeFile(other.filePath(u"init.cpio"_s), pattern(20 << 10, 12))};
        const QString second = other.filePath(u"other.eif"_s);
        QVERIFY(nitroscope::formats::buildEif(recipe, second).has_value());
        fixture.openMeasured(second);
        QCOMPARE(fixture.breakpoints().all().size(), 0);
        fixture.openMeasured(first);
        QCOMPARE(placesOf(fixture.breakpoints().all()), QStringList{u"start_kernel"_s});
    }

    void breakpointFile_damaged_isRefusedWithTheReason() {
        DebugBreakpoint wish = breakpointAt(u"start_kernel"_s);
        wish.condition = u"$rdi == 3"_s;
        wish.kind = DebugBreakpoint::Kind::write;
        wish.length = 4;
        wish.enabled = false;
        const QByteArray json = ImageBreakpoints::toJson({wish});
        const auto read = ImageBreakpoints::fromJson(json);
        QVERIFY(read.has_value());
        QCOMPARE(read->size(), 1);
        QCOMPARE(read->first().condition, wish.condition);
        QCOMPARE(read->first().length, quint64(4));
        QCOMPARE(read->first().kind, DebugBreakpoint::Kind::write);
        QVERIFY(!read->first().enabled);
        for (qsizetype length = 0; length < json.trimmed().size(); ++length)
            QVERIFY2(!ImageBreakpoints::fromJson(json.first(length)), qPrintable(QString::number(length)));
        QByteArray wrong = json;
        QVERIFY(!ImageBreakpoints::fromJson(wrong.replace("\"write\"", "\"jump\"")));
        wrong = json;
        QVERIFY(!ImageBreakpoints::fromJson(wrong.replace("\"length\": 4", "\"length\": 3")));
        wrong = json;
        QVERIFY(ImageBreakpoints::fromJson(wrong.replace("\"version\": 1", "\"version\": 9"))
                    .error()
                    .message.contains(u"version 9"_s));
    }

    void dialog_conditionOrProcessThatCannotBe_isSaidAndNotTaken() {
        DeskFixture fixture;
        fixture.attach();
        BreakpointDialog &dialog = fixture.newBreakpoint();
        dialog.place().setText(u"start_kernel"_s);
        dialog.condition().setText(u"$raxx == 3"_s);
        QVERIFY2(dialog.problem().contains(u"$raxx"_s), qPrintable(dialog.problem()));
        dialog.accept();
        QCOMPARE(fixture.target.breakpoints().size(), 0);
        dialog.condition().setText(u"$rax == (3"_s);
        QVERIFY(dialog.problem().contains(u"parenthesis"_s));
        dialog.condition().setText(u"*($rdi+8) == 3 && jiffies > 0"_s);
        QVERIFY2(dialog.problem().isEmpty(), qPrintable(dialog.problem()));
        dialog.process().setText(u"/usr/bin/demo"_s);
        QVERIFY(dialog.problem().contains(u"without its folder"_s));
        dialog.process().setText(u"a-name-of-twenty-bytes"_s);
        QVERIFY(dialog.problem().contains(u"a-name-of-twent”"_s));
        dialog.process().setText(u"99999999"_s);
        QVERIFY(!dialog.problem().isEmpty());
        dialog.process().setText(u"demo-app"_s);
        QVERIFY(dialog.problem().isEmpty());
        QTRY_VERIFY(dialog.process().completer()); // with the tasks of the machine
        dialog.accept();
        QCOMPARE(fixture.target.breakpoints().size(), 1);
    }

    void watchSelectedMemory_opensAWatchpointOnTheSelection() {
        DeskFixture fixture;
        fixture.attach();
        fixture.debug().showMemory(base);
        fixture.debug().memory().hexView().select({base + 4, 4});
        fixture.trigger("debug.watchMemory");
        BreakpointDialog *dialog = fixture.window->findChildren<BreakpointDialog *>().last();
        const DebugBreakpoint wanted = dialog->breakpoint();
        QCOMPARE(wanted.kind, DebugBreakpoint::Kind::write);
        QCOMPARE(wanted.length, quint64(4));
        QCOMPARE(wanted.place, u"0x%1"_s.arg(base + 4, 0, 16));
    }

    void stepKey_heldDown_isQueued() {
        DeskFixture fixture;
        fixture.attach();
        int presses = 2;
        connect(&fixture.target, &DebugTarget::stateChanged, this, [&](DebugTarget::State state) {
            if (state == DebugTarget::State::running)
                for (; presses > 0; --presses)
                    fixture.trigger("debug.step");
        });
        fixture.trigger("debug.step");
        QTRY_COMPARE(fixture.target.calls().count(u"step"_s), 3);
        fixture.settle();
        QCOMPARE(fixture.target.stop()->pc, FakeProgram::bits64().path[3].pc);
    }

    void registerEdit_whatCannotBeTaken_staysInTheFieldWithTheReason() {
        DeskFixture fixture;
        fixture.attach();
        QTreeView &tree = fixture.debug().registers().tree();
        const QModelIndex cell = fixture.registerValue(0);
        tree.setCurrentIndex(cell);
        tree.edit(cell);
        auto *field = tree.findChild<QLineEdit *>();
        QVERIFY(field);
        field->selectAll();
        QTest::keyClicks(field, u"no_such_symbol"_s);
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_VERIFY(!field->toolTip().isEmpty());
        QCOMPARE(field->text(), u"no_such_symbol"_s);
        field->selectAll();
        QTest::keyClicks(field, u"start_kernel+4"_s);
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_VERIFY(fixture.target.calls().last().startsWith(u"writeRegister 0 "_s));
        QVERIFY2(fixture.target.calls().last().contains(u"04000081ffffffff"_s),
                 qPrintable(fixture.target.calls().last()));
    }

    void registerEdit_leftWithWrongDigits_saysSo() {
        DeskFixture fixture;
        fixture.attach();
        QSignalSpy problems(&fixture.debug(), &DebugWorkspace::problem);
        QTreeView &tree = fixture.debug().registers().tree();
        tree.setCurrentIndex(fixture.registerValue(0));
        tree.edit(fixture.registerValue(0));
        auto *field = tree.findChild<QLineEdit *>();
        QVERIFY(field);
        field->setText(u"xyz"_s);
        emit tree.itemDelegate()->commitData(field);
        QCOMPARE(problems.count(), 1);
        QVERIFY(problems.first().first().value<Error>().message.contains(u"16 hexadecimal digits"_s));
    }

    void source_gutterAndF9_areAboutTheLine() {
        DeskFixture fixture;
        fixture.attach();
        FakeSymbols &symbols = fixture.target.makeSymbols();
        symbols.addCodeLines(u"init/main.c"_s, {{905, base}, {907, base + 0xa}, {910, base + 0x1e}});
        fixture.target.publish();
        SourcePanel &source = fixture.showSource();
        QTRY_COMPARE(source.view().currentLine(), 905);
        QCOMPARE(source.view().codeAt(906)->first, 907);
        source.view().showLine(906);
        source.view().setFocus();
        QTRY_VERIFY(source.hasCursor());
        fixture.debug().disassembly().goTo(base + 0x2f);
        source.view().showLine(906);
        source.view().setFocus();
        fixture.trigger("debug.toggleBreakpoint");
        QCOMPARE(fixture.target.breakpoints().size(), 1);
        QCOMPARE(fixture.target.breakpoints().first().address, base + 0xa);
        QVERIFY(source.view().breakpoints().contains(907));
        emit source.view().breakpointToggled(base + 0xa);
        QCOMPARE(fixture.target.breakpoints().size(), 0);
        QVERIFY(source.view().breakpoints().isEmpty());
    }

    void attach_ofARunWithoutTheDebugger_isAskedForAndThenDebugged() {
        DeskFixture fixture;
        fixture.show();
        QVERIFY(!fixture.action("debug.attach")->isEnabled());
        fixture.open(makeEif(fixture.dir).path);
        fixture.trigger("enclave.run");
        fixture.session.playState(EnclaveSession::State::running);
        QVERIFY(fixture.action("debug.attach")->isEnabled());
        fixture.trigger("debug.attach");
        QCOMPARE(fixture.session.calls().last(), u"attachDebugger"_s);
        prepare(fixture.target);
        fixture.session.playDebugger(&fixture.target);
        fixture.settle();
        QVERIFY(!fixture.action("debug.attach")->isEnabled());
        QCOMPARE(fixture.debug().disassembly().view().cursor(), base);
    }

    void continueFromCursor_andCopyBacktrace_work() {
        DeskFixture fixture;
        fixture.attach();
        fixture.debug().disassembly().goTo(base + 0xa);
        fixture.trigger("debug.setCounter");
        QVERIFY2(fixture.target.calls().last().startsWith(u"writeRegister 16 0a000081ffffffff"_s),
                 qPrintable(fixture.target.calls().last()));
        fixture.trigger("debug.copyBacktrace");
        const QString copied = QGuiApplication::clipboard()->text();
        QVERIFY2(copied.startsWith(u"#0   0xffffffff8100002f count_bytes (vmlinux) at lib/string.c:41 ["_s),
                 qPrintable(copied));
        QCOMPARE(copied.count(u'\n'), 7);
        QVERIFY(copied.contains(u"--- user space ---"_s));
    }

    void registers_outsideOf64Bits_hideWhatIsNotThere() {
        DeskFixture fixture;
        fixture.show();
        fixture.target.load(FakeProgram::bits16());
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playDebugger(&fixture.target);
        fixture.settle();
        const QTreeView &tree = fixture.debug().registers().tree();
        const auto isHidden = [&](int number) {
            const QModelIndex row = fixture.debug().registers().model().indexOf(number);
            return tree.isRowHidden(row.row(), row.parent());
        };
        QTRY_VERIFY(isHidden(8)); // r8
        QVERIFY(!isHidden(0));    // rax, shown as eax
        fixture.target.load(FakeProgram::bits64());
        fixture.settle();
        QTRY_VERIFY(!isHidden(8));
    }

    void stepLine_goesToTheNextLine() {
        DeskFixture fixture;
        fixture.attach();
        fixture.trigger("debug.stepLine");
        QTRY_COMPARE(fixture.target.symbols()->source(fixture.target.stop()->pc).first().line, 907);
        fixture.settle();
        const auto steps = fixture.target.calls().count(u"stepOver"_s);
        QVERIFY2(steps > 1, "the first line has several instructions");
    }
};

QTEST_MAIN(TestDebugDesk)
#include "tst_debug_desk.moc"
