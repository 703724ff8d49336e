// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs whose captures are kept: on disk, in the window, and two of them compared.
#include "app/features/runs/comparison_view.hpp"
#include "app/features/runs/runs_panel.hpp"
#include "app/features/runs/runs_settings_dialog.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"

#include <QAbstractItemModelTester>
#include <QTableView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
using Subject = RunDifference::Subject;

namespace {

std::shared_ptr<CaptureBytes> bytesOf(const QByteArray &content) {
    auto spool = CaptureBytes::makeSpool();
    if (!spool || !(*spool)->append(content))
        qFatal("no spool");
    return *spool;
}

KeptRun factsAt(const QDateTime &started, const QString &image = u"/images/demo.eif"_s) {
    KeptRun run;
    run.image = image;
    run.started = started;
    run.ended = started.addSecs(2);
    run.end = u"The guest asked for a reset."_s;
    return run;
}

const QDateTime noon(QDate(2026, 12, 1), QTime(12, 0), Qt::UTC);

void runOnce(WindowFixture &fixture) {
    fixture.action("enclave.run")->trigger();
    fixture.session.playDemoBoot();
    fixture.session.playEnd({EndKind::guestReboot, u"The guest asked for a reset."_s, {}});
}

} // namespace

class TestRuns : public QObject {
    Q_OBJECT
private slots:
    void keep_run_isListedWithItsFacts() {
        const QTemporaryDir dir;
        const KeptRuns runs(dir.filePath(u"runs"_s));
        QVERIFY(runs.list().isEmpty());
        const QByteArray content(100'000, 'x');
        const auto kept = runs.keep(*bytesOf(content), quint64(content.size()), factsAt(noon));
        QVERIFY2(kept, qPrintable(kept ? QString() : kept.error().text()));
        const QVector<KeptRun> listed = runs.list();
        QCOMPARE(listed.size(), 1);
        QCOMPARE(listed[0].image, u"/images/demo.eif"_s);
        QCOMPARE(listed[0].started, noon);
        QCOMPARE(listed[0].bytes, quint64(content.size()));
        QFile file(listed[0].capture);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
        QVERIFY(!(file.permissions() & (QFile::ReadGroup | QFile::ReadOther)));
    }

    void keep_whereItCannotBeWritten_leavesNothing() {
        const QTemporaryDir dir;
        writeFile(dir.filePath(u"file"_s), "");
        const KeptRuns runs(dir.filePath(u"file/runs"_s));
        QVERIFY(!runs.keep(*bytesOf("abc"), 3, factsAt(noon)));
        QVERIFY(runs.list().isEmpty());
    }

    void list_otherFiles_arePassedOver_data() {
        QTest::addColumn<QByteArray>("facts");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("junk") << QByteArray("{\"format\":");
        QTest::newRow("another format")
            << QByteArray("{\"format\":\"x\",\"version\":1,\"started\":\"2026-12-01T12:00:00Z\"}");
        QTest::newRow("later version") << QByteArray(
            "{\"format\":\"nitroscope-run\",\"version\":9,\"started\":\"2026-12-01T12:00:00Z\"}");
        QTest::newRow("no time") << QByteArray("{\"format\":\"nitroscope-run\",\"version\":1,\"started\":7}");
    }
    void list_otherFiles_arePassedOver() {
        QFETCH(QByteArray, facts);
        const QTemporaryDir dir;
        writeFile(dir.filePath(u"a.pcapng"_s), "x");
        writeFile(dir.filePath(u"a.json"_s), facts);
        QVERIFY(KeptRuns(dir.path()).list().isEmpty());
    }

    void prune_limits_theOldestGo() {
        const QTemporaryDir dir;
        const KeptRuns runs(dir.path());
        const QByteArray content(1000, 'x');
        for (int day = 0; day < 6; ++day)
            QVERIFY(runs.keep(*bytesOf(content), 1000, factsAt(noon.addDays(-day))));
        runs.prune({.maxBytes = 1 << 20, .maxDays = 4, .maxRuns = 100}, noon);
        QCOMPARE(runs.list().size(), 5);
        runs.prune({.maxBytes = 3500, .maxDays = 30, .maxRuns = 100}, noon);
        QCOMPARE(runs.list().size(), 3);
        runs.prune({.maxBytes = 1 << 20, .maxDays = 30, .maxRuns = 1}, noon);
        QCOMPARE(runs.list().size(), 1);
        QCOMPARE(runs.list()[0].started, noon);
        QCOMPARE(QDir(dir.path()).entryList(QDir::Files).size(), 2); // nothing else stays
    }

    void remove_pathOutsideOfTheFolder_isLeftAlone() {
        const QTemporaryDir dir, other;
        KeptRun foreign = factsAt(noon);
        foreign.capture = writeFile(other.filePath(u"mine.pcapng"_s), "x");
        KeptRuns(dir.path()).remove(foreign);
        QVERIFY(QFile::exists(foreign.capture));
    }

    void align_sequences_keepsWhatIsCommon() {
        const auto pairs = alignLines({u"a"_s, u"b"_s, u"c"_s, u"e"_s}, {u"a"_s, u"c"_s, u"d"_s, u"e"_s});
        const std::vector<std::pair<int, int>> wanted{{0, 0}, {1, -1}, {2, 1}, {-1, 2}, {3, 3}};
        QCOMPARE(pairs, wanted);
        QVERIFY(alignLines({}, {}).empty());
        QCOMPARE(alignLines({u"a"_s}, {}).size(), size_t(1));
    }

    void align_longSequences_arePairedAtOnce() {
        QStringList left, right;
        for (int i = 0; i < RunFacts::maxLines; ++i) {
            left << u"left %1"_s.arg(i);
            right << u"right %1"_s.arg(i);
        }
        QCOMPARE(alignLines(left, right).size(), size_t(RunFacts::maxLines));
    }

    void compare_facts_marksWhatDiffers() {
        RunFacts left, right;
        left.stages = {{u"reset"_s, 0}, {u"kernel"_s, 10'000'000}, {u"handoff"_s, 20'000'000}};
        right.stages = {{u"reset"_s, 0}, {u"kernel"_s, 10'100'000}, {u"handoff"_s, 60'000'000}};
        left.pcrs[0] = right.pcrs[0] = QByteArray(48, 'a');
        left.pcrs[16] = QByteArray(48, 'b');
        right.pcrs[16] = QByteArray(48, 'c');
        left.requests = {u"DescribeNSM: Success"_s, u"ExtendPCR: Success"_s};
        right.requests = {u"DescribeNSM: Success"_s};
        left.console = right.console = {u"Linux version"_s};
        QStringList differing;
        for (const RunDifference &row : compareRuns(left, right))
            if (row.differs)
                differing << subjectText(row.subject) + u' ' + row.what;
        QCOMPARE(differing, (QStringList{u"Boot stage handoff"_s, u"PCR PCR 16"_s, u"NSM request 2"_s}));
    }

    void window_runEnded_isListedAndOpenedAgain() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        auto &panel = *fixture.window->findChild<RunsPanel *>();
        const QAbstractItemModelTester tester(&panel.model(),
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(panel.model().rowCount(), 0);
        runOnce(fixture);
        QTRY_COMPARE(panel.model().rowCount(), 1);
        const KeptRun run = panel.model().records().first();
        QVERIFY(run.image.endsWith(u"demo.eif"_s) && !run.failed);
        const int stages = fixture.window->bootPanel().model().rowCount();
        panel.table().selectRow(0);
        fixture.action("runs.open")->trigger();
        QTRY_COMPARE(fixture.window->savedCapture().state(), CaptureSource::State::complete);
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), stages);
        // The same figures as when it ran.
        QCOMPARE(fixture.window->bootPanel().model().stages().back().virtualNs, 6'000'000);
        fixture.action("runs.remove")->trigger();
        QCOMPARE(panel.model().rowCount(), 0);
    }

    void window_keepingOff_keepsNothing() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("runs.settings")->trigger();
        auto *dialog = fixture.window->findChild<RunsSettingsDialog *>();
        QVERIFY(dialog);
        dialog->findChild<QAbstractButton *>()->setChecked(false);
        dialog->accept();
        runOnce(fixture);
        QTest::qWait(50); // nothing comes
        QCOMPARE(fixture.window->findChild<RunsPanel *>()->model().rowCount(), 0);
    }

    void window_closedWhileItRuns_stopsAndKeepsFirst() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        fixture.window->close();
        QVERIFY(fixture.session.calls().contains(u"stop"_s));
        QTRY_VERIFY(!fixture.window->isVisible());
        auto &panel = *fixture.window->findChild<RunsPanel *>();
        QTRY_COMPARE(panel.model().rowCount(), 1);
    }

    void window_twoRuns_areCompared() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        auto &panel = *fixture.window->findChild<RunsPanel *>();
        for (int run = 1; run <= 2; ++run) {
            runOnce(fixture);
            QTRY_COMPARE(panel.model().rowCount(), run);
        }
        QVERIFY(!fixture.action("runs.compare")->isEnabled());
        panel.table().selectAll();
        fixture.action("runs.compare")->trigger();
        auto *view = fixture.window->findChild<ComparisonView *>();
        QVERIFY(view);
        QTRY_VERIFY(view->isDone());
        const QAbstractItemModelTester tester(&view->model(),
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        view->showOnlyDifferences(false);
        int stages = 0;
        for (const RunDifference &row : view->model().records()) {
            stages += row.subject == Subject::stage;
            QVERIFY2(!row.differs, qPrintable(row.what));
        }
        QCOMPARE(stages, 6);
    }
};

QTEST_MAIN(TestRuns)
#include "tst_runs.moc"
