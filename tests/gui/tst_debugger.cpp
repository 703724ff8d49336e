// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger in the window, around a fake machine: stops, late answers, silence, the end.
#include "app/features/debug/base/place_edit.hpp"
#include "app/features/debug/breakpoints/breakpoint_dialog.hpp"
#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/features/debug/history/history_panel.hpp"
#include "app/features/debug/kernel/kernel_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/memory/stack_panel.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/source/source_panel.hpp"
#include "app/features/debug/threads/threads_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/debug_window.hpp"

#include <QElapsedTimer>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

const quint64 base = FakeProgram::bits64().base;

} // namespace

class TestDebugger : public QObject {
    Q_OBJECT

private slots:
    void attach_debugLayout_showsTheStop() {
        DebugFixture fixture;
        QCOMPARE(fixture.window->perspective(), MainWindow::Perspective::workbench);
        fixture.attach();
        QCOMPARE(fixture.window->perspective(), MainWindow::Perspective::debug);
        QCOMPARE(fixture.debug().disassembly().view().cursor(), base);
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000000"_s);
        QCOMPARE(fixture.debug().threads().frames().rowCount(), 7);
        QVERIFY(!fixture.registerValue(16).data(Role::staleRole).toBool());
    }

    void step_everyPanel_follows() {
        DebugFixture fixture;
        fixture.attach();
        fixture.trigger("debug.step");
        fixture.settle();
        QCOMPARE(fixture.debug().disassembly().view().cursor(), base + 1);
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000001"_s);
        QVERIFY(fixture.registerValue(16).data(Role::changedRole).toBool());
        QVERIFY(!fixture.registerValue(0).data(Role::changedRole).toBool());
    }

    void stepOver_call_endsBehindIt() {
        DebugFixture fixture;
        fixture.attach();
        for (int i = 0; i < 5; ++i)
            fixture.trigger("debug.step");
        fixture.settle();
        QCOMPARE(fixture.debug().disassembly().view().cursor(), base + 0x11);
        fixture.trigger("debug.stepOver");
        QCOMPARE(fixture.target.stop()->pc, base + 0x16);
        fixture.target.runTo(base + 0x2f);
        fixture.trigger("debug.stepOut");
        QCOMPARE(fixture.target.stop()->pc, base + 0x16);
    }

    void runToCursorAndStages_reachTheTarget() {
        DebugFixture fixture;
        fixture.attach();
        fixture.debug().disassembly().goTo(base + 0x2f);
        fixture.trigger("debug.runToCursor");
        QCOMPARE(fixture.target.stop()->pc, base + 0x2f);
        fixture.trigger("debug.until.startKernel");
        QVERIFY(fixture.target.calls().contains(u"runToBootPoint %1"_s.arg(int(BootPoint::startKernel))));
        QVERIFY(!fixture.action("debug.until.application")->isEnabled());
        QCOMPARE(fixture.action("debug.until.application")->toolTip(), u"The EIF has no second ramdisk."_s);
    }

    void pauseAndResume_goThroughTheTarget() {
        DebugFixture fixture;
        fixture.attach();
        fixture.trigger("enclave.resume");
        QVERIFY(fixture.target.calls().contains(u"resume"_s));
        QVERIFY(!fixture.session.calls().contains(u"resume"_s));
        QVERIFY(!fixture.action("debug.step")->isEnabled());
        fixture.target.interrupt();
        QVERIFY(fixture.action("debug.step")->isEnabled());
    }

    void backwards_outsideOfARecording_isDisabledWithTheReason() {
        DebugFixture fixture;
        fixture.attach();
        for (const char *id : {"debug.stepBack", "debug.stepOverBack", "debug.stepOutBack",
                               "debug.resumeBack", "debug.runBackToCursor", "debug.runBackToStage",
                               "debug.whoWrote", "debug.whoReads", "debug.everyRun"}) {
            QVERIFY2(!fixture.action(id)->isEnabled(), id);
            QCOMPARE(fixture.action(id)->toolTip(), fixture.target.reverseProblem());
        }
    }

