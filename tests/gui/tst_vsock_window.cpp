// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock panel in the window over captures that a fake session plays: lists, filters, following, breaks,
// faults and routes, files, and a long list.
#include "app/features/vsock/stream_view.hpp"
#include "app/features/vsock/throughput_plot.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/features/vsock/vsock_route_dialog.hpp"
#include "app/features/vsock/vsock_rule_dialog.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QPushButton>
#include <QTableView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace qmp = nitroscope::qmp;

namespace {

QString cell(const QAbstractItemModel &model, int row, int column) {
    return model.index(row, column).data().toString();
}

struct TrafficFixture : WindowFixture {
    TrafficFixture() {
        theme::apply(*qApp, Appearance::light);
        session.playState(EnclaveSession::State::starting);
        session.playState(EnclaveSession::State::running);
        session.capture()->play(trafficStream());
        panel().flowModel().flush();
        panel().packetModel().flush();
    }
    VsockPanel &panel() { return window->vsockPanel(); }
    template <class Dialog>
    Dialog *dialog() {
        for (QWidget *widget : QApplication::topLevelWidgets())
            if (auto *found = qobject_cast<Dialog *>(widget); found && found->isVisible())
                return found;
        return nullptr;
    }
};

} // namespace

class TestVsockWindow : public QObject {
    Q_OBJECT

private slots:
    void flows_ofAStream_haveTheirColumns() {
        TrafficFixture fixture;
        const VsockFlowModel &flows = fixture.panel().flowModel();
        QCOMPARE(flows.rowCount(), 3); // the opening packet and the flow it opens are one
        using C = VsockFlowModel;
        QCOMPARE(cell(flows, 0, C::number), u"1"_s);
        QCOMPARE(cell(flows, 0, C::peer), u"→ 3:9000  heartbeat pid 4242"_s);
        QCOMPARE(cell(flows, 0, C::service), u"heartbeat"_s);
        QCOMPARE(cell(flows, 0, C::state), u"closed"_s);
        QCOMPARE(cell(flows, 0, C::reason), u"guest closed"_s);
        QCOMPARE(cell(flows, 1, C::state), u"refused"_s);
        QCOMPARE(cell(flows, 1, C::reason), u"no route"_s);
        QCOMPARE(cell(flows, 2, C::service), u"demo echo"_s);
        QCOMPARE(cell(flows, 2, C::toGuest), u"38 bytes"_s);
        QCOMPARE(cell(flows, 2, C::fromGuest), u"51 bytes"_s); // without what was lost
    }

