// SPDX-License-Identifier: GPL-2.0-or-later
//
// When --screenshot takes its picture: as soon as window and session say that what was asked for is there, long
// before the two minutes after which it gives up waiting.
#include "app/window/screenshot.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"

#include <QElapsedTimer>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int patienceMs = 60'000; // half of what a picture waits at most

struct Bench : WindowFixture {
    QString path = dir.filePath(u"shot.png"_s);
    Screenshot *screenshot = nullptr;
    std::unique_ptr<QSignalSpy> taken;

    explicit Bench(Screenshot::Expect expect = Screenshot::Expect::content) {
        ScreenshotRequest request;
        request.path = path;
        screenshot = new Screenshot(request, expect, *window, session);
        taken = std::make_unique<QSignalSpy>(screenshot, &Screenshot::taken);
        show();
    }
    bool isTaken() {
        return (!taken->isEmpty() || taken->wait(patienceMs)) && taken->count() == 1 &&
               taken->first().first().toString().isEmpty() && !QImage(path).isNull();
    }
    // The EIF is open and a run of it has begun.
    void start() {
        const TestEif eif = makeEif(dir);
        QSignalSpy finished(window.get(), &MainWindow::openingFinished);
        window->openFile(eif.path, AfterOpening::run);
        QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, patienceMs);
        session.playState(EnclaveSession::State::running);
    }
    void playStage(const char *name) {
        session.playStage({QLatin1String(name), -1, 0, QDateTime::currentMSecsSinceEpoch() * 1'000'000, {}});
    }
};

} // namespace

class TestScreenshot : public QObject {
    Q_OBJECT

private slots:
    void emptyWindow_isTakenAtOnce() {
        Bench bench(Screenshot::Expect::emptyWindow);
        QVERIFY(bench.isTaken());
    }

    void eif_isTakenWhenItIsMeasured() {
        Bench bench;
        const TestEif eif = makeEif(bench.dir);
        QSignalSpy shown(bench.window.get(), &MainWindow::contentShown);
        bench.window->openFile(eif.path);
        QVERIFY(bench.isTaken());
        QCOMPARE(shown.count(), 1);
    }

    void fileThatIsNone_isTaken() {
        Bench bench;
        bench.window->openFile(bench.dir.filePath(u"missing.eif"_s), AfterOpening::run);
        QVERIFY(bench.isTaken());
    }

    void capture_isTakenWhenItHasBeenRead() {
        Bench bench;
        const QString path = writeFile(bench.dir.filePath(u"run.pcapng"_s), nsmStream());
        QSignalSpy shown(bench.window.get(), &MainWindow::contentShown);
        bench.window->openFile(path, AfterOpening::run);
        QVERIFY(bench.isTaken());
        QCOMPARE(shown.count(), 1);
    }

    void run_pausedOrUnderTheDebugger_isTaken() {
        Bench bench;
        bench.start();
        bench.playStage("reset");
        bench.session.playState(EnclaveSession::State::paused);
        QVERIFY(bench.isTaken());
    }

    void run_ended_isTakenWhenItsCaptureHasBeenRead() {
        Bench bench;
        bench.start();
        bench.playStage("handoff");
        bench.session.playEnd({EndKind::guestReboot, u"The guest rebooted."_s, {}});
        QVERIFY(bench.isTaken());
    }

    void run_writingToItsConsole_isTakenWhenItIsQuiet() {
        Bench bench;
        bench.start();
        bench.playStage("handoff");
        QElapsedTimer quiet;
        for (int i = 0; i < 10; ++i) {
            bench.session.playConsole("line\r\n");
            quiet.start();
            QTest::qWait(300);
        }
        // A computer that was away for two seconds between two lines has a picture of that.
        if (bench.taken->isEmpty()) {
            QVERIFY(bench.isTaken());
            QVERIFY2(quiet.elapsed() >= 1900, qPrintable(QString::number(quiet.elapsed())));
        }
    }

    void run_beforeTheKernel_isNotTaken() {
        Bench bench;
        bench.start();
        bench.playStage("crc");
        bench.session.playConsole("firmware\r\n");
        QVERIFY(!bench.taken->wait(3000));
        bench.playStage("handoff");
        QVERIFY(bench.isTaken());
    }
};

QTEST_MAIN(TestScreenshot)
#include "tst_screenshot.moc"