    void backwards_inARecording_goesThroughTheTarget() {
        DebugFixture fixture;
        fixture.target.setReplay(true);
        fixture.attach();
        for (int i = 0; i < 6; ++i)
            fixture.trigger("debug.step"); // the last one into the function
        const quint64 inside = fixture.target.stop()->pc;
        fixture.trigger("debug.stepBack");
        QCOMPARE(fixture.target.stop()->pc, base + 0x11);
        fixture.trigger("debug.step");
        QCOMPARE(fixture.target.stop()->pc, inside);
        fixture.trigger("debug.stepOutBack");
        QCOMPARE(fixture.target.stop()->pc, base + 0x11);
        fixture.trigger("debug.stepOver");
        QCOMPARE(fixture.target.stop()->pc, base + 0x16);
        fixture.trigger("debug.stepOverBack");
        QCOMPARE(fixture.target.stop()->pc, base + 0x11);
        fixture.settle();
        fixture.debug().disassembly().goTo(base + 1);
        fixture.trigger("debug.runBackToCursor");
        QCOMPARE(fixture.target.stop()->pc, base + 1);
        fixture.trigger("debug.resumeBack");
        QCOMPARE(fixture.target.stop()->why, DebugStop::Why::recordingEdge);
        QCOMPARE(fixture.target.stop()->pc, base);
    }

    void question_ofTheMemoryPanel_isAskedAndItsAnswerShown() {
        DebugFixture fixture;
        fixture.target.setReplay(true);
        fixture.attach();
        HistoryPanel &history = fixture.debug().history();
        fixture.debug().memory().goTo(base + 8);
        fixture.settle();
        fixture.trigger("debug.whoWrote");
        QVERIFY(history.isAsking());
        QVERIFY(!history.cancelButton().isHidden());
        QCOMPARE(fixture.target.question()->kind, HistoryQuestion::Kind::writer);
        QCOMPARE(fixture.target.question()->address, base + 8);
        const qsizetype calls = fixture.target.calls().size();
        fixture.trigger("debug.everyRun"); // one at a time
        QCOMPARE(fixture.target.calls().size(), calls);

        HistoryHit hit{1234567, base, u"init (1)"_s, {}, "\x2a"};
        hit.frames = {{0, base, 0, u"count_bytes"_s, {}, {}},
                      {1, base + 0x16, 0, u"start_kernel+0x16"_s, {}, {}}};
        fixture.target.playAnswer({*fixture.target.question(), {hit}, {}});
        QVERIFY(!history.isAsking());
        QVERIFY(history.cancelButton().isHidden());
        QCOMPARE(history.hits().rowCount(), 1);
        const auto text = [&](int column) { return history.hits().index(0, column).data().toString(); };
        QCOMPARE(text(1), u"count_bytes"_s);
        QCOMPARE(text(2), u"init (1)"_s);
        QCOMPARE(text(3), u"2a"_s);
        QCOMPARE(text(4), u"start_kernel+0x16"_s);

        QSignalSpy chosen(&fixture.debug(), &DebugWorkspace::instructionWanted);
        emit history.table().activated(history.hits().index(0, 0));
        QCOMPARE(chosen.size(), 1);
        QCOMPARE(chosen[0][0].toULongLong(), 1234567ULL);
    }

    void question_cancelled_saysSo() {
        DebugFixture fixture;
        fixture.target.setReplay(true);
        fixture.attach();
        fixture.trigger("debug.everyRun");
        QCOMPARE(fixture.target.question()->kind, HistoryQuestion::Kind::runs);
        emit fixture.target.askedSoFar(24'000'000, 12);
        QVERIFY(fixture.debug().history().status().contains(u"12 found"_s));
        fixture.debug().history().cancelButton().click();
        QVERIFY(fixture.target.calls().contains(u"cancelQuestion"_s));
        QVERIFY(!fixture.debug().history().isAsking());
        QVERIFY(fixture.debug().history().status().endsWith(u"Cancelled."_s));
    }

    void lateReply_fromTheStopBefore_isDropped() {
        DebugFixture fixture;
        fixture.attach();
        fixture.target.setReplies(FakeTarget::Replies::held);
        fixture.trigger("debug.step");
        QTRY_VERIFY(fixture.target.held() > 2);
        const qsizetype first = fixture.target.held();
        QVERIFY(fixture.registerValue(16).data(Role::staleRole).toBool());
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000000"_s); // dimmed
        fixture.trigger("debug.step");
        QTRY_VERIFY(fixture.target.held() > first);
        for (qsizetype i = 0; i < first; ++i)
            fixture.target.deliverNext();
        QVERIFY(fixture.registerValue(16).data(Role::staleRole).toBool());
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000000"_s);
        // Panels ask when their turn comes, which may be after the first of them have been answered.
        const auto isNew = [&fixture] {
            fixture.target.deliverAll();
            return fixture.registerValue(16).data().toString() == u"ffffffff81000004"_s;
        };
        QTRY_VERIFY(isNew());
        QVERIFY(!fixture.registerValue(16).data(Role::staleRole).toBool());
    }

