// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures of the debugger, light and dark, into build/screenshots, for people to look at.
#include "app/features/debug/breakpoints/breakpoints_panel.hpp"
#include "app/features/debug/code/disassembly_panel.hpp"
#include "app/features/debug/kernel/kernel_panel.hpp"
#include "app/features/debug/memory/memory_panel.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/debug_fixture.hpp"
#include "tests/gui/support/gui_fixture.hpp"

#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QTabWidget>
#include <QTest>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class TestDebugScreenshots : public QObject {
    Q_OBJECT

    static void save(const QPixmap &picture, const QString &name) {
        const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
        QDir().mkpath(folder);
        QVERIFY(picture.save(folder + QLatin1Char('/') + name + u".png"_s));
    }

private slots:
    void debugger_inBothAppearances_data() {
        QTest::addColumn<int>("appearance");
        QTest::addColumn<QString>("name");
        QTest::newRow("light") << int(Appearance::light) << u"light"_s;
        QTest::newRow("dark") << int(Appearance::dark) << u"dark"_s;
    }
    void debugger_inBothAppearances() {
        QFETCH(int, appearance);
        QFETCH(QString, name);
        theme::apply(*qApp, Appearance(appearance));
        WindowFixture fixture;
        FakeTarget target;
        fixture.window->resize(1500, 950);
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        prepare(target);
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playDebugger(&target);
        DebugWorkspace &debug = fixture.window->debug();
        const quint64 base = FakeProgram::bits64().base;
        DebugBreakpoint b;
        b.enabled = true;
        b.place = u"count_bytes"_s;
        target.addBreakpoint(b);
        b.place = u"start_kernel+0x22"_s;
        b.condition = u"$rax > 1"_s;
        b.enabled = false;
        target.addBreakpoint(b);
        b = {};
        b.enabled = true;
        b.place = u"counter"_s;
        b.kind = DebugBreakpoint::Kind::write;
        b.length = 8;
        b.process = u"init"_s;
        target.addBreakpoint(b);
        b.place = u"kthread_worker_fn"_s;
        b.kind = DebugBreakpoint::Kind::code;
        target.addBreakpoint(b);
        for (int i = 0; i < 8; ++i)
            target.step();
        target.resume();
        QTRY_VERIFY(debug.isUpToDate());
        target.step();
        target.step();
        debug.memory().goTo(base + 0x31);
        QTRY_VERIFY(debug.isUpToDate());
        QTest::qWait(50);
        save(fixture.window->picture(), name + u"-debug"_s);

        const auto raise = [&](const char *id) {
            fixture.window->dockArea().findChild<QDockWidget *>(u"dock."_s + QLatin1String(id))->raise();
        };
        for (const char *id : {"kernel", "stack", "source"})
            raise(id);
        debug.disassembly().setShowsBytes(false);
        raise("disassembly");
        QTreeView &tree = debug.registers().tree();
        tree.collapseAll();
        for (const int group : {0, 2, 3})
            tree.expand(tree.model()->index(group, 0));
        tree.expand(debug.registers().model().indexOf(17));
        tree.expand(debug.registers().model().indexOf(27));
        tree.expand(debug.registers().model().indexOf(49));
        QTRY_VERIFY(debug.isUpToDate());
        QTest::qWait(50);
        save(fixture.window->picture(), name + u"-debug-kernel"_s);

        raise("breakpoints");
        raise("source");
        debug.kernel().tabs().setCurrentIndex(1);
        target.playRunning(); // everything of the stop is dimmed
        QTest::qWait(50);
        save(fixture.window->picture(), name + u"-debug-running"_s);
        fixture.action("debug.addBreakpoint")->trigger();
        if (auto *dialog = fixture.window->findChild<QDialog *>()) {
            save(dialog->grab(), name + u"-debug-breakpoint"_s);
            delete dialog;
        }
    }
};

QTEST_MAIN(TestDebugScreenshots)
#include "tst_debug_screenshots.moc"
