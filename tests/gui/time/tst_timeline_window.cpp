// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline in the window: what is chosen in it is chosen in the other panels and the other way round, its
// commands, copying, layouts. Pictures of it go to build/screenshots.
#include "app/features/boot/boot_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/gui/support/timeline_stream.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QClipboard>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTableView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
using Lane = TimelineLane;
using Kind = TimelineEvent::Kind;

namespace {

struct Window : WindowFixture {
    Window() {
        window->resize(1400, 900);
        show();
        action("view.panel.timeline")->trigger(); // it is behind a tab, not hidden: twice
        action("view.panel.timeline")->trigger();
    }
    TimelinePanel &panel() { return window->timelinePanel(); }
    int currentTransaction() {
        const QModelIndex row = window->nsmPanel().table().currentIndex();
        return row.isValid() ? int(window->nsmPanel().model().at(row.row()).id) : -1;
    }
};

} // namespace

class TestTimelineWindow : public QObject {
    Q_OBJECT

private slots:
    void window_live_choosesBothWays() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        QCOMPARE(panel.model().laneSize(Lane::nsm), 13);
        const int wanted = panel.model().eventOfTransaction(7);
        panel.view().setFocus();
        QTest::mouseClick(panel.view().viewport(), Qt::LeftButton, {}, panel.view().pointOf(wanted));
        QCOMPARE(panel.view().current(), wanted);
        QCOMPARE(fixture.currentTransaction(), 7);
        // And back: as a user would, by a key in the list.
        QTableView &table = fixture.window->nsmPanel().table();
        QTest::keyClick(&table, Qt::Key_Down);
        QCOMPARE(fixture.currentTransaction(), 8);
        QCOMPARE(panel.view().current(), panel.model().eventOfTransaction(8));
    }
    void window_pcrChange_isChosenBothWays() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        int extend = -1;
        for (const int number : panel.model().shown(Lane::pcrs))
            if (panel.model().event(number).reference == (3 << 5 | 16))
                extend = number;
        QVERIFY(extend >= 0);
        emit panel.view().chosen(extend);
        QCOMPARE(fixture.currentTransaction(), 3);
        QTableView *history = nullptr;
        for (QTableView *table : fixture.window->pcrPanel().findChildren<QTableView *>())
            if (table->accessibleName() == u"History of the PCR"_s)
                history = table;
        QVERIFY(history);
        QCOMPARE(history->model()->rowCount(), 3); // of PCR 16
        panel.view().setCurrent(-1);
        history->setCurrentIndex(history->model()->index(0, 0));
        QCOMPARE(panel.model().event(panel.view().current()).reference, quint64(3 << 5 | 16));
        QCOMPARE(panel.model().event(panel.view().current()).kind, Kind::pcr);
    }
    void window_savedTraffic_choosesFlowsAndPackets() {
        Window fixture;
        const QString path = writeFile(fixture.dir.filePath(u"t.pcapng"_s), trafficStream());
        fixture.window->openCapture(path);
        TimelinePanel &panel = fixture.panel();
        QTRY_COMPARE(panel.model().laneSize(Lane::flows), 3);
        VsockPanel &vsock = fixture.window->vsockPanel();
        vsock.flowModel().flush();
        vsock.packetModel().flush();
        emit panel.view().chosen(panel.model().eventOfFlow(2));
        QCOMPARE(vsock.account().flows()[size_t(vsock.currentFlow())].id, quint64(2));
        emit panel.view().chosen(panel.model().eventOfPacket(9));
        QCOMPARE(vsock.currentPacket(), 9);
        QTest::keyClick(&vsock.packetTable(), Qt::Key_Down);
        QCOMPARE(vsock.currentPacket(), 10);
        QCOMPARE(panel.view().current(), panel.model().eventOfPacket(10));
        QTest::keyClick(&vsock.flowTable(), Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(&vsock.flowTable(), Qt::Key_Up);
        QCOMPARE(panel.model().event(panel.view().current()).kind, Kind::flow);
    }
    void window_bootStage_isChosenBothWays() {
        Window fixture;
        const QString path = writeFile(fixture.dir.filePath(u"b.pcapng"_s), fullStream());
        fixture.window->openCapture(path);
        TimelinePanel &panel = fixture.panel();
        QTRY_COMPARE(panel.model().laneSize(Lane::boot), 6);
        QTableView *stages = nullptr;
        for (QTableView *table : fixture.window->bootPanel().findChildren<QTableView *>())
            stages = table;
        emit panel.view().chosen(panel.model().eventOfStage(2));
        QCOMPARE(stages->currentIndex().row(), 2);
        QTest::keyClick(stages, Qt::Key_Down);
        QCOMPARE(panel.view().current(), panel.model().eventOfStage(3));
    }
    void window_opening_raisesThePanelOfTheEvent() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        panel.view().setCurrent(panel.model().eventOfTransaction(2));
        QTRY_VERIFY(fixture.window->nsmPanel().visibleRegion().isEmpty());
        fixture.action("timeline.open")->trigger();
        QTRY_VERIFY(!fixture.window->nsmPanel().visibleRegion().isEmpty());
    }
    void window_hiddenByFilter_isShownWhenChosenElsewhere() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        panel.filterBar().setText(u"no such thing"_s);
        panel.setLaneShown(Lane::nsm, false);
        panel.model().flush();
        QCOMPARE(panel.model().shownCount(), 0);
        const int wanted = panel.model().eventOfTransaction(4);
        panel.showEvent(wanted);
        QVERIFY(panel.model().isShown(wanted));
        QCOMPARE(panel.filterBar().text(), QString());
        QVERIFY(panel.view().laneRect(Lane::nsm).isValid());
    }
    void window_actions_haveShortcutsAndWork() {
        Window fixture;
        for (QAction *action : fixture.window->actions().actions())
            if (action->objectName().startsWith(u"timeline."_s)) {
                QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->objectName()));
                action->trigger(); // on an empty timeline nothing happens
            }
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        fixture.action("timeline.next")->trigger();
        QVERIFY(panel.view().current() >= 0);
        fixture.action("timeline.zoomIn")->trigger();
        QVERIFY(!panel.view().axis().isFit());
        fixture.action("timeline.fit")->trigger();
        QVERIFY(panel.view().axis().isFit());
        panel.setClock(TimelineClock::guest);
        fixture.action("timeline.clock")->trigger();
        QCOMPARE(panel.clock(), TimelineClock::host);
        fixture.action("timeline.nextNotable")->trigger();
        QVERIFY(panel.model().event(panel.view().current()).isNotable());
    }
    void window_copyAs_spellsTheMeasuredEvents() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        TimelinePanel &panel = fixture.panel();
        QCOMPARE(panel.spelled(TimelinePanel::CopyForm::text), QString());
        panel.view().setCurrent(panel.model().eventOfTransaction(2));
        fixture.action("timeline.copyText")->trigger();
        QVERIFY(QApplication::clipboard()->text().contains(u"DescribePCR 0"_s));
        panel.view().toggleMeasure();
        panel.view().setCurrent(panel.model().eventOfTransaction(4));
        const QStringList lines =
            panel.spelled(TimelinePanel::CopyForm::json).split(u'\n', Qt::SkipEmptyParts);
        QVERIFY(lines.size() >= 3);
        qint64 before = 0;
        for (const QString &line : lines) {
            const QJsonObject object = QJsonDocument::fromJson(line.toUtf8()).object();
            QVERIFY(object[u"guest-ns"_s].toInteger() >= before);
            before = object[u"guest-ns"_s].toInteger();
        }
        const QString csv = panel.spelled(TimelinePanel::CopyForm::csv);
        QCOMPARE(csv.count(u'\n'), lines.size() + 1);
        QVERIFY(csv.startsWith(u"guest-ns,host-ns,duration-ns,lane,event\n"_s));
    }
    void window_layout_remembersClockAndLanes() {
        Window fixture;
        fixture.panel().setClock(TimelineClock::host);
        fixture.panel().setLaneShown(Lane::console, false);
        const QJsonObject state = fixture.panel().viewState();
        fixture.panel().setClock(TimelineClock::guest);
        fixture.panel().setLaneShown(Lane::console, true);
        fixture.panel().restoreViewState(state);
        QCOMPARE(fixture.panel().viewState(), state);
        QCOMPARE(fixture.panel().clock(), TimelineClock::host);
    }
    void window_layoutFromBeforeThePanel_stillShowsIt() {
        Window fixture;
        PanelDock *timeline = nullptr;
        for (PanelDock *dock : fixture.window->docks())
            if (&dock->panel() == &fixture.panel())
                timeline = dock;
        fixture.window->dockArea().removeDockWidget(timeline);
        const WindowLayout old = fixture.window->currentLayout(u"old"_s);
        fixture.window->resetLayout();
        fixture.window->dockArea().removeDockWidget(timeline); // as in a window that never had it
        QVERIFY(fixture.window->applyLayout(old));
        QVERIFY(fixture.window->dockArea().dockWidgetArea(timeline) != Qt::NoDockWidgetArea);
        QTest::qWait(50); // for the docks to be laid out
        QAction *toggle = fixture.action("view.panel.timeline");
        if (toggle->isChecked())
            toggle->trigger();
        toggle->trigger();
        QTRY_VERIFY(timeline->isVisible() &&
                    timeline->geometry().left() >= 0); // docks behind tabs are moved away
    }
    void window_restart_emptiesTheTimeline() {
        Window fixture;
        fixture.session.capture()->play(fullStream());
        fixture.panel().view().setCurrent(3);
        fixture.session.capture()->play({});
        QCOMPARE(fixture.panel().model().shownCount(), 0);
        QCOMPARE(fixture.panel().view().current(), -1);
    }

    void timeline_aroundACapture_isDrawn_data() {
        QTest::addColumn<int>("appearance");
        QTest::addColumn<QString>("name");
        QTest::newRow("light") << static_cast<int>(Appearance::light) << u"light"_s;
        QTest::newRow("dark") << static_cast<int>(Appearance::dark) << u"dark"_s;
    }
    void timeline_aroundACapture_isDrawn() {
        QFETCH(int, appearance);
        QFETCH(QString, name);
        const auto save = [&](Window &fixture, const char *what) {
            QCoreApplication::processEvents();
            QVERIFY(
                fixture.window->picture().save(QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots/%1-%2.png")
                                                   .arg(name, QLatin1String(what))));
        };
        QDir().mkpath(QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots"));
        theme::apply(*qApp, static_cast<Appearance>(appearance));
        Window fixture;
        save(fixture, "timeline-empty");
        fixture.session.capture()->play(fullStream());
        fixture.panel().view().setCurrent(fixture.panel().model().eventOfTransaction(5));
        fixture.panel().view().toggleMeasure();
        fixture.panel().view().setCurrent(fixture.panel().model().eventOfTransaction(9));
        save(fixture, "timeline");
        fixture.panel().view().zoomToMeasure();
        save(fixture, "timeline-close");
        Window traffic;
        traffic.session.capture()->play(trafficStream());
        save(traffic, "timeline-traffic");
        theme::apply(*qApp, Appearance::light);
    }
};

QTEST_MAIN(TestTimelineWindow)
#include "tst_timeline_window.moc"