    void silence_window_staysResponsive() {
        DebugFixture fixture;
        fixture.attach();
        fixture.target.setReplies(FakeTarget::Replies::never);
        int beats = 0;
        qint64 longest = 0;
        QElapsedTimer since;
        QTimer heart;
        connect(&heart, &QTimer::timeout, this, [&] {
            longest = std::max(longest, since.restart());
            ++beats;
        });
        since.start();
        heart.start(10);
        fixture.trigger("debug.step");
        fixture.debug().disassembly().goTo(0x12345000);
        fixture.debug().memory().goTo(0x1000);
        fixture.debug().threads().threadTable().setCurrentIndex({});
        QTRY_VERIFY(beats >= 30);
        QVERIFY2(longest < 1000, qPrintable(QString::number(longest))); // a loaded machine, but never blocked
        QVERIFY(!fixture.debug().isUpToDate());
        QVERIFY(fixture.registerValue(16).data(Role::staleRole).toBool());
    }

    void detach_whatWasShown_staysDimmed() {
        DebugFixture fixture;
        fixture.attach();
        fixture.target.playDetach();
        QVERIFY(!fixture.debug().isAttached());
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000000"_s);
        QVERIFY(fixture.registerValue(16).data(Role::staleRole).toBool());
        QVERIFY(!fixture.action("debug.step")->isEnabled());
        fixture.trigger("debug.back"); // nothing may reach a target that is gone
        fixture.debug().breakpoints().toggleAt(base);
    }

    void targetDestroyed_panels_survive() {
        DebugFixture fixture;
        fixture.show();
        auto target = std::make_unique<FakeTarget>();
        prepare(*target);
        fixture.debug().setTarget(target.get());
        target.reset();
        fixture.debug().disassembly().goTo(base + 4);
        fixture.debug().memory().goTo(base);
        fixture.window->grab();
        QVERIFY(!fixture.debug().isAttached());
    }

    void hiddenPanels_ask_nothing() {
        DebugFixture fixture;
        fixture.attach();
        for (PanelDock *dock : fixture.window->docks())
            dock->hide();
        QCoreApplication::processEvents();
        const int before = fixture.target.reads();
        fixture.trigger("debug.step");
        for (int i = 0; i < 5; ++i)
            QCoreApplication::processEvents();
        QCOMPARE(fixture.target.reads(), before);
        fixture.trigger("view.panel.registers");
        fixture.settle();
        QVERIFY(fixture.target.reads() > before);
        QCOMPARE(fixture.registerValue(16).data().toString(), u"ffffffff81000001"_s);
    }

    void kernelBehindATab_isNotReadAgainWhileTheMachineRuns() {
        DebugFixture fixture;
        fixture.attach();
        KernelPanel &kernel = fixture.debug().kernel();
        QTRY_VERIFY(kernel.visibleRegion().isEmpty()); // behind Threads
        fixture.target.playRunning();
        QSignalSpy read(&fixture.target, &DebugTarget::kernelRead);
        QTest::qWait(800); // those of the stop and of the change of state
        const auto before = read.count();
        QVERIFY(!read.wait(1500));
        for (PanelDock *dock : fixture.window->docks())
            if (&dock->panel() == &kernel)
                dock->raise();
        QTRY_VERIFY(read.count() > before);
    }

    void pcInMissingPage_arrowStandsAtTheGap() {
        DebugFixture fixture;
        fixture.attach();
        FakeProgram program = FakeProgram::bits64();
        program.path = {{0xffffffffc0000123, 0, {}}};
        fixture.target.load(program);
        fixture.settle();
        DisassemblyView &view = fixture.debug().disassembly().view();
        QCOMPARE(fixture.target.stop()->pc, quint64(0xffffffffc0000123));
        const auto hasArrow = [&view] {
            const QImage picture = view.viewport()->grab().toImage();
            const QRgb wanted = theme::toneColor(view.palette(), Tone::attention).rgb();
            for (int y = 0; y < picture.height(); ++y)
                for (int x = 0; x < view.fontMetrics().horizontalAdvance(QLatin1Char('0')) * 3; ++x)
                    if ((picture.pixel(x, y) | 0xff000000) == (wanted | 0xff000000))
                        return true;
            return false;
        };
        QVERIFY(hasArrow());
        view.setCurrent(0x1000);
        QVERIFY(!hasArrow());
    }

