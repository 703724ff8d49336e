// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time travel in the window, around a replay that the test moves: every panel shows the same moment, places are visited, kept
// and gone to, and what would change the past is off.
#include "app/features/console/terminal_view.hpp"
#include "app/features/record/record_feature.hpp"
#include "app/features/record/recording_panel.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "app/ui/text/roles.hpp"
#include "tests/gui/support/gui_fixture.hpp"

#include <QProgressBar>
#include <QTableView>
#include <QToolButton>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint32 blockBytes = 100;
constexpr quint64 endOfRecording = 1000;

// A recorded run: a stage at instruction 100, a console line at 200, an NSM request at 300 answered at 310, changes of PCR 16
// at 305 and 400, a second line at 500.
std::vector<pcapng::Record> recordedRun() {
    std::vector<pcapng::Record> records;
    const auto add = [&records](pcapng::Source source, quint64 instruction,
                                auto content) -> pcapng::Record & {
        pcapng::Record made;
        made.offset = records.size() * blockBytes;
        made.blockLength = blockBytes;
        made.dataOffset = made.offset + 28;
        made.captured = 40;
        made.source = source;
        made.icount = instruction;
        made.virtualNs = qint64(instruction) * 1000;
        made.hostNs = 1'700'000'000'000'000'000 + *made.virtualNs;
        made.content = content;
        records.push_back(made);
        return records.back();
    };
    const auto machine = [](const char *kind, const QVariantMap &fields) {
        return pcapng::MachineRecord{QLatin1String(kind), fields};
    };
    const auto pcr = [&](char value) {
        return machine(NITRO_CAPTURE_KIND_PCR, {{u"index"_s, 16},
                                                {u"value"_s, QByteArray(48, value)},
                                                {u"cause"_s, u"extend"_s},
                                                {u"transaction"_s, 1}});
    };
    using Source = pcapng::Source;
    add(Source::machine, 100, machine(NITRO_CAPTURE_KIND_BOOT_STAGE, {{u"stage"_s, u"reset"_s}}));
    add(Source::console, 200, pcapng::ConsoleRecord{"first line\r\n"}).direction =
        pcapng::Direction::outbound;
    pcapng::NsmRecord request;
    request.kind = NSM_REQUEST_EXTEND_PCR;
    request.transaction = 1;
    request.pcr = 16;
    add(Source::nsm, 300, request).direction = pcapng::Direction::outbound;
    add(Source::machine, 305, pcr('a'));
    request.isResponse = true;
    add(Source::nsm, 310, request).direction = pcapng::Direction::inbound;
    add(Source::machine, 400, pcr('b'));
    add(Source::console, 500, pcapng::ConsoleRecord{"second line\r\n"}).direction =
        pcapng::Direction::outbound;
    return records;
}

struct Window : WindowFixture {
    Window() {
        show();
        replay().beginReplay(endOfRecording);
        session.playState(EnclaveSession::State::paused);
        session.capture()->play({});
        auto batch = std::make_shared<CaptureBatch>();
        batch->records = recordedRun();
        emit session.capture()->recordsArrived(batch);
    }
    FakeReplay &replay() { return *session.replay(); }
    RecordFeature &feature() { return *window->findChild<RecordFeature *>(); }
    RecordingPanel &panel() { return *window->findChild<RecordingPanel *>(); }
    NsmListModel &requests() {
        NsmListModel &model = window->nsmPanel().model();
        model.flush();
        return model;
    }
    bool isDimmed(const QAbstractItemModel &model, int row, int column) {
        return model.index(row, column).data(staleRole).toBool();
    }
    QString consoleText() {
        ConsolePanel &console = window->consolePanel();
        // It takes its bytes by a timer.
        (void)QTest::qWaitFor([&console] { return console.pendingBytes() == 0; });
        return console.screen().allText();
    }
};

} // namespace

