// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline: the arithmetic of its axis, the events that a capture's records become, choosing, measuring
// and filtering in the view.
#include "app/features/timeline/time_axis.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "tests/gui/support/timeline_stream.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QApplication>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QWheelEvent>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace pcapng = nitroscope::pcapng;
using Lane = TimelineLane;
using Kind = TimelineEvent::Kind;

namespace {

struct View {
    TimelineModel model;
    TimelineView view{model};
    explicit View(const QByteArray &stream) {
        feed(model, stream);
        view.resize(1000, 400);
        view.show();
    }
    QWidget *port() { return view.viewport(); }
};

} // namespace

class TestTimeline : public QObject {
    Q_OBJECT

private slots:
    // The axis.
    void axis_fit_showsEverythingWithAir() {
        TimeAxis axis;
        axis.setWidth(1000);
        axis.setExtent(0, 1'000'000'000);
        QVERIFY(axis.isFit());
        QVERIFY(axis.xOf(0) > 0 && axis.xOf(0) < 40);
        QVERIFY(axis.xOf(1'000'000'000) < 1000 && axis.xOf(1'000'000'000) > 960);
        axis.setExtent(0, 2'000'000'000); // what comes is shown, too
        QVERIFY(axis.to() > 2'000'000'000);
    }
    void axis_zoom_keepsTheTimeUnderThePointer() {
        TimeAxis axis;
        axis.setWidth(1000);
        axis.setExtent(0, 1'000'000'000);
        const qint64 before = axis.timeAt(300);
        for (int i = 0; i < 20; ++i) {
            axis.zoom(0.8, 300);
            QVERIFY(std::abs(axis.timeAt(300) - before) < 3 * qint64(axis.nsPerPixel() + 1));
        }
        QVERIFY(!axis.isFit());
        for (int i = 0; i < 200; ++i)
            axis.zoom(0.5, 10);
        QCOMPARE(axis.span(), TimeAxis::minSpanNs);
        for (int i = 0; i < 200; ++i)
            axis.zoom(2, 10);
        QVERIFY(axis.isFit());
    }
    void axis_pan_staysWhereSomethingIs() {
        TimeAxis axis;
        axis.setWidth(1000);
        axis.setExtent(100, 1'000'100);
        axis.show(1000, 2000);
        for (int i = 0; i < 5000; ++i)
            axis.pan(900);
        QVERIFY(axis.from() < 1'000'100 && axis.to() >= 1'000'100);
        for (int i = 0; i < 5000; ++i)
            axis.pan(-900);
        QVERIFY(axis.from() <= 100 && axis.to() > 100);
        axis.reveal(500'000);
        QVERIFY(axis.xOf(500'000) > 0 && axis.xOf(500'000) < 1000);
    }
    void axis_extremeTimes_doNotOverflow() {
        TimeAxis axis;
        axis.setWidth(1);
        axis.setExtent(std::numeric_limits<qint64>::min(), std::numeric_limits<qint64>::max());
        axis.zoom(0.1, 0);
        axis.pan(1e9);
        axis.show(std::numeric_limits<qint64>::min(), std::numeric_limits<qint64>::max());
        axis.reveal(0);
        QVERIFY(axis.ticks(90).size() < 10);
    }
    void axis_ticks_areRoundAndApart_data() {
        QTest::addColumn<qint64>("span");
        for (const qint64 span : {qint64{200}, qint64{1234}, qint64{45'678'901}, qint64{3'000'000'000'000}})
            QTest::newRow(qPrintable(QString::number(span))) << span;
    }
    void axis_ticks_areRoundAndApart() {
        QFETCH(qint64, span);
        TimeAxis axis;
        axis.setWidth(900);
        axis.setExtent(0, span);
        const qint64 step = axis.tickStep(90);
        const auto ticks = axis.ticks(90);
        QVERIFY(ticks.size() >= 2 && ticks.size() <= 11);
        QVERIFY(axis.xOf(step) - axis.xOf(0) >= 90);
        for (size_t i = 0; i < ticks.size(); ++i)
            QCOMPARE(ticks[i] % step, 0);
        QSet<QString> labels;
        for (const qint64 tick : ticks)
            labels.insert(TimeAxis::label(tick, step));
        QCOMPARE(size_t(labels.size()), ticks.size()); // as many decimals as it takes
    }
    void axis_label_hasNoRoundingErrors() {
        QCOMPARE(TimeAxis::label(1'234'567'890, 1'000'000), u"1.234 s"_s);
        QCOMPARE(TimeAxis::label(-5, 1), u"−0.000000005 s"_s);
        QCOMPARE(TimeAxis::label(7'000'000'000, 5'000'000'000), u"7 s"_s);
        QCOMPARE(TimeAxis::label(1'000'000'000'000'000'001, 1), u"1000000000.000000001 s"_s);
    }

    // The model.
    void model_fullStream_hasALanePerSource() {
        TimelineModel model;
        feed(model, fullStream());
        QCOMPARE(model.laneSize(Lane::boot), 6); // a reset and five stages
        QCOMPARE(model.laneSize(Lane::pcrs), 8); // five at the start, three extensions
        QCOMPARE(model.laneSize(Lane::nsm), 13);
        QCOMPARE(model.laneSize(Lane::console), 2);
        QCOMPARE(model.laneSize(Lane::firstCalls), 1);
        QCOMPARE(model.laneSize(Lane::systemCalls), 12);
        QCOMPARE(model.laneSize(Lane::machine), 1);
        QCOMPARE(model.text(first(model, Kind::stage)), u"reset"_s);
        QCOMPARE(model.text(first(model, Kind::firstCall)), u"nsm_probe"_s);
        QCOMPARE(model.text(first(model, Kind::systemCall)), u"ioctl /dev/nsm"_s);
        QVERIFY(model.text(first(model, Kind::consoleOutput)).contains(u"Linux version"_s));
        QVERIFY(model.details(first(model, Kind::systemCall)).contains(u"ioctl(0x3)"_s));
        QCOMPARE(model.event(first(model, Kind::breakHit)).reference, quint64(3));
        QCOMPARE(model.text(first(model, Kind::breakHit)), u"break 3: ExtendPCR 16"_s);
        QCOMPARE(model.text(first(model, Kind::reset)), u"reset: power-on"_s);
    }
    void model_stages_lastUntilTheNext() {
        TimelineModel model;
        feed(model, fullStream());
        const int stage = model.eventOfStage(1);
        QCOMPARE(model.text(stage), u"header"_s);
        QCOMPARE(model.endOf(stage) - model.beginOf(stage), 2'400'000);
        QCOMPARE(model.eventOfStage(99), -1);
    }
    void model_nsm_spansFromRequestToAnswer() {
        TimelineModel model;
        feed(model, fullStream());
        const int failed = model.eventOfTransaction(5);
        QCOMPARE(model.text(failed), u"ExtendPCR 4 → ReadOnlyIndex"_s);
        QCOMPARE(model.event(failed).tone, Tone::bad);
        QVERIFY(model.endOf(failed) > model.beginOf(failed));
        QVERIFY(model.details(failed).startsWith(u"transaction 5: "_s));
        QVERIFY(model.text(model.eventOfTransaction(12)).contains(u"answer dropped"_s));
        QCOMPARE(model.eventOfTransaction(999), -1);
    }
    void model_traffic_hasFlowsInRowsAndPackets() {
        TimelineModel model;
        feed(model, trafficStream());
        QCOMPARE(model.laneSize(Lane::flows), 3);
        const int http = model.eventOfFlow(2);
        QCOMPARE(model.text(http), u"flow 2, port 5000: host closed"_s);
        QVERIFY(model.endOf(http) - model.beginOf(http) > 5'000'000);
        const int dropped = model.eventOfPacket(14);
        QVERIFY(dropped >= 0);
        bool hasDropped = false;
        for (const int number : model.notable(Lane::packets))
            hasDropped = hasDropped || model.event(number).tone == Tone::bad;
        QVERIFY(hasDropped);
        QVERIFY(model.details(model.eventOfPacket(0)).contains(u"REQUEST"_s));
    }
    void model_refusedFlows_areEachAnEvent() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        for (const uint32_t port : {8000U, 8001U, 8002U}) {
            NitroCaptureVsockFlow refused{}; // before it was a flow: it has no number
            refused.closed = 1;
            refused.dialed_by = "guest";
            refused.guest_port = 1024;
            refused.peer_port = port;
            refused.reason = "no-route";
            nitro_capture_vsock_flow(capture.get(), &refused);
            clock.advance(1'000'000);
        }
        TimelineModel model;
        feed(model, pullAll(capture.get()));
        QCOMPARE(model.laneSize(Lane::flows), 3);
        QCOMPARE(model.text(0), u"port 8000: no route"_s);
        QCOMPARE(model.text(2), u"port 8002: no route"_s);
        QCOMPARE(model.endOf(0), model.beginOf(0));
        QCOMPARE(model.eventOfFlow(0), -1);
    }
    void model_openFlow_reachesToTheEnd() {
        TimelineModel model;
        VsockStream stream;
        const VsockStream::Flow flow{7, 1024, 8000, true};
        stream.open(flow);
        stream.packet(flow, true, VsockStream::data, "x");
        feed(model, stream.take());
        const int number = model.eventOfFlow(7);
        QCOMPARE(model.endOf(number), model.extent().second);
        QVERIFY(model.details(number).endsWith(u"still open"_s));
    }
    void model_streamTruncatedAtEveryBlock_neverFails() {
        const QByteArray stream = fullStream();
        for (qsizetype size = 0; size < stream.size(); size += 4) {
            TimelineModel model;
            feed(model, stream.first(size));
            for (int i = 0; i < static_cast<int>(model.events().size()); i += 7)
                QVERIFY(!model.details(i).isEmpty());
        }
    }
    void model_hostileClocks_doNotOverflow() {
        TimelineModel model;
        model.restart({});
        for (const qint64 ns : {std::numeric_limits<qint64>::min(), qint64{0}, qint64{-1},
                                std::numeric_limits<qint64>::max()}) {
            for (const bool isResponse : {false, true}) {
                pcapng::Record record;
                record.source = pcapng::Source::nsm;
                record.hostNs = ns;
                record.virtualNs = ~ns;
                pcapng::NsmRecord nsm;
                nsm.transaction = 1;
                nsm.isResponse = isResponse;
                record.content = nsm;
                model.add(record);
            }
        }
        model.endBatch();
        TimelineView view(model);
        view.resize(500, 300);
        QVERIFY(!view.grab().isNull());
        for (int i = 0; i < 4; ++i)
            QVERIFY(!model.details(i).isEmpty());
    }
    void model_outOfOrder_isOrderedByTheClockInForce() {
        TimelineModel model;
        model.restart({});
        for (const qint64 ns : {5, 1, 9, 3, 7, 2}) {
            auto record = made(ns * 1000, pcapng::Source::console);
            record.virtualNs = 100'000 - ns * 1000;
            record.content = pcapng::ConsoleRecord{"x"};
            model.add(record);
            const auto &shown = model.shown(Lane::console); // asked in between: the tail is merged
            QVERIFY(std::is_sorted(shown.begin(), shown.end(),
                                   [&](int a, int b) { return model.beginOf(a) < model.beginOf(b); }));
        }
        QCOMPARE(model.shown(Lane::console).front(), 2);
        model.setClock(TimelineClock::host);
        QCOMPARE(model.shown(Lane::console).front(), 1);
        QCOMPARE(model.beginOf(0), 0); // since the first record
    }
    void model_filter_byWordsLanesAndWeight() {
        TimelineModel model;
        feed(model, fullStream());
        const int all = model.shownCount();
        QCOMPARE(all, static_cast<int>(model.events().size()));
        model.setFilter({u"EXTENDpcr"_s, ~0U, false});
        model.flush();
        QCOMPARE(model.shown(Lane::nsm).size(), size_t(4));
        QVERIFY(model.shown(Lane::boot).empty());
        model.setFilter({u"linux version"_s, ~0U, false}); // in what the console wrote
        model.flush();
        QCOMPARE(model.shownCount(), 1);
        model.setFilter({{}, 1U << static_cast<int>(Lane::boot), false});
        model.flush();
        QCOMPARE(model.shownCount(), 6);
        model.setFilter({{}, ~0U, true});
        model.flush();
        for (int i = 0; i < timelineLanes; ++i)
            for (const int number : model.shown(static_cast<Lane>(i)))
                QVERIFY(model.event(number).isNotable());
        QVERIFY(model.shownCount() >= 6 && model.shownCount() < all);
        model.setFilter({});
        model.flush();
        QCOMPARE(model.shownCount(), all);
    }
    void model_answerWhileFiltered_appearsOnce() {
        TimelineModel model;
        model.restart({});
        model.setFilter({{}, ~0U, true});
        auto request = made(1000, pcapng::Source::nsm);
        pcapng::NsmRecord nsm;
        nsm.transaction = 1;
        request.content = nsm;
        model.add(request);
        QCOMPARE(model.shownCount(), 0);
        auto answer = made(2000, pcapng::Source::nsm);
        nsm.isResponse = true;
        nsm.result = 4;
        answer.content = nsm;
        model.add(answer);
        QCOMPARE(model.shownCount(), 1);
        QCOMPARE(model.notable(Lane::nsm).size(), size_t(1));
        model.setFilter({});
        QCOMPARE(model.shownCount(), 1);
    }
    void model_manyWords_areBounded() {
        TimelineModel model;
        model.restart({});
        for (int i = 0; i < 103'000; ++i) {
            auto record = made(i, pcapng::Source::guest);
            pcapng::GuestRecord guest;
            guest.kind = u"system-call"_s;
            guest.fields = {{u"name"_s, u"openat"_s}, {u"path"_s, QString::number(i)}};
            record.content = guest;
            model.add(record);
        }
        QCOMPARE(model.text(50), u"openat 50"_s);
        QCOMPARE(model.text(102'999), u"openat"_s);
    }

    // The view.
    void view_click_choosesTheNearestAndTells() {
        View fixture(fullStream());
        QSignalSpy chosen(&fixture.view, &TimelineView::chosen);
        const int wanted = fixture.model.eventOfTransaction(5);
        QTest::mouseClick(fixture.port(), Qt::LeftButton, {}, fixture.view.pointOf(wanted) + QPoint(1, 0));
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(fixture.view.current(), wanted);
        QVERIFY(fixture.view.accessibleDescription().contains(u"ReadOnlyIndex"_s));
        QTest::mouseClick(fixture.port(), Qt::LeftButton, {}, QPoint(5, 390)); // nothing there
        QCOMPARE(fixture.view.current(), wanted);
    }
    void view_wheel_zoomsAboutThePointerAndPans() {
        View fixture(fullStream());
        const int wanted = fixture.model.eventOfTransaction(5);
        const QPoint at = fixture.view.pointOf(wanted);
        const auto wheel = [&](Qt::KeyboardModifiers keys) {
            QWheelEvent event(at, fixture.port()->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, keys,
                              Qt::NoScrollPhase, false);
            QApplication::sendEvent(fixture.port(), &event);
        };
        const qint64 before = fixture.view.axis().span();
        for (int i = 0; i < 5; ++i)
            wheel({});
        QVERIFY(fixture.view.axis().span() < before / 2);
        QVERIFY((fixture.view.pointOf(wanted) - at).manhattanLength() <= 2);
        const qint64 from = fixture.view.axis().from();
        wheel(Qt::ShiftModifier);
        QVERIFY(fixture.view.axis().from() < from);
        QTest::keyClick(&fixture.view, Qt::Key_0);
        QVERIFY(fixture.view.axis().isFit());
    }
    void view_keys_walkThroughLanesAndEvents() {
        View fixture(fullStream());
        QTest::keyClick(&fixture.view, Qt::Key_Home);
        QCOMPARE(fixture.model.event(fixture.view.current()).kind, Kind::reset);
        QTest::keyClick(&fixture.view, Qt::Key_Right);
        QCOMPARE(fixture.model.event(fixture.view.current()).kind, Kind::stage);
        while (fixture.model.event(fixture.view.current()).lane != Lane::nsm) {
            const int before = fixture.view.current();
            QTest::keyClick(&fixture.view, Qt::Key_Down);
            QVERIFY(fixture.view.current() != before);
        }
        QTest::keyClick(&fixture.view, Qt::Key_Right);
        QCOMPARE(fixture.model.event(fixture.view.current()).reference, quint64(2));
        QTest::keyClick(&fixture.view, Qt::Key_Plus);
        const qint64 from = fixture.view.axis().from();
        QTest::keyClick(&fixture.view, Qt::Key_Right, Qt::ControlModifier);
        QVERIFY(fixture.view.axis().from() > from);
        QTest::keyClick(&fixture.view, Qt::Key_End);
        QCOMPARE(fixture.model.beginOf(fixture.view.current()), fixture.model.extent().second);
        QSignalSpy opened(&fixture.view, &TimelineView::opened);
        QTest::keyClick(&fixture.view, Qt::Key_Return);
        QCOMPARE(opened.count(), 1);
    }
    void view_drag_measuresBetweenEvents() {
        View fixture(fullStream());
        const int a = fixture.model.eventOfTransaction(2), b = fixture.model.eventOfTransaction(4);
        QTest::mousePress(fixture.port(), Qt::LeftButton, {}, fixture.view.pointOf(a));
        QTest::mouseMove(fixture.port(), fixture.view.pointOf(b) + QPoint(1, 0));
        QTest::mouseRelease(fixture.port(), Qt::LeftButton, {}, fixture.view.pointOf(b) + QPoint(1, 0));
        const auto measured = fixture.view.measure();
        QVERIFY(measured.has_value());
        QCOMPARE(measured->first, fixture.model.beginOf(a)); // snapped
        QCOMPARE(measured->second, fixture.model.beginOf(b));
        fixture.view.zoomToMeasure();
        QVERIFY(fixture.view.axis().from() < measured->first && fixture.view.axis().to() > measured->second);
        QVERIFY(fixture.view.axis().span() < (measured->second - measured->first) * 2);
        QTest::keyClick(&fixture.view, Qt::Key_Escape);
        QVERIFY(!fixture.view.measure());
    }
    void view_measureFromKeyboard_followsTheChosen() {
        View fixture(fullStream());
        fixture.view.setCurrent(fixture.model.eventOfTransaction(1));
        fixture.view.toggleMeasure();
        fixture.view.setCurrent(fixture.model.eventOfTransaction(3));
        const auto measured = fixture.view.measure();
        QCOMPARE(measured->second - measured->first,
                 fixture.model.beginOf(fixture.model.eventOfTransaction(3)) -
                     fixture.model.beginOf(fixture.model.eventOfTransaction(1)));
        fixture.view.toggleMeasure();
        QVERIFY(!fixture.view.measure());
    }
    void view_nextFailure_goesFromOneToTheNext() {
        View fixture(fullStream());
        QSet<int> seen;
        for (int i = 0; i < 50; ++i) {
            fixture.view.stepNotable(+1);
            QVERIFY(fixture.model.event(fixture.view.current()).isNotable());
            seen.insert(fixture.view.current());
        }
        size_t all = 0;
        for (int i = 0; i < timelineLanes; ++i)
            all += fixture.model.notable(static_cast<Lane>(i)).size();
        QCOMPARE(size_t(seen.size()), all);
    }
    void view_streamGrows_staysFitUntilSomebodyZooms() {
        TimelineModel model;
        fill(model, 100);
        TimelineView view(model);
        view.resize(600, 300);
        QVERIFY(view.axis().isFit());
        auto record = made(1'000'000'000, pcapng::Source::console);
        record.content = pcapng::ConsoleRecord{"x"};
        model.add(record);
        model.endBatch();
        QVERIFY(view.axis().to() > 1'000'000'000);
        view.zoomIn();
        const qint64 from = view.axis().from(), to = view.axis().to();
        record.virtualNs = 9'000'000'000;
        model.add(record);
        model.endBatch();
        QCOMPARE(view.axis().from(), from);
        QCOMPARE(view.axis().to(), to);
    }

    // A million events cost what their pixels cost.
    void million_paintingAndFiltering_neverBlocks() {
        const auto timeOf = [](TimelineView &view) {
            qint64 best = std::numeric_limits<qint64>::max();
            for (int i = 0; i < 5; ++i) {
                QElapsedTimer timer;
                timer.start();
                view.grab();
                best = std::min(best, timer.nsecsElapsed());
            }
            return best;
        };
        TimelineModel few, many;
        fill(few, 4'000);
        QElapsedTimer timer;
        timer.start();
        fill(many, 1'000'000);
        const qint64 filled = timer.elapsed();
        TimelineView small(few), large(many);
        for (TimelineView *view : {&small, &large})
            view->resize(1400, 400);
        const qint64 fewNs = timeOf(small), manyNs = timeOf(large);
        for (int i = 0; i < 40; ++i)
            large.zoomIn();
        const qint64 closeNs = timeOf(large);
        large.fit();
        // A filter is worked off between events: no turn of the loop looks at more than a slice.
        qint64 longest = 0;
        int turns = 0;
        timer.restart();
        many.setFilter({u"call1"_s, ~0U, false});
        longest = timer.nsecsElapsed();
        QVERIFY(many.shown(Lane::packets).size() > 100'000); // still the list of before
        QSignalSpy done(&many, &TimelineModel::filtered);
        while (done.isEmpty() && turns < 1000) {
            timer.restart();
            QCoreApplication::processEvents(QEventLoop::AllEvents, 0);
            longest = std::max(longest, timer.nsecsElapsed());
            ++turns;
        }
        QVERIFY(!done.isEmpty());
        QVERIFY(many.shownCount() > 0 && many.shownCount() < 500'000);
        qInfo("1 000 000 events: %lld ms to take, picture %.1f ms (4000 events: %.1f ms, zoomed in %.1f ms), "
              "filter in %d turns, the longest %.1f ms",
              filled, double(manyNs) / 1e6, double(fewNs) / 1e6, double(closeNs) / 1e6, turns,
              double(longest) / 1e6);
        QVERIFY2(manyNs < 8 * fewNs + 20'000'000, "painting must not look at every event");
        QVERIFY2(turns >= 2, "a million events must not be filtered in one go");
    }
};

QTEST_MAIN(TestTimeline)
#include "tst_timeline.moc"