    void breakpoint_toggleAndHit_isShown() {
        DebugFixture fixture;
        fixture.attach();
        fixture.debug().disassembly().goTo(base + 0x2f);
        fixture.trigger("debug.toggleBreakpoint");
        QCOMPARE(fixture.target.breakpoints().size(), 1);
        QCOMPARE(fixture.target.breakpoints().first().place, u"count_bytes"_s);
        fixture.trigger("enclave.resume");
        QCOMPARE(fixture.target.stop()->pc, base + 0x2f);
        const BreakpointList &list = fixture.debug().breakpoints().model();
        QCOMPARE(list.index(0, BreakpointList::hits).data().toString(), u"1"_s);
        fixture.settle();
        fixture.trigger("debug.toggleBreakpoint");
        QCOMPARE(fixture.target.breakpoints().size(), 0);
    }

    void breakpoint_dialog_fillsAllFields() {
        DebugFixture fixture;
        fixture.attach();
        fixture.trigger("debug.addBreakpoint");
        auto *dialog = fixture.window->findChild<BreakpointDialog *>();
        QVERIFY(dialog);
        dialog->place().setText(u"nowhere"_s);
        dialog->accept();
        QCOMPARE(fixture.target.breakpoints().size(), 1);
        const BreakpointList &list = fixture.debug().breakpoints().model();
        QVERIFY(list.index(0, BreakpointList::state).data().toString().startsWith(u"waiting"_s));
        DebugBreakpoint b = fixture.target.breakpoints().first();
        b.enabled = false;
        fixture.target.changeBreakpoint(b);
        QCOMPARE(list.index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
    }

    void follow_callAndBack_returns() {
        DebugFixture fixture;
        fixture.attach();
        DisassemblyPanel &panel = fixture.debug().disassembly();
        panel.goTo(base + 0x11);
        fixture.trigger("debug.follow");
        QCOMPARE(panel.view().cursor(), base + 0x2f);
        fixture.trigger("debug.back");
        QCOMPARE(panel.view().cursor(), base + 0x11);
        fixture.trigger("debug.forward");
        QCOMPARE(panel.view().cursor(), base + 0x2f);
        fixture.trigger("debug.showCurrent");
        QCOMPARE(panel.view().cursor(), base);
        // An operand in memory is followed into the memory panel.
        panel.goTo(base + 0xa);
        fixture.trigger("debug.follow");
        QCOMPARE(fixture.debug().memory().hexView().cursor(), base + 0x60);
    }

    void goTo_expression_isEvaluatedAndProblemsAreSaid() {
        DebugFixture fixture;
        fixture.attach();
        PlaceEdit &edit = fixture.debug().disassembly().placeEdit();
        fixture.trigger("debug.goToCode");
        QTest::keyClicks(&edit, u"count_bytes+2"_s);
        QTest::keyClick(&edit, Qt::Key_Return);
        QTRY_COMPARE(fixture.debug().disassembly().view().cursor(), base + 0x31);
        edit.setText(u"no_such_thing"_s);
        QTest::keyClick(&edit, Qt::Key_Return);
        QTRY_VERIFY(edit.toolTip().contains(u"no_such_thing"_s));
        QCOMPARE(fixture.debug().disassembly().view().cursor(), base + 0x31);
    }

    void completion_prefix_offersSymbolsAndRegisters() {
        DebugFixture fixture;
        fixture.attach();
        PlaceEdit &edit = fixture.debug().disassembly().placeEdit();
        edit.setText(u"0x10+cou"_s);
        QCOMPARE(edit.candidates(), (QStringList{u"count_bytes"_s, u"counter"_s}));
        edit.setText(u"$xmm1"_s);
        QVERIFY(edit.candidates().contains(u"$xmm15"_s));
    }

    void disassembly_keys_moveByInstructions() {
        DebugFixture fixture;
        fixture.attach();
        DisassemblyView &view = fixture.debug().disassembly().view();
        view.setFocus();
        QTest::keyClick(&view, Qt::Key_Down);
        QTest::keyClick(&view, Qt::Key_Down);
        QCOMPARE(view.cursor(), base + 4);
        QTest::keyClick(&view, Qt::Key_Up);
        QCOMPARE(view.cursor(), base + 1);
        QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(view.selectedText().count(QLatin1Char('\n')), 2);
        QTest::keyClick(&view, Qt::Key_PageDown);
        QTest::keyClick(&view, Qt::Key_Home);
        QCOMPARE(view.cursor(), base);
        for (int i = 0; i < 40; ++i) // into what is not mapped, and back
            QTest::keyClick(&view, Qt::Key_Up);
        QVERIFY(view.cursor() < base);
        QTest::keyClick(&view, Qt::Key_Home);
        QCOMPARE(view.cursor(), base);
    }

    void disassembly_scrolledAtTheEndOfTheAddressSpace_staysThere() {
        DebugFixture fixture;
        fixture.attach();
        constexpr quint64 lastPage = ~quint64{4095};
        fixture.target.map(AddressSpace::guestVirtual, lastPage, QByteArray(4096, '\x90'));
        fixture.debug().showCode(lastPage + 16);
        fixture.settle();
        DisassemblyView &view = fixture.debug().disassembly().view();
        QScrollBar &bar = *view.verticalScrollBar();
        bar.setValue(bar.maximum());
        QVERIFY2(view.top() >= lastPage, qPrintable(QString::number(view.top(), 16)));
        view.setFocus();
        for (int i = 0; i < 200; ++i)
            QTest::keyClick(&view, Qt::Key_PageDown);
        QVERIFY2(view.cursor() >= lastPage, qPrintable(QString::number(view.cursor(), 16)));
    }

    void disassembly_16bitCode_isDecodedAs16Bit() {
        DebugFixture fixture;
        fixture.show();
        fixture.target.load(FakeProgram::bits16());
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playDebugger(&fixture.target);
        fixture.settle();
        DisassemblyView &view = fixture.debug().disassembly().view();
        fixture.window->grab();
        QStringList mnemonics;
        for (const CodeLine &line : view.lines())
            if (line.kind == CodeLine::Kind::instruction && line.address >= FakeProgram::bits16().base)
                mnemonics << line.instruction.mnemonic + QLatin1Char(' ') + line.text;
        QVERIFY2(mnemonics.contains(u"call _enable_a20"_s), qPrintable(mnemonics.join(u',')));
        QVERIFY(mnemonics.contains(u"mov si, 0x7c00"_s));
    }

    void memory_writeSearchAndSave_work() {
        DebugFixture fixture;
        fixture.attach();
        MemoryPanel &panel = fixture.debug().memory();
        panel.goTo(base + 0x60);
        fixture.settle();
        QTRY_VERIFY(panel.translation().contains(u"PML4E"_s));
        fixture.trigger("debug.writeMemory");
        panel.writeEdit().setText(u"6f 6b"_s);
        QTest::keyClick(&panel.writeEdit(), Qt::Key_Return);
        QVERIFY(fixture.target.calls().last().startsWith(u"writeMemory 0xffffffff81000060 6f6b"_s));
        QTRY_COMPARE(panel.hexView().source()->size(), ~quint64{0});
        fixture.settle();
        std::array<char, 2> bytes{};
        QTRY_COMPARE(panel.hexView().source()->read(base + 0x60, bytes), 2);
        QTRY_VERIFY(panel.hexView().source()->read(base + 0x60, bytes) == 2 && bytes[0] == 'o');
        panel.hexView().select({base + 0x60, 2});
        const QString path = fixture.dir.filePath(u"dump"_s);
        panel.saveTo(path);
        QTRY_VERIFY(QFile::exists(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("ok"));
    }

    void registers_edit_writesToTheTarget() {
        DebugFixture fixture;
        fixture.attach();
        RegisterModel &model = fixture.debug().registers().model();
        QVERIFY(model.setData(fixture.registerValue(0), u"2a"_s));
        QVERIFY(fixture.target.calls().last().startsWith(u"writeRegister 0 2a"_s));
        QTRY_COMPARE(fixture.registerValue(0).data().toString(), u"000000000000002a"_s);
    }

    void kernel_tabs_showOrSayWhyNot() {
        DebugFixture fixture;
        fixture.attach();
        fixture.trigger("view.panel.kernel");
        fixture.window->dockArea().findChild<QDockWidget *>(u"dock.kernel"_s)->raise();
        KernelPanel &panel = fixture.debug().kernel();
        panel.show();
        fixture.trigger("view.panel.kernel");
        QTRY_COMPARE(panel.tasks().rowCount(), 5);
        QCOMPARE(panel.log().sourceCount(), 7);
        QVERIFY(panel.status().contains(u"6.12.95"_s));
        QCOMPARE(panel.modules().rowCount(), 0);
    }

    void source_missingFile_saysWhatToDo() {
        DebugFixture fixture;
        fixture.attach();
        SourcePanel &panel = fixture.debug().source();
        fixture.window->dockArea().findChild<QDockWidget *>(u"dock.source"_s)->raise();
        QTRY_VERIFY(panel.message().contains(u"init/main.c:905"_s));
        QVERIFY(QDir(fixture.dir.path()).mkpath(u"linux/init"_s));
        QByteArray text;
        for (int i = 1; i < 1000; ++i)
            text += "line " + QByteArray::number(i) + '\n';
        writeFile(fixture.dir.filePath(u"linux/init/main.c"_s), text);
        panel.addFolder(fixture.dir.filePath(u"linux"_s));
        QTRY_VERIFY(panel.shownFile().endsWith(u"linux/init/main.c"_s));
        QCOMPARE(panel.shownLine(), 905);
    }

    void source_nameThatEndsLikeTheFileShown_isLoaded() {
        DebugFixture fixture;
        fixture.attach();
        SourcePanel &panel = fixture.debug().source();
        fixture.window->dockArea().findChild<QDockWidget *>(u"dock.source"_s)->raise();
        const QString data = writeFile(fixture.dir.filePath(u"data.c"_s), "int data;\n");
        const QString other = writeFile(fixture.dir.filePath(u"a.c"_s), "int a;\n");
        panel.addFolder(fixture.dir.path());
        FakeSymbols &symbols = fixture.target.makeSymbols();
        symbols.addSource(base, {{u"data.c"_s, 1, u"data"_s}});
        symbols.addSource(base + 4, {{u"a.c"_s, 1, u"a"_s}});
        fixture.target.publish();
        panel.showAddress(base);
        QTRY_COMPARE(panel.shownFile(), data);
        panel.showAddress(base + 4);
        QTRY_COMPARE(panel.shownFile(), other);
    }

    void stack_words_haveSymbols() {
        DebugFixture fixture;
        fixture.attach();
        fixture.window->dockArea().findChild<QDockWidget *>(u"dock.stack"_s)->raise();
        StackList &list = fixture.debug().stack().model();
        QTRY_VERIFY(list.rowCount() >= 8);
        QStringList places;
        for (const StackSlot &slot : list.records())
            places << slot.place;
        QVERIFY2(places.contains(u"secondary_startup_64+0x2"_s), qPrintable(places.join(u',')));
    }

    void perspective_eachKeepsWhatTheUserMadeOfIt() {
        DebugFixture fixture;
        fixture.attach();
        fixture.window->dockArea().findChild<QDockWidget *>(u"dock.threads"_s)->hide();
        fixture.trigger("view.layout.workbench");
        QCOMPARE(fixture.window->perspective(), MainWindow::Perspective::workbench);
        for (PanelDock *dock : fixture.window->docks())
            if (dock->panel().id() == u"eif"_s)
                QVERIFY(!dock->isHidden());
        fixture.trigger("view.layout.debug");
        QCOMPARE(fixture.window->perspective(), MainWindow::Perspective::debug);
        QVERIFY(fixture.window->dockArea().findChild<QDockWidget *>(u"dock.threads"_s)->isHidden());
        fixture.trigger("view.resetLayout");
        QVERIFY(!fixture.window->dockArea().findChild<QDockWidget *>(u"dock.threads"_s)->isHidden());
    }

    void runUnderDebugger_spec_saysSo() {
        DebugFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        fixture.trigger("enclave.runDebug");
        QVERIFY(fixture.session.lastSpec()->debugger);
        fixture.session.playEnd({EndKind::stoppedByUser, u"Stopped."_s, {}});
        fixture.trigger("enclave.run");
        QVERIFY(!fixture.session.lastSpec()->debugger);
    }
};

QTEST_MAIN(TestDebugger)
#include "tst_debugger.moc"
