// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's panels around a real machine: the demo enclave from its reset vector to user space, driven
// by the window's own actions. Pictures go to build/screenshots.
#include "app/panels/debug/debug_workspace.hpp"
#include "app/panels/debug/disassembly_panel.hpp"
#include "app/panels/debug/kernel_panel.hpp"
#include "app/panels/debug/memory_panel.hpp"
#include "app/panels/debug/registers_panel.hpp"
#include "app/panels/debug/threads_panel.hpp"
#include "app/panels/main_window.hpp"
#include "app/session/live_session.hpp"
#include "app/widgets/debug/disassembly_view.hpp"
#include "app/widgets/hex_view.hpp"
#include "app/widgets/theme.hpp"

#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace nitroscope::app;

namespace {

constexpr int patience = 240'000; // milliseconds, for a machine that has much else to do

} // namespace

class LiveDebugger : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    static void save(MainWindow &window, const QString &name) {
        const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
        QDir().mkpath(folder);
        window.picture().save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
    }

private slots:
    void initTestCase() {
        if (!QFile::exists(QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64")) ||
            !QFile::exists(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/demo.eif")))
            QSKIP("QEMU or the demo enclave has not been built (./workbench build)");
        qputenv("NITROSCOPE_QEMU", NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
    }

    void demo_fromResetVectorToUserSpace() {
        theme::apply(*qApp, Appearance::light);
        Preferences preferences(m_folder.path());
        LiveSession session;
        MainWindow window(session, preferences);
        window.resize(1500, 950);
        window.show();
        DebugWorkspace &debug = window.debug();
        QStringList problems;
        connect(&debug, &DebugWorkspace::problem, this,
                [&](const Error &error) { problems << error.text(); });
        const auto trigger = [&](const char *id) {
            QAction *action = window.actions().find(QLatin1String(id));
            QVERIFY2(action->isEnabled(),
                     qPrintable(QLatin1String(id) + QStringLiteral(": ") + action->toolTip()));
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
        window.openEif(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/demo.eif"));
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
        save(window, QStringLiteral("live-reset"));

        // The kernel's symbols are known before it runs.
        QTRY_VERIFY_WITH_TIMEOUT(
            window.actions().find(QStringLiteral("debug.until.startKernel"))->isEnabled(), patience);
        trigger("debug.until.startKernel");
        QVERIFY2(stopsAt(QStringLiteral("start_kernel")), qPrintable(problems.join(QLatin1Char('\n'))));
        QVERIFY(settles());
        QCOMPARE(debug.registers().model().number(16), debug.target()->stop()->pc);
        QVERIFY(debug.threads().frames().rowCount() >= 1);
        const quint64 before = debug.target()->stop()->pc;
        trigger("debug.step");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->stop() && debug.target()->stop()->pc != before, patience);
        QVERIFY(settles());
        debug.memory().goTo(before);
        QTRY_VERIFY_WITH_TIMEOUT(debug.memory().translation().contains(QStringLiteral("0x")), patience);
        std::array<char, 16> bytes{};
        QTRY_COMPARE_WITH_TIMEOUT(debug.memory().hexView().source()->read(before, bytes), 16, patience);
        save(window, QStringLiteral("live-start-kernel"));

        trigger("debug.until.init");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->stop() &&
                                     debug.target()->stop()->why == DebugStop::Why::bootPoint &&
                                     debug.target()->stop()->pc < 0x800000000000,
                                 patience);
        window.dockArea().findChild<QDockWidget *>(QStringLiteral("dock.kernel"))->raise();
        QVERIFY(settles());
        save(window, QStringLiteral("live-init"));
        QVERIFY2(!debug.kernel().status().isEmpty(),
                 "the kernel panel says what it found, or that it found none");

        trigger("enclave.resume");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->state() == DebugTarget::State::running, patience);
        QTRY_COMPARE_WITH_TIMEOUT(session.state(), EnclaveSession::State::running, patience);
        // The kernel is read again while it runs: the application was not there before.
        const auto hasApplication = [&tasks = debug.kernel().tasks()] {
            for (int row = 0; row < tasks.rowCount(); ++row)
                for (int column = 0; column < tasks.columnCount(); ++column)
                    if (tasks.index(row, column).data().toString() == QLatin1String("demo-app"))
                        return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(hasApplication(), patience);
        save(window, QStringLiteral("live-running"));
        trigger("enclave.pause");
        QTRY_VERIFY_WITH_TIMEOUT(debug.target()->state() == DebugTarget::State::stopped, patience);
        trigger("enclave.stop");
        QTRY_VERIFY_WITH_TIMEOUT(!debug.isAttached(), patience);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join(QLatin1Char('\n'))));
    }
};

QTEST_MAIN(LiveDebugger)
#include "tst_live_debugger.moc"
