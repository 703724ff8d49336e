// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's panels around a real machine: the demo enclave from its reset vector to user space, driven
// by the window's own actions. Pictures go to build/screenshots.
#include "app/features/debug/base/place_edit.hpp"
#include "app/features/debug/breakpoints/breakpoint_dialog.hpp"
#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/features/debug/kernel/kernel_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/source/source_panel.hpp"
#include "app/features/debug/threads/threads_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/launch/launch_dialog.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/bars/find_bar.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/gui/support/live_machine.hpp"
#include "tests/gui/support/test_window.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <signal.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::named;

namespace {

constexpr int patience = 240'000; // milliseconds, for a machine that has much else to do

// The QEMU that this process has started.
int qemuProcess() {
    QFile children(u"/proc/self/task/%1/children"_s.arg(::getpid()));
    if (!children.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &child : children.readAll().split(' ')) {
        QFile name(u"/proc/%1/comm"_s.arg(QString::fromLatin1(child.trimmed())));
        if (name.open(QIODevice::ReadOnly) && name.readAll().startsWith("qemu-system"))
            return child.trimmed().toInt();
    }
    return 0;
}

// A window around a real machine, and what a user does with it.
struct LiveWindow {
    explicit LiveWindow(const QString &folder) : preferences(folder) {
        theme::apply(*qApp, Appearance::light);
        window.resize(1500, 950);
        window.show();
        QObject::connect(&debug(), &DebugWorkspace::problem, &window,
                         [this](const Error &error) { problems << error.text(); });
    }
    DebugWorkspace &debug() { return window.debug(); }
    const DebugTarget &target() { return *debug().target(); }
    QAction &action(const char *id) { return *window.actions().find(QLatin1String(id)); }
    bool settles() {
        return QTest::qWaitFor([this] { return debug().isUpToDate(); }, patience);
    }
    // Stopped somewhere else than at the stop of that generation.
    bool stopsAgain(quint64 before) {
        return QTest::qWaitFor(
                   [&] {
                       const DebugTarget *t = debug().target();
                       return t && t->state() == DebugTarget::State::stopped && t->stop() &&
                              t->stop()->generation != before;
                   },
                   patience) &&
               settles();
    }
    // What an action leads to.
    bool moves(const char *id) {
        const quint64 before = target().stop()->generation;
        action(id).trigger();
        return stopsAgain(before);
    }
    QString placeName() {
        const auto place = target().symbols()->place(target().stop()->pc);
        return place ? place->name : QString();
    }
    bool isAt(const char *function) { return placeName() == QLatin1String(function); }
    void raise(const char *id) {
        auto *dock = window.dockArea().findChild<QDockWidget *>("dock."_L1 + QLatin1String(id));
        dock->show();
        dock->raise();
    }
    // Through the dialog, as a user sets one.
    void addBreakpoint(const char *place, const std::function<void(QDialog &)> &more = {}) {
        action("debug.addBreakpoint").trigger();
        auto *dialog = window.findChild<BreakpointDialog *>();
        QVERIFY(dialog);
        named<PlaceEdit>(*dialog, "Place")->setText(QLatin1String(place));
        if (more)
            more(*dialog);
        dialog->accept();
        QTRY_VERIFY(!window.findChild<BreakpointDialog *>());
    }
    QString breakpoint(const char *place, int column) {
        const BreakpointList &list = debug().breakpoints().model();
        for (int row = 0; row < list.rowCount(); ++row)
            if (list.index(row, BreakpointList::place).data().toString().startsWith(QLatin1String(place)))
                return list.index(row, column).data().toString();
        return u"(none)"_s;
    }

    Preferences preferences;
    LiveSession session;
    TestWindow window{session, preferences};
    QStringList problems;
};

} // namespace