class TestRecordingWindow : public QObject {
    Q_OBJECT
private slots:
    void moment_isTheSameInAllPanels_data() {
        QTest::addColumn<quint64>("instruction");
        QTest::addColumn<bool>("hasRequest");
        QTest::addColumn<bool>("hasAnswer");
        QTest::addColumn<QByteArray>("pcr");
        QTest::addColumn<QString>("console");
        const QString one = u"first line"_s, two = u"first line\nsecond line"_s;
        QTest::newRow("before everything") << quint64(50) << false << false << QByteArray() << QString();
        QTest::newRow("request") << quint64(300) << true << false << QByteArray() << one;
        QTest::newRow("between") << quint64(307) << true << false << QByteArray(48, 'a') << one;
        QTest::newRow("answer") << quint64(310) << true << true << QByteArray(48, 'a') << one;
        QTest::newRow("end") << endOfRecording << true << true << QByteArray(48, 'b') << two;
    }
    void moment_isTheSameInAllPanels() {
        QFETCH(quint64, instruction);
        QFETCH(bool, hasRequest);
        QFETCH(bool, hasAnswer);
        Window fixture;
        fixture.replay().standAt(endOfRecording); // there and back again
        fixture.replay().standAt(instruction);
        const NsmListModel &requests = fixture.requests();
        QCOMPARE(requests.rowCount(), 1);
        QCOMPARE(fixture.isDimmed(requests, 0, NsmListModel::kind), !hasRequest);
        QCOMPARE(fixture.isDimmed(requests, 0, NsmListModel::result), !hasAnswer);
        QTEST(fixture.window->pcrPanel().model().liveValue(16), "pcr");
        QTEST(fixture.consoleText().trimmed(), "console");
        const auto now = fixture.window->timelinePanel().model().nowNs();
        QVERIFY(now && *now <= qint64(instruction) * 1000);
        QCOMPARE(fixture.isDimmed(fixture.window->bootPanel().model(), 0, 0), instruction < 100);
    }

    void moment_outsideOfAReplay_isNone() {
        Window fixture;
        fixture.replay().standAt(50);
        fixture.replay().finish();
        QVERIFY(!fixture.isDimmed(fixture.requests(), 0, NsmListModel::kind));
        QVERIFY(!fixture.window->timelinePanel().model().nowNs());
        QCOMPARE(fixture.window->pcrPanel().model().liveValue(16), QByteArray(48, 'b'));
    }

    void moment_whileAPlaceIsSought_staysTheOneBefore() {
        Window fixture;
        fixture.replay().standAt(310);
        fixture.replay().seek(900);
        fixture.replay().arriveAt(20); // a snapshot before it
        QVERIFY(!fixture.isDimmed(fixture.requests(), 0, NsmListModel::result));
        fixture.replay().arrive();
        QCOMPARE(fixture.window->pcrPanel().model().liveValue(16), QByteArray(48, 'b'));
    }

    void goThere_seeksTheInstructionOfWhatIsChosen() {
        Window fixture;
        fixture.replay().standAt(endOfRecording);
        QVERIFY(!fixture.action("record.goThere")->isEnabled());
        QVERIFY(!fixture.action("record.goThere")->toolTip().isEmpty());
        fixture.feature().follow(place::Transaction{1});
        fixture.action("record.goThere")->trigger();
        QCOMPARE(fixture.replay().target(), 300U);
        fixture.replay().arrive();
        fixture.feature().follow(place::Pcr{16, 1});
        fixture.action("record.goThere")->trigger();
        QCOMPARE(fixture.replay().target(), 305U);
        fixture.feature().follow(place::Stage{0});
        fixture.action("record.goThere")->trigger();
        QCOMPARE(fixture.replay().target(), 100U);
        fixture.feature().follow(place::Record{6 * blockBytes + 28});
        fixture.action("record.goThere")->trigger();
        QCOMPARE(fixture.replay().target(), 500U);
    }

    void records_areSteppedThrough() {
        Window fixture;
        fixture.replay().standAt(300);
        fixture.action("record.next")->trigger();
        QCOMPARE(fixture.replay().target(), 305U);
        fixture.replay().arrive();
        fixture.action("record.previous")->trigger();
        QCOMPARE(fixture.replay().target(), 300U);
        fixture.replay().arrive();
        fixture.action("record.end")->trigger();
        QCOMPARE(fixture.replay().target(), endOfRecording);
        fixture.replay().arrive();
        fixture.action("record.start")->trigger();
        QCOMPARE(fixture.replay().target(), 0U);
    }

    void history_goesBackAndForward() {
        Window fixture;
        RecordingNavigator &navigator = fixture.feature().navigator();
        fixture.replay().standAt(100);
        QVERIFY(!fixture.action("record.back")->isEnabled());
        for (const quint64 place : {300, 500}) {
            navigator.goTo(place);
            fixture.replay().arrive();
        }
        fixture.action("record.back")->trigger();
        QCOMPARE(fixture.replay().target(), 300U);
        fixture.replay().arrive();
        fixture.action("record.back")->trigger();
        fixture.replay().arrive();
        QCOMPARE(fixture.replay().instruction(), 100U);
        QVERIFY(!fixture.action("record.back")->isEnabled());
        fixture.action("record.forward")->trigger();
        QCOMPARE(fixture.replay().target(), 300U);
    }

    void seek_thatIsCancelled_isNoPlaceVisited() {
        Window fixture;
        RecordingNavigator &navigator = fixture.feature().navigator();
        fixture.replay().standAt(100);
        navigator.goTo(300);
        QVERIFY(fixture.action("record.cancel")->isEnabled());
        fixture.action("record.cancel")->trigger();
        QVERIFY(!fixture.replay().isSeeking());
        QCOMPARE(navigator.places().history.places(), (QVector<quint64>{100}));
        QVERIFY(!fixture.action("record.cancel")->isEnabled());
    }

