// SPDX-License-Identifier: GPL-2.0-or-later
//
// ./workbench bench debugger, part "window": how long it takes from a stop until every visible panel of the
// debugger has asked, been answered and painted: for a stop by itself, and for stops as fast as they can be
// shown, which are paced (frame_limiter.hpp). The machine is a fake one that answers at once, so the figures
// are the window's own. Reference, in the same run: painting the whole window once.
//
// With QEMU and an EIF: single steps a second through the real machine with the same panels visible; the part
// "steps" has the reference, stock gdb.
//
//   bench_debugger_window [QEMU EIF [STEPS]]      exit code 1 when one of the two medians is above 50 ms
#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/ui/work/frame_limiter.hpp"
#include "tests/gui/support/debug_fixture.hpp"
#include "tests/gui/support/test_window.hpp"
#include "tests/support/session/fake_session.hpp"

#include <algorithm>
#include <cstdio>
#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QTemporaryDir>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr double maxMilliseconds = 50;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// All panels beside each other instead of in tabs, which is the most there can be to do at a stop.
void untab(MainWindow &window) {
    QDockWidget *before = nullptr;
    for (const char *id : {"stack", "breakpoints", "kernel", "source"}) {
        auto *dock = window.dockArea().findChild<QDockWidget *>(u"dock."_s + QLatin1String(id));
        window.dockArea().addDockWidget(Qt::BottomDockWidgetArea, dock);
        if (before)
            window.dockArea().splitDockWidget(before, dock, Qt::Horizontal);
        dock->show();
        before = dock;
    }
}

double milliseconds(const QElapsedTimer &timer) {
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

// Handles events until all is shown.
void untilShown(TestWindow &window) {
    while (!window.debug().isUpToDate())
        QCoreApplication::processEvents(QEventLoop::AllEvents);
    QCoreApplication::processEvents(QEventLoop::AllEvents); // the painting that the last answers asked for
}

// One step by itself, after everything about the one before is over; milliseconds.
double loneStop(FakeTarget &target, TestWindow &window) {
    QElapsedTimer timer;
    timer.start();
    while (milliseconds(timer) < 2 * FrameLimiter::milliseconds)
        QCoreApplication::processEvents(QEventLoop::AllEvents);
    timer.start();
    target.step();
    untilShown(window);
    return milliseconds(timer);
}

// Steps as fast as they are answered; what is shown follows as it can. 0 when it did not work.
double liveStepsPerSecond(const QString &qemu, const QString &eif, int steps) {
    const QTemporaryDir folder;
    Preferences preferences(folder.path());
    LiveSession session;
    TestWindow window(session, preferences);
    window.resize(1920, 1200);
    window.show();
    double perSecond = 0;
    int done = 0;
    QElapsedTimer clock;
    QObject::connect(&session, &EnclaveSession::debuggerReady, &window, [&] {
        untab(window);
        DebugTarget *target = session.debugTarget();
        QObject::connect(target, &DebugTarget::stopped, &window, [&, target] {
            if (done == 0)
                clock.start();
            if (done++ < steps) {
                target->step();
                return;
            }
            perSecond = steps / (static_cast<double>(clock.nsecsElapsed()) / 1e9);
            session.stop();
        });
        target->runToBootPoint(BootPoint::startKernel);
    });
    QObject::connect(&session, &EnclaveSession::ended, [] { QCoreApplication::exit(); });
    LaunchSpec spec;
    spec.eifPath = eif;
    spec.qemuPath = qemu;
    spec.debugger = true;
    session.start(spec);
    QCoreApplication::exec();
    return perSecond;
}

} // namespace

int main(int argc, char **argv) {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    const int steps = argc > 3 ? std::max(20, std::atoi(argv[3])) : 200;
    const QTemporaryDir folder;
    Preferences preferences(folder.path());
    FakeSession session;
    TestWindow window(session, preferences);
    window.resize(1920, 1200);
    window.show();
    FakeTarget target;
    nitroscope::test::prepare(target);
    session.playState(EnclaveSession::State::starting);
    session.playDebugger(&target);
    untab(window);
    for (int i = 0; i < 20; ++i) {
        target.step();
        untilShown(window);
    }
    int visible = 0;
    for (const DebugPanel *panel : window.debug().panels())
        visible += panel->isVisible() ? 1 : 0;
    std::vector<double> alone, inARow, whole;
    for (int i = 0; i < steps; ++i) {
        alone.push_back(loneStop(target, window));
        QElapsedTimer timer;
        timer.start();
        target.step();
        untilShown(window);
        inARow.push_back(milliseconds(timer));
        if (i % 10 == 0) {
            timer.start();
            window.grab();
            whole.push_back(milliseconds(timer));
        }
    }
    const double typical = median(alone), paced = median(inARow);
    std::printf("window: stop to repaint, %d panels of the debugger: %.1f ms (worst %.1f), at once after "
                "another %.1f ms; the whole window once: %.1f ms; ratio %.2f; at most %.0f ms\n",
                visible, typical, *std::max_element(alone.begin(), alone.end()), paced, median(whole),
                typical / median(whole), maxMilliseconds);
    if (argc > 2) {
        const double rate =
            liveStepsPerSecond(QString::fromLocal8Bit(argv[1]), QString::fromLocal8Bit(argv[2]), steps * 10);
        if (rate <= 0) {
            std::fprintf(stderr, "The run under the debugger has failed.\n");
            return 2;
        }
        std::printf("window: single steps with all panels of the debugger visible: %.0f a second\n", rate);
    }
    return std::max(typical, paced) <= maxMilliseconds ? 0 : 1;
}