    void filters_ofTheBar_chooseRows() {
        TrafficFixture fixture;
        VsockPanel &panel = fixture.panel();
        const QAbstractItemModelTester flowTester(&panel.flowModel(),
                                                  QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QAbstractItemModelTester packetTester(&panel.packetModel(),
                                                    QAbstractItemModelTester::FailureReportingMode::QtTest);
        const int all = panel.packetModel().rowCount();
        named<QComboBox>(panel, "Operation shown")->setCurrentIndex(5);
        QCOMPARE(panel.packetModel().rowCount(), 6);
        named<QComboBox>(panel, "Direction shown")->setCurrentIndex(1);
        QCOMPARE(panel.packetModel().rowCount(), 4);
        named<QLineEdit>(panel, "Traffic shown")->setText(u"fault"_s);
        QCOMPARE(panel.packetModel().rowCount(), 1);
        panel.showPacket(0); // takes the filters off
        QCOMPARE(panel.packetModel().rowCount(), all);
        QVERIFY(panel.showFlow(2));
        fixture.action("vsock.onlyFlow")->trigger();
        QCOMPARE(panel.packetModel().rowCount(), 9);
        fixture.action("vsock.onlyFlow")->trigger();
        QCOMPARE(panel.packetModel().rowCount(), all);
    }

    void stream_followed_hasBothDirectionsAndLeadsToPackets() {
        TrafficFixture fixture;
        fixture.show();
        VsockPanel &panel = fixture.panel();
        QVERIFY(panel.showFlow(2));
        fixture.action("vsock.follow")->trigger();
        const StreamView &stream = panel.streamView();
        const QString text = stream.toPlainText();
        QVERIFY2(text.contains(u"▸ from the guest\nHTTP/1.1 200 OK"_s), qPrintable(text));
        QVERIFY(text.contains(u"◂ to the guest\nGET /hello"_s));
        QVERIFY(text.contains(u"hello world!"_s));
        QVERIFY(!text.contains(u"lost on its way"_s));
        emit panel.streamView().packetClicked(panel.account().packets().size() > 10 ? 10 : 0);
        QCOMPARE(panel.packetModel().sourceOf(panel.packetTable().currentIndex().row()), 10);
        // Back by the packet: its place in the stream is marked.
        emit panel.packetTable().doubleClicked(panel.packetTable().currentIndex());
        named<QComboBox>(panel, "Stream shown as")->setCurrentIndex(1);
        QVERIFY(stream.toPlainText().contains(u"47 45 54 20"_s));
        named<QComboBox>(panel, "Direction followed")->setCurrentIndex(1);
        QVERIFY(!stream.toPlainText().contains(u"47 45 54 20"_s));
        QCOMPARE(panel.streamBytes(StreamDirection::toGuest),
                 QByteArray("GET /hello HTTP/1.1\r\nHost: enclave\r\n\r\n"));
    }

    void stream_clicked_choosesItsPacket() {
        TrafficFixture fixture;
        fixture.show();
        VsockPanel &panel = fixture.panel();
        QVERIFY(panel.showFlow(2));
        fixture.action("vsock.follow")->trigger();
        QApplication::processEvents();
        QSignalSpy clicked(&panel.streamView(), &StreamView::packetClicked);
        QTextCursor place = panel.streamView().document()->find(u"GET"_s);
        const QPoint at = panel.streamView().cursorRect(place).center();
        QTest::mouseClick(panel.streamView().viewport(), Qt::LeftButton, {}, at);
        QCOMPARE(clicked.count(), 1);
        const VsockPacket &packet = panel.account().packets()[size_t(clicked.first().first().toInt())];
        QCOMPARE(packet.length, quint32(38));
    }

    void stream_thatGrows_isContinued() {
        TrafficFixture fixture;
        fixture.show();
        VsockStream more;
        const VsockStream::Flow flow{5, 5000, 2000, false};
        more.open(flow);
        more.packet(flow, false, VsockStream::data, "first");
        fixture.session.capture()->play(more.take());
        QVERIFY(fixture.panel().showFlow(5));
        fixture.action("vsock.follow")->trigger();
        QVERIFY(fixture.panel().streamView().toPlainText().contains(u"first"_s));
        more.packet(flow, false, VsockStream::data, " second");
        fixture.session.capture()->playMore(more.take());
        QVERIFY(fixture.panel().streamView().toPlainText().contains(u"first second"_s));
    }

    void copy_payload_inEveryForm() {
        TrafficFixture fixture;
        fixture.panel().showPacket(10);
        fixture.action("vsock.copyText")->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"GET /hello"_s));
        fixture.action("vsock.copyHex")->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"474554202f"_s));
        fixture.action("vsock.copyDump")->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"GET /hello"_s));
    }

    void fault_fromTheDialog_reachesTheMachineWithEveryMember() {
        TrafficFixture fixture;
        fixture.show();
        fixture.action("vsock.fault")->trigger();
        auto *dialog = fixture.dialog<VsockRuleDialog>();
        QVERIFY(dialog);
        auto *action = named<QComboBox>(*dialog, "Action");
        QCOMPARE(action->count(), qmp::vsockFaultActions().size());
        action->setCurrentIndex(action->findData(u"delay"_s));
        const std::pair<const char *, const char *> texts[] = {
            {"Delay", "200"},      {"Jitter", "50"},       {"Port", "8000"},
            {"Last port", "8010"}, {"CID", "3"},           {"Flow", "7"},
            {"Nth packet", "2"},   {"Byte offset", "100"}, {"Payload bytes", "47 45"},
            {"Skip", "1"},         {"Count", "3"},         {"Chance", "25"},
            {"Seed", "99"}};
        for (const auto &[name, text] : texts)
            named<QLineEdit>(*dialog, name)->setText(QLatin1String(text));
        for (const auto &[name, word] :
             {std::pair{"Direction", "to-guest"}, {"Operation", "rw"}, {"Socket type", "stream"}}) {
            auto *box = named<QComboBox>(*dialog, name);
            box->setCurrentIndex(box->findData(QLatin1String(word)));
        }
        QCOMPARE(dialog->problem(), QString());
        dialog->accept();
        const auto &changes = fixture.session.vsockMachine().changes();
        QCOMPARE(changes.size(), 2);
        QCOMPARE(changes[0].second.value("seed"_L1).toInt(), 99);
        QCOMPARE(changes[1].first, QString(qmp::vsockFaultAddCommand));
        const QJsonObject packet = changes[1].second.value("packet"_L1).toObject();
        QCOMPARE(packet.keys(), (QStringList{"cid", "direction", "flow", "hex", "kind", "last-port", "nth",
                                             "offset", "operation", "port"}));
        QCOMPARE(packet.value("hex"_L1).toString(), u"4745"_s);
        QCOMPARE(changes[1].second.value("jitter"_L1).toInt(), 50);
        QCOMPARE(changes[1].second.value("chance"_L1).toInt(), 25);
        QVERIFY(fixture.action("vsock.removeRules")->isEnabled());
        fixture.action("vsock.removeRules")->trigger();
        QVERIFY(fixture.session.vsock().rules().isEmpty());
    }

    void fault_thatMakesNoSense_cannotBeAdded_data() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::newRow("delay of nothing") << "delay"
                                          << "Delay"
                                          << "";
        QTest::newRow("no rate") << "throttle"
                                 << "Rate"
                                 << "";
        QTest::newRow("no size") << "slice"
                                 << "Packet size"
                                 << "0";
        QTest::newRow("range without a start") << "drop"
                                               << "Last port"
                                               << "9";
        QTest::newRow("packet 0") << "drop"
                                  << "Nth packet"
                                  << "0";
        QTest::newRow("chance") << "drop"
                                << "Chance"
                                << "101";
        QTest::newRow("port") << "drop"
                              << "Port"
                              << "4294967296";
        QTest::newRow("half a byte") << "drop"
                                     << "Payload bytes"
                                     << "abc";
    }
    void fault_thatMakesNoSense_cannotBeAdded() {
        QFETCH(QString, action);
        QFETCH(QString, field);
        QFETCH(QString, value);
        VsockRuleDialog dialog(qmp::MachineRule::Kind::fault, {}, nullptr);
        auto *box = named<QComboBox>(dialog, "Action");
        box->setCurrentIndex(box->findData(action));
        QCOMPARE(dialog.problem(),
                 QString(action == "throttle" || action == "slice" ? dialog.problem() : ""));
        named<QLineEdit>(dialog, field.toLatin1().constData())->setText(value);
        QVERIFY(!dialog.problem().isEmpty());
    }

    void break_hit_showsItsFlow() {
        TrafficFixture fixture;
        fixture.show();
        fixture.action("vsock.break")->trigger();
        auto *dialog = fixture.dialog<VsockRuleDialog>();
        QVERIFY(dialog);
        dialog->accept();
        QCOMPARE(fixture.session.vsockMachine().changes().last().second.value("source"_L1).toString(),
                 u"vsock"_s);
        fixture.session.playBreak({1, u"vsock"_s, u"RW from 16:5000"_s, 5, 0, 2});
        QCOMPARE(fixture.panel().account().flows()[size_t(fixture.panel().currentFlow())].id, quint64(2));
        QVERIFY(fixture.window->banner().message().contains(u"RW from 16:5000"_s));
    }

    void routes_areAddedListedAndRemoved() {
        TrafficFixture fixture;
        fixture.show();
        QVERIFY(fixture.panel().showFlow(2));
        fixture.action("vsock.publish")->trigger();
        auto *dialog = fixture.dialog<VsockRouteDialog>();
        QVERIFY(dialog);
        QCOMPARE(dialog->route(), (qmp::VsockRoute{5000, u"listen:tcp:127.0.0.1:5000"_s}));
        for (QPushButton *button : dialog->findChildren<QPushButton *>())
            if (button->text().contains(u"Add"_s))
                button->click();
        auto *list = named<QListWidget>(*dialog, "Routes that are set");
        QCOMPARE(list->count(), 1);
        list->setCurrentRow(0);
        for (QPushButton *button : dialog->findChildren<QPushButton *>())
            if (button->text().contains(u"Remove"_s))
                button->click();
        QCOMPARE(list->count(), 0);
        QCOMPARE(fixture.session.vsockMachine().changes().last().second.value("listen"_L1).toBool(), true);
    }

    void refusal_ofTheMachine_isShown() {
        TrafficFixture fixture;
        fixture.show();
        fixture.session.vsockMachine().refuseNext(u"There are 64 rules already"_s);
        emit fixture.panel().faultWanted({});
        QVERIFY(fixture.window->banner().isVisible());
    }

    void everyAction_isInTheMenuWithAShortcutOfItsOwn() {
        WindowFixture fixture;
        QSet<QString> seen;
        int count = 0;
        for (QAction *action : fixture.window->actions().actions()) {
            const QString id = ActionRegistry::idOf(action);
            if (!id.startsWith("vsock."_L1))
                continue;
            ++count;
            QVERIFY2(!action->shortcut().isEmpty(), qPrintable(id));
            QVERIFY2(!fixture.window->actions().conflict(action->shortcut(), action), qPrintable(id));
            QVERIFY2(action->associatedObjects().size() >= 2, qPrintable(id)); // menu and window
        }
        QVERIFY(count >= 15);
        // Without an enclave nothing can be set.
        QVERIFY(!fixture.action("vsock.fault")->isEnabled());
    }

    void tcpView_savedFromTheWindow_isAFileOfConnections() {
        TrafficFixture fixture;
        fixture.show();
        QVERIFY(fixture.action("vsock.saveTcp")->isEnabled());
        fixture.action("vsock.saveTcp")->trigger();
        auto *dialog = fixture.dialog<QFileDialog>();
        QVERIFY(dialog);
        const QString path = fixture.dir.filePath(u"tcp.pcapng"_s);
        emit dialog->fileSelected(path);
        dialog->reject();
        QTRY_VERIFY(QFile::exists(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("vsock 3:1073741828 to 16:5000"));
    }

    void savedCapture_fillsThePanel() {
        WindowFixture fixture;
        const QString path = writeFile(fixture.dir.filePath(u"a.pcapng"_s), trafficStream());
        fixture.window->openFile(path);
        VsockPanel &panel = fixture.window->vsockPanel();
        QTRY_COMPARE(panel.account().flows().size(), size_t(3));
        QTRY_COMPARE(panel.flowModel().rowCount(), 3);
        QVERIFY(panel.showFlow(2));
        QCOMPARE(panel.streamBytes(StreamDirection::fromGuest),
                 QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world!"));
    }

    void longList_ofAHundredThousandPackets_staysFast() {
        TrafficFixture fixture;
        VsockStream stream;
        const VsockStream::Flow flow{3, 5000, 2000, false};
        stream.open(flow);
        QByteArray bytes = stream.take();
        for (int i = 0; i < 100; ++i) {
            for (int j = 0; j < 1000; ++j)
                stream.packet(flow, j % 2 == 0, VsockStream::data, "0123456789abcdef");
            bytes += stream.take();
        }
        fixture.show();
        QElapsedTimer clock;
        clock.start();
        fixture.session.capture()->play(bytes);
        fixture.panel().packetModel().flush();
        const qint64 loaded = clock.restart();
        QVERIFY(fixture.panel().packetModel().rowCount() > 100'000);
        named<QLineEdit>(fixture.panel(), "Traffic shown")->setText(u"no such thing"_s);
        // In slices: the window is not held up for longer than one of them.
        const qint64 held = clock.restart();
        QTRY_COMPARE(fixture.panel().packetModel().rowCount(), 0);
        const qint64 filtered = clock.restart();
        named<QLineEdit>(fixture.panel(), "Traffic shown")->clear();
        fixture.panel().packetModel().flush();
        clock.restart();
        fixture.panel().packetTable().scrollToBottom();
        fixture.panel().grab();
        const qint64 painted = clock.elapsed();
        qInfo("100000 packets: loaded in %lld ms, filter held %lld ms, done in %lld ms, painted in %lld ms",
              loaded, held, filtered, painted);
        QVERIFY(held < 1000 && painted < 1000); // ten times what an idle machine needs
    }

    void throughput_ofBins_isThePeakOfEachPixel() {
        const ThroughputPlot::Bins bins{{100, 0}, {300, 7}, {0, 50}, {1, 2}};
        constexpr qint64 binNs = 100'000'000;
        using Peak = std::pair<quint64, quint64>;
        QCOMPARE(ThroughputPlot::peakAt(bins, binNs, 0, 2), (Peak{3000, 70}));
        QCOMPARE(ThroughputPlot::peakAt(bins, binNs, 1, 2), (Peak{10, 500}));
        QCOMPARE(ThroughputPlot::peakAt(bins, binNs, 7, 8), (Peak{10, 20}));
        QCOMPARE(ThroughputPlot::peakAt({}, binNs, 0, 2), Peak{});
        QCOMPARE(ThroughputPlot::peakAt(bins, binNs, 2, 2), Peak{});
    }
};

QTEST_MAIN(TestVsockWindow)
#include "tst_vsock_window.moc"