    void bookmarks_areSavedInTheRecording() {
        QTemporaryDir folder;
        Recording recording;
        recording.files.folder = folder.path();
        Window fixture;
        RecordingNavigator &navigator = fixture.feature().navigator();
        navigator.open(recording);
        fixture.replay().standAt(305);
        QVERIFY(navigator.keepHere(u"the change"_s, u"PCR 16"_s));
        QVERIFY(!navigator.keepHere(u" "_s, {}));
        const auto saved = loadPlaces(recording.files.places());
        QVERIFY(saved);
        QCOMPARE(saved->bookmarks, (QVector<Bookmark>{{305, u"the change"_s, u"PCR 16"_s}}));
        const QAbstractItemModel &list = *fixture.panel().table().model();
        QCOMPARE(list.rowCount(), 1);
        fixture.replay().standAt(10);
        QVERIFY(fixture.isDimmed(list, 0, BookmarkModel::name));
        fixture.panel().table().setCurrentIndex(list.index(0, 0));
        fixture.action("record.forget")->trigger();
        QCOMPARE(list.rowCount(), 0);
        QVERIFY(loadPlaces(recording.files.places())->bookmarks.isEmpty());
    }

    void placesFile_thatIsDamaged_isLeftAsItIs() {
        QTemporaryDir folder;
        Recording recording;
        recording.files.folder = folder.path();
        writeFile(recording.files.places(), "{ my notes");
        Window fixture;
        fixture.feature().navigator().open(recording);
        QVERIFY(fixture.window->findChild<Banner *>()->message().contains(u"not kept"_s));
        QVERIFY(fixture.feature().navigator().keepHere(u"a"_s, {}));
        QFile file(recording.files.places());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), "{ my notes");
    }

    void panel_showsTheWay_andStopsIt() {
        QTemporaryDir folder;
        Recording recording;
        recording.files.folder = folder.path();
        Window fixture;
        fixture.feature().navigator().open(recording);
        fixture.replay().standAt(305);
        RecordingPanel &panel = fixture.panel();
        QVERIFY2(panel.placeText().contains(u"Instruction 305 of 1000"_s), qPrintable(panel.placeText()));
        fixture.replay().seek(800);
        fixture.replay().arriveAt(400);
        QVERIFY(panel.placeText().contains(u"800"_s));
        QCOMPARE(named<QProgressBar>(panel, "Way to the place")->value(), 500);
        panel.cancelButton().click();
        QVERIFY(!fixture.replay().isSeeking());
        fixture.replay().diverge({400, u"rax"_s, u"1"_s, u"2"_s});
        QVERIFY(panel.placeText().contains(u"left the recording"_s));
        QVERIFY(fixture.window->findChild<Banner *>()->message().contains(u"400"_s));
    }

    void past_cannotBeChanged_andSaysWhy() {
        Window fixture;
        for (const char *id :
             {"edit.paste", "nsm.rules", "vsock.break", "vsock.fault", "vsock.route", "enclave.reset"}) {
            QVERIFY2(!fixture.action(id)->isEnabled(), id);
            QVERIFY2(fixture.action(id)->toolTip().contains(u"recording"_s), id);
        }
        QVERIFY(!fixture.window->consolePanel().view().isLive());
        fixture.session.playState(EnclaveSession::State::ended);
        fixture.replay().finish();
        fixture.session.playState(EnclaveSession::State::running);
        for (const char *id : {"edit.paste", "nsm.rules", "vsock.break"})
            QVERIFY2(fixture.action(id)->isEnabled(), id);
        QVERIFY(!fixture.action("record.goTo")->isEnabled());
    }

    void ruler_clicked_bringsTheMachineThere() {
        Window fixture;
        fixture.action("view.panel.timeline")->trigger();
        fixture.action("view.panel.timeline")->trigger();
        fixture.replay().standAt(100);
        TimelineView &view = fixture.window->timelinePanel().view();
        const int wanted = fixture.window->timelinePanel().model().eventOfTransaction(1);
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, QPoint(view.pointOf(wanted).x(), 2));
        QVERIFY(fixture.replay().isSeeking());
        QVERIFY(*fixture.replay().target() >= 200 && *fixture.replay().target() <= 310);
        QCOMPARE(view.current(), -1);
    }

    void folder_thatIsNoRecording_isRefusedInWords() {
        QTemporaryDir folder;
        Window fixture;
        fixture.feature().openRecording(folder.path());
        QVERIFY(fixture.window->findChild<Banner *>()->message().contains(u"not opened"_s));
        QVERIFY(fixture.session.calls().isEmpty());
    }
};

QTEST_MAIN(TestRecordingWindow)
#include "tst_recording_window.moc"