class LiveDebugger : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void initTestCase() { NITROSCOPE_NEEDS_DEMO_MACHINE(m_folder); }

    void demo_fromResetVectorToUserSpace() {
        theme::apply(*qApp, Appearance::light);
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.resize(1500, 950);
        window.show();
        DebugWorkspace &debug = window.debug();
        QStringList problems;
        connect(&debug, &DebugWorkspace::problem, this,
                [&](const Error &error) { problems << error.text(); });
        const auto trigger = [&](const char *id) {
            QAction *action = window.actions().find(QLatin1String(id));
            QVERIFY2(action->isEnabled(), qPrintable(QLatin1String(id) + u": "_s + action->toolTip()));
            action->trigger();
        };
        const auto stopsAt = [&](const QString &name) {
            return QTest::qWaitFor(
                [&] {
                    const DebugTarget *target = debug.target();
                    if (!target || !target->stop())
                        return false;
                    const auto place = target->symbols()->place(target->stop()->pc);
                    return place && place->name == name && place->offset == 0;
                },
                patience);
        };
        const auto settles = [&] { return QTest::qWaitFor([&] { return debug.isUpToDate(); }, patience); };

        QSignalSpy opened(&window, &MainWindow::openingFinished);
        window.openEif(demoEif);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, patience);
        trigger("enclave.runDebug");
        QTRY_VERIFY_WITH_TIMEOUT(debug.isAttached() && debug.target()->stop(), patience);
        QVERIFY(settles());
        QCOMPARE(window.perspective(), MainWindow::Perspective::debug);
        // At the reset vector, in 16-bit code.
        QCOMPARE(debug.target()->stop()->pc, quint64(0xfffffff0));
        QCOMPARE(debug.target()->stop()->segment.mode, CpuMode::bits16);
        const auto first = debug.disassembly().view().current();
        QVERIFY(first && first->isBranch());
        savePicture(window, u"live-reset"_s);

        // The kernel's symbols are known before it runs.
        QTRY_VERIFY_WITH_TIMEOUT(window.actions().find(u"debug.until.startKernel"_s)->isEnabled(), patience);
        trigger("debug.until.startKernel");
        QVERIFY2(stopsAt(u"start_kernel"_s), qPrintable(problems.join(QLatin1Char('\n'))));
        QVERIFY(settles());
        QCOMPARE(debug.registers().model().number(16), debug.target()->stop()->pc);
        QVERIFY(debug.threads().frames().rowCount() >= 1);
        const quint64 before = debug.target()->stop()->pc;
        trigger("debug.step");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->stop() && debug.target()->stop()->pc != before, patience);
        QVERIFY(settles());
        debug.memory().goTo(before);
        QTRY_VERIFY_WITH_TIMEOUT(debug.memory().translation().contains(u"0x"_s), patience);
        std::array<char, 16> bytes{};
        QTRY_COMPARE_WITH_TIMEOUT(debug.memory().hexView().source()->read(before, bytes), 16, patience);
        savePicture(window, u"live-start-kernel"_s);

        trigger("debug.until.init");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->stop() &&
                                     debug.target()->stop()->why == DebugStop::Why::bootPoint &&
                                     debug.target()->stop()->pc < 0x800000000000,
                                 patience);
        window.dockArea().findChild<QDockWidget *>(u"dock.kernel"_s)->raise();
        QVERIFY(settles());
        savePicture(window, u"live-init"_s);
        QVERIFY2(!debug.kernel().status().isEmpty(),
                 "the kernel panel says what it found, or that it found none");

        trigger("enclave.resume");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->state() == DebugTarget::State::running, patience);
        QTRY_COMPARE_WITH_TIMEOUT(session.state(), EnclaveSession::State::running, patience);
        // The kernel is read again while it runs: the application was not there before.
        const auto hasApplication = [&tasks = debug.kernel().tasks()] {
            for (int row = 0; row < tasks.rowCount(); ++row)
                for (int column = 0; column < tasks.columnCount(); ++column)
                    if (tasks.index(row, column).data().toString() == "demo-app"_L1)
                        return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(hasApplication(), patience);
        savePicture(window, u"live-running"_s);
        trigger("enclave.pause");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->state() == DebugTarget::State::stopped, patience);
        trigger("enclave.stop");
        QTRY_VERIFY_WITH_TIMEOUT(!debug.isAttached(), patience);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join(QLatin1Char('\n'))));
    }

    // The launch dialog's box, breakpoints of every kind, steps, memory, sources, the kernel's log, and a
    // QEMU that says nothing for a while.
    void demo_whatAUserDoesWithIt() {
        LiveWindow live(m_folder.filePath(u"second"_s));
        DebugWorkspace &debug = live.debug();
        QSignalSpy opened(&live.window, &MainWindow::openingFinished);
        live.window.openEif(demoEif);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, patience);

        live.action("enclave.options").trigger();
        auto *options = live.window.findChild<LaunchDialog *>();
        QVERIFY(options);
        bool isThere = false;
        for (QCheckBox *box : options->findChildren<QCheckBox *>())
            if (box->text().startsWith(u"Debugger"_s)) {
                QVERIFY(!box->isChecked());
                box->setChecked(true);
                isThere = true;
            }
        QVERIFY(isThere);
        options->accept();
        live.action("enclave.run").trigger(); // plain Run: the box makes it a run under the debugger
        QTRY_VERIFY_WITH_TIMEOUT(debug.isAttached() && debug.target()->stop(), patience);
        QVERIFY(live.settles());
        QCOMPARE(debug.target()->stop()->pc, quint64(0xfffffff0));
        QVERIFY(live.preferences.launchOptions().debugger);

        // Breakpoints before the kernel is there.
        QTRY_VERIFY_WITH_TIMEOUT(live.action("debug.until.startKernel").isEnabled(), patience);
        live.addBreakpoint("start_kernel", [](QDialog &dialog) {
            for (QCheckBox *box : dialog.findChildren<QCheckBox *>())
                box->setChecked(true); // once
        });
        live.addBreakpoint("no_such_function");
        live.addBreakpoint("rest_init", [](QDialog &dialog) {
            named<QLineEdit>(dialog, "Condition")->setText(u"$rsp == 1"_s);
        });
        QVERIFY2(live.breakpoint("no_such_function", BreakpointList::state).startsWith(u"waiting: "_s),
                 qPrintable(live.breakpoint("no_such_function", BreakpointList::state)));
        QCOMPARE(live.breakpoint("start_kernel", BreakpointList::kind), u"code, once"_s);
        QVERIFY(live.moves("enclave.resume"));
        QVERIFY2(live.isAt("start_kernel"), qPrintable(live.placeName()));
        QCOMPARE(debug.target()->stop()->why, DebugStop::Why::breakpoint);
        QCOMPARE(live.breakpoint("start_kernel", BreakpointList::state),
                 u"(none)"_s); // it was once
        const quint64 start = debug.target()->stop()->pc;

        // Source: the demo's vmlinux lies beside its EIF; its sources as far as we make them up.
        live.raise("source");
        QVERIFY(live.settles());
        QTRY_VERIFY_WITH_TIMEOUT(!debug.source().message().isEmpty() || debug.source().shownLine() > 0,
                                 patience);
        const auto places = debug.target()->symbols()->source(start);
        if (!places.isEmpty() && debug.source().shownFile().isEmpty()) {
            QVERIFY2(debug.source().message().contains(u"main.c"_s), qPrintable(debug.source().message()));
            const QString file = places.first().file;
            const QString below = file.mid(file.indexOf(u"init/main.c"_s));
            QDir(m_folder.path()).mkpath(u"src/init"_s);
            QFile source(m_folder.filePath(u"src/"_s + below));
            QVERIFY(source.open(QIODevice::WriteOnly));
            for (int line = 1; line < 3000; ++line)
                source.write("line " + QByteArray::number(line) + "\n");
            source.close();
            debug.source().addFolder(m_folder.filePath(u"src"_s));
            QTRY_VERIFY_WITH_TIMEOUT(debug.source().shownFile().endsWith(u"init/main.c"_s), patience);
            QCOMPARE(debug.source().shownLine(), places.first().line);
        }
        savePicture(live.window, u"live-source"_s);
        live.raise("disassembly");

        // Going to a place by completion and by expressions.
        auto *place = named<PlaceEdit>(debug.disassembly(), "Code to show");
        place->setText(u"start_ker"_s);
        place->setCursorPosition(9);
        QVERIFY(place->candidates().contains(u"start_kernel"_s));
        const auto goTo = [&](const QString &typed) {
            place->setText(typed);
            QTest::keyClick(place, Qt::Key_Return);
        };
        goTo(u"start_kernel+0x10"_s);
        QTRY_COMPARE_WITH_TIMEOUT(debug.disassembly().view().cursor(), start + 0x10, patience);
        goTo(u"*($rsp)"_s);
        QTRY_VERIFY_WITH_TIMEOUT(debug.disassembly().view().cursor() != start + 0x10, patience);
        goTo(u"no_such_thing+1"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!place->toolTip().isEmpty(), patience);

        // Memory: write into what the kernel is about to print, find it again.
        const auto banner = debug.target()->symbols()->address(u"linux_banner"_s);
        QVERIFY(banner);
        live.raise("memory");
        MemoryPanel &memory = debug.memory();
        memory.goTo(*banner);
        const auto text = [&] {
            std::array<char, 13> bytes{};
            memory.hexView().source()->read(*banner, bytes);
            return QByteArray(bytes.data(), 13);
        };
        QTRY_COMPARE_WITH_TIMEOUT(text(), QByteArray("Linux version"), patience);
        memory.openWriting();
        memory.writeEdit().setText(u"4d"_s);
        QTest::keyClick(&memory.writeEdit(), Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(text(), QByteArray("Minux version"), patience);
        memory.goTo(*banner - 0x3000);
        memory.find();
        auto *find = memory.findChild<FindBar *>();
        find->setText(u"Minux version"_s);
        memory.findNext();
        QTRY_COMPARE_WITH_TIMEOUT(memory.hexView().selection().offset, *banner, patience);
        QCOMPARE(memory.hexView().selection().length, quint64(13));
        QTRY_VERIFY_WITH_TIMEOUT(memory.translation().contains(u"0x"_s), patience);
        find->dismiss();

        // Over calls, into one, and out of it.
        debug.disassembly().showCurrentInstruction();
        bool steppedIn = false;
        for (int i = 0; i < 60 && !steppedIn; ++i) {
            const auto instruction = debug.disassembly().view().current();
            QVERIFY(instruction);
            const bool isCall = instruction->kind == InstructionKind::call;
            const quint64 behind = instruction->end();
            if (isCall && i > 3) {
                QVERIFY(live.moves("debug.step"));
                QVERIFY2(!live.isAt("start_kernel"), "a step into a call leads somewhere else");
                QVERIFY(live.moves("debug.stepOut"));
                steppedIn = true;
            } else {
                QVERIFY(live.moves("debug.stepOver"));
            }
            if (isCall)
                QCOMPARE(debug.target()->stop()->pc, behind);
            QVERIFY2(live.isAt("start_kernel"), qPrintable(live.placeName()));
        }
        QVERIFY(steppedIn);
        QCOMPARE(debug.registers().model().number(16), debug.target()->stop()->pc);
        // To the cursor, two instructions on, unless the code branches there.
        const auto next = debug.disassembly().view().current();
        QVERIFY(next);
        debug.disassembly().goTo(next->end());
        QVERIFY(live.moves("debug.runToCursor"));
        QCOMPARE(debug.target()->stop()->pc, next->end());

        // QEMU says nothing: the window goes on, what is shown is dimmed, and the step ends when QEMU wakes
        // up.
        const int qemu = qemuProcess();
        QVERIFY(qemu > 0);
        const quint64 generation = debug.target()->stop()->generation;
        QCOMPARE(::kill(qemu, SIGSTOP), 0);
        QElapsedTimer clock;
        clock.start();
        live.action("debug.step").trigger();
        memory.goTo(start);
        debug.disassembly().goTo(start + 0x4000);
        live.window.grab();
        qint64 longest = clock.restart();
        for (int i = 0; i < 100; ++i) {
            QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
            longest = std::max(longest, clock.restart());
        }
        const bool stoodStill = debug.target()->stop() && debug.target()->stop()->generation == generation;
        QCOMPARE(::kill(qemu, SIGCONT), 0);
        QVERIFY(stoodStill || debug.target()->state() == DebugTarget::State::running);
        QVERIFY2(longest < 5000, qPrintable(QString::number(longest)));
        QVERIFY(live.stopsAgain(generation));

        // User space: the kernel's state as the window shows it.
        QVERIFY(live.moves("debug.until.init"));
        QCOMPARE(debug.target()->stop()->why, DebugStop::Why::bootPoint);
        QVERIFY2(live.breakpoint("rest_init", BreakpointList::state).contains(u"never hit"_s),
                 qPrintable(live.breakpoint("rest_init", BreakpointList::state)));
        live.raise("kernel");
        KernelPanel &kernel = debug.kernel();
        QVERIFY(live.settles());
        const auto has = [](const QAbstractItemModel &model, const QString &words) {
            for (int row = 0; row < model.rowCount(); ++row)
                for (int column = 0; column < model.columnCount(); ++column)
                    if (model.index(row, column).data().toString().contains(words))
                        return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(has(kernel.log(), u"Minux version"_s),
                                 patience); // what we wrote
        QTRY_VERIFY_WITH_TIMEOUT(has(kernel.tasks(), u"swapper/0"_s), patience);
        QVERIFY(has(kernel.tasks(), u"kthreadd"_s));
        QVERIFY(kernel.status().contains(u"6.12"_s));
        for (int tab = 0; tab < kernel.tabs().count(); ++tab) {
            kernel.tabs().setCurrentIndex(tab);
            savePicture(live.window, u"live-kernel-%1"_s.arg(tab));
        }

        // Hit counts and processes.
        live.addBreakpoint("ksys_write",
                           [](QDialog &dialog) { named<QSpinBox>(dialog, "Pass over first")->setValue(2); });
        live.addBreakpoint(
            "vfs_read", [](QDialog &dialog) { named<QLineEdit>(dialog, "Process")->setText(u"demo-app"_s); });
        QVERIFY(live.moves("enclave.resume"));
        if (live.isAt("ksys_write"))
            QCOMPARE(live.breakpoint("ksys_write", BreakpointList::hits), u"3"_s);
        live.raise("breakpoints");
        savePicture(live.window, u"live-breakpoints"_s);
        for (int i = 0; i < 200 && !live.isAt("vfs_read"); ++i) {
            if (i == 0) { // the other has done its work
                for (const DebugBreakpoint &each : debug.target()->breakpoints())
                    if (each.place == u"ksys_write"_s)
                        debug.target()->removeBreakpoint(each.number);
            }
            QVERIFY(live.moves("enclave.resume"));
        }
        QVERIFY(live.isAt("vfs_read"));
        live.raise("kernel");
        kernel.tabs().setCurrentIndex(1);
        QVERIFY(live.settles());
        const auto runs = [&kernel] {
            for (const KernelTask &task : kernel.tasks().records())
                if (task.cpu)
                    return task.name;
            return QString();
        };
        QTRY_COMPARE_WITH_TIMEOUT(runs(), u"demo-app"_s, patience);
        // All of it is on the timeline.
        QVERIFY(live.window.timelinePanel().model().laneSize(TimelineLane::boot) >= 6);
        live.raise("timeline");
        savePicture(live.window, u"live-timeline"_s);

        live.action("enclave.stop").trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!debug.isAttached(), patience);
        QVERIFY2(live.problems.isEmpty(), qPrintable(live.problems.join(QLatin1Char('\n'))));
    }

    // A run that nobody meant to debug: entered while it runs, with everything known of its kernel, and let go on; then
    // taken back to its reset vector, whose code is shown.
    void demo_startedNormally_isDebuggedFromAnyMoment() {
        LiveWindow live(m_folder.filePath(u"attached"_s));
        DebugWorkspace &debug = live.debug();
        QSignalSpy opened(&live.window, &MainWindow::openingFinished);
        live.window.openEif(demoEif);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, patience);
        QByteArray console;
        connect(&live.session, &EnclaveSession::consoleOutput, this,
                [&console](const QByteArray &bytes) { console += bytes; });
        live.action("enclave.run").trigger();
        QTRY_VERIFY_WITH_TIMEOUT(console.contains("Run /init"), patience);
        QVERIFY(!debug.isAttached());
        QVERIFY(live.action("debug.attach").isEnabled());
        live.action("debug.attach").trigger();
        QTRY_VERIFY_WITH_TIMEOUT(debug.isAttached() && debug.target()->stop(), patience);
        QVERIFY(live.settles());
        QCOMPARE(debug.target()->stop()->text, u"Stopped where the debugger was attached"_s);
        const auto start = debug.target()->symbols()->address(u"start_kernel"_s);
        QVERIFY(start);
        QVERIFY(debug.registers().model().number(16) != 0);
        QVERIFY(debug.threads().frames().rowCount() >= 1);
        QVERIFY(!live.action("debug.until.startKernel").isEnabled()); // passed, and said so
        QVERIFY(live.action("debug.until.startKernel").toolTip().contains(u"passed"_s));
        QVERIFY(live.moves("debug.step"));

        live.action("enclave.resume").trigger();
        QTRY_COMPARE_WITH_TIMEOUT(live.session.state(), EnclaveSession::State::running, patience);
        live.action("enclave.pause").trigger();
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->state() == DebugTarget::State::stopped, patience);

        QVERIFY(live.moves("debug.until.reset"));
        QCOMPARE(debug.target()->stop()->pc, quint64(0xfffffff0));
        QTRY_VERIFY_WITH_TIMEOUT(debug.disassembly().view().current() &&
                                     debug.disassembly().view().current()->isBranch(),
                                 patience);
        QTRY_VERIFY_WITH_TIMEOUT(live.action("debug.until.startKernel").isEnabled(), patience);
        QVERIFY(live.moves("debug.until.startKernel"));
        QVERIFY(live.isAt("start_kernel"));
        live.action("enclave.stop").trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!debug.isAttached(), patience);
        QVERIFY2(live.problems.isEmpty(), qPrintable(live.problems.join(QLatin1Char('\n'))));
    }
};

QTEST_MAIN(LiveDebugger)
#include "tst_live_debugger.moc"
