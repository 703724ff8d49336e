// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the vsock panel offers for what is pointed at: its columns, context menu, colours of the stream,
// saving, the plot. Over a capture that a fake session plays; pictures go to build/screenshots.
#include "app/features/vsock/stream_view.hpp"
#include "app/features/vsock/throughput_plot.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/features/vsock/vsock_route_dialog.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QDir>
#include <QFileDialog>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace qmp = nitroscope::qmp;

namespace {

const QByteArray question = "GET /hello HTTP/1.1\r\nHost: enclave\r\n\r\n";
const QByteArray answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world!";

// The window with three flows while an enclave runs; the HTTP flow, number 2 of the machine, is chosen.
struct PanelFixture : WindowFixture {
    explicit PanelFixture(Appearance appearance = Appearance::light) {
        theme::apply(*qApp, appearance);
        session.playState(EnclaveSession::State::starting);
        session.playState(EnclaveSession::State::running);
        session.capture()->play(trafficStream());
        panel().flowModel().flush();
        panel().packetModel().flush();
        window->resize(1400, 900);
        show();
        for (PanelDock *dock : window->docks())
            if (&dock->panel() == &panel())
                dock->raise();
        if (!panel().showFlow(2))
            qFatal("no flow 2");
    }
    VsockPanel &panel() { return window->vsockPanel(); }

    // The menu that opens with the right mouse button at this row.
    QMenu *menuAt(QTableView &table, int row) {
        const QPoint at = table.visualRect(table.model()->index(row, 1)).center();
        QTest::mouseClick(table.viewport(), Qt::RightButton, {}, at);
        return menuAt(*table.viewport(), at);
    }
    QMenu *menuAt(QWidget &widget, const QPoint &at) {
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, widget.mapToGlobal(at));
        QApplication::sendEvent(&widget, &event);
        for (QMenu *menu : panel().findChildren<QMenu *>(QString(), Qt::FindDirectChildrenOnly))
            if (menu->isVisible())
                return menu;
        return nullptr;
    }
    // Chooses "Submenu|Entry" or "Entry", by its text without the mark of its key.
    static bool choose(QMenu &menu, const QString &path) {
        const QString first = path.section(u'|', 0, 0), rest = path.section(u'|', 1);
        for (QAction *action : menu.actions()) {
            if (action->text().remove(u'&') != first)
                continue;
            const bool isDone =
                action->isEnabled() && (rest.isEmpty() || (action->menu() && choose(*action->menu(), rest)));
            if (isDone && rest.isEmpty())
                action->trigger();
            menu.close();
            return isDone;
        }
        return false;
    }
    const QPair<QString, QJsonObject> lastChange() { return session.vsockMachine().changes().last(); }
};

QColor backgroundAt(StreamView &view, const QString &text) {
    return view.document()->find(text).charFormat().background().color();
}

int pixelsOf(const QImage &image, const QColor &color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color;
    return count;
}

void savePicture(MainWindow &window, const QString &name) {
    const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(window.picture().save(u"%1/%2.png"_s.arg(folder, name)));
}

} // namespace

class TestVsockPanel : public QObject {
    Q_OBJECT

private slots:
    void flows_haveEveryColumn() {
        PanelFixture fixture;
        const VsockFlowModel &flows = fixture.panel().flowModel();
        QStringList titles, values;
        for (int column = 0; column < flows.columnCount(); ++column) {
            titles << flows.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
            values << flows.index(2, column).data().toString();
        }
        QCOMPARE(titles, (QStringList{"Flow", "Peer", "Guest port", "Service", "State", "To guest",
                                      "From guest", "Rate", "Age", "Reason of end"}));
        // Six packets, a millisecond of the fake clock after each: 89 bytes in 8 ms.
        const QString rate = values.takeAt(VsockFlowModel::rate),
                      age = values.takeAt(VsockFlowModel::age - 1);
        QCOMPARE(values, (QStringList{"2", u"← 3:1073741828  unix:/run/app.sock pid 4242"_s, "5000",
                                      "demo echo", "closed", "38 bytes", "51 bytes", "host closed"}));
        QVERIFY2(rate.endsWith("/s"_L1) && rate.contains("KiB"_L1), qPrintable(rate));
        QVERIFY2(age.endsWith(" ms"_L1), qPrintable(age));
    }

    void contextMenu_ofAFlow_hasBreaksFaultsRoutesAndCopies() {
        PanelFixture fixture;
        QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 2);
        QVERIFY(menu);
        QStringList texts;
        for (const QAction *action : menu->actions())
            if (!action->isSeparator())
                texts << action->text().remove(u'&');
        for (const char *text : {"Follow Stream", "Copy Payload as Hex", "Copy Payload as Hex Dump",
                                 "Copy Payload as Text", "Save Stream…", "Publish Port…", "Route Port…",
                                 "Break on Packets…", "Fault…", "Break on", "Fault"})
            QVERIFY2(texts.contains(QString::fromUtf8(text)), text);
        menu->close();
    }

    void contextMenu_breaksAndFaults_reachTheMachineForWhatIsPointedAt_data() {
        QTest::addColumn<QString>("entry");
        QTest::addColumn<QString>("command");
        QTest::addColumn<QString>("action"); // of a fault
        QTest::addColumn<QJsonObject>("packet");
        const QJsonObject port{{"port", 5000}}, data{{"port", 5000}, {"operation", "rw"}},
            opening{{"port", 5000}, {"operation", "request"}}, flow{{"flow", 2}};
        const auto row = [](const char *entry, const char *action, const QJsonObject &packet) {
            QTest::newRow(entry) << QString::fromLatin1(entry)
                                 << QString::fromLatin1(*action ? "vsock-fault-add" : "enclave-break-add")
                                 << QString::fromLatin1(action) << packet;
        };
        row("Break on|New Connections of Port 5000", "", opening);
        row("Break on|Data of Port 5000", "", data);
        row("Break on|Every Packet of Port 5000", "", port);
        row("Break on|Every Packet of Flow 2", "", flow);
        row("Fault|Refuse Connections of Port 5000", "refuse", opening);
        row("Fault|Delay Port 5000 by a Second", "delay", port);
        row("Fault|Throttle Port 5000 to 1 KiB/s", "throttle", data);
        row("Fault|Corrupt the Next Data of Port 5000", "corrupt", data);
        row("Fault|Freeze the Credit of Port 5000", "freeze-credit", port);
        row("Fault|Blackhole Port 5000", "blackhole", port);
        row("Fault|Reset Flow 2", "reset", flow);
    }
    void contextMenu_breaksAndFaults_reachTheMachineForWhatIsPointedAt() {
        QFETCH(QString, entry);
        QFETCH(QString, command);
        QFETCH(QString, action);
        QFETCH(QJsonObject, packet);
        PanelFixture fixture;
        QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 2);
        QVERIFY(menu && PanelFixture::choose(*menu, entry));
        const auto change = fixture.lastChange();
        QCOMPARE(change.first, command);
        QCOMPARE(change.second.value("packet"_L1).toObject(), packet);
        if (!action.isEmpty())
            QCOMPARE(change.second.value("action"_L1).toString(), action);
        QCOMPARE(fixture.session.vsock().rules().size(), 1);
        // It can be taken back where it was made.
        menu = fixture.menuAt(fixture.panel().flowTable(), 2);
        QVERIFY(menu);
        QVERIFY(PanelFixture::choose(*menu, u"Remove|"_s + fixture.session.vsock().rules().first().text));
        QVERIFY(fixture.session.vsock().rules().isEmpty());
    }

    void contextMenu_ofAnotherRow_isAboutThatRow() {
        PanelFixture fixture;
        QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 0); // the heartbeat
        QVERIFY(menu && PanelFixture::choose(*menu, u"Break on|Data of Port 9000"_s));
        QCOMPARE(fixture.lastChange().second.value("packet"_L1).toObject().value("port"_L1),
                 QJsonValue(9000));
    }

    void contextMenu_ofPacketsAndStream_isTheSame() {
        PanelFixture fixture;
        fixture.action("vsock.packets")->trigger();
        QMenu *menu = fixture.menuAt(fixture.panel().packetTable(), 8);
        QVERIFY(menu);
        menu->close();
        fixture.action("vsock.follow")->trigger();
        menu = fixture.menuAt(*fixture.panel().streamView().viewport(), QPoint(20, 20));
        QVERIFY(menu && PanelFixture::choose(*menu, u"Break on|Data of Port 5000"_s));
    }

    void contextMenu_publishAndCopy_act() {
        PanelFixture fixture;
        QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 2);
        QVERIFY(menu && PanelFixture::choose(*menu, u"Publish Port…"_s));
        auto *dialog = fixture.window->findChild<VsockRouteDialog *>();
        QVERIFY(dialog);
        QCOMPARE(dialog->route(), (qmp::VsockRoute{5000, u"listen:tcp:127.0.0.1:5000"_s}));
        dialog->reject();
        fixture.panel().showPacket(10);
        menu =
            fixture.menuAt(fixture.panel().packetTable(), fixture.panel().packetTable().currentIndex().row());
        QVERIFY(menu && PanelFixture::choose(*menu, u"Copy Payload as Text"_s));
        QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromLatin1(question));
    }

    void contextMenu_withoutAnEnclave_offersOnlyWhatACaptureCan() {
        PanelFixture fixture;
        fixture.session.playState(EnclaveSession::State::ended);
        QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 2);
        QVERIFY(menu);
        for (const char *text : {"Break on", "Fault", "Publish Port…", "Route Port…", "Break on Packets…"})
            for (const QAction *action : menu->actions())
                if (action->text().remove(u'&') == QString::fromUtf8(text))
                    QVERIFY2(!action->isEnabled(), text);
        QVERIFY(PanelFixture::choose(*menu, u"Follow Stream"_s));
        QVERIFY(fixture.panel().streamView().toPlainText().contains(u"GET /hello"_s));
    }

    void stream_directions_haveColoursOfTheirOwn_data() {
        QTest::addColumn<bool>("isDark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void stream_directions_haveColoursOfTheirOwn() {
        QFETCH(bool, isDark);
        PanelFixture fixture(isDark ? Appearance::dark : Appearance::light);
        fixture.action("vsock.follow")->trigger();
        StreamView &stream = fixture.panel().streamView();
        for (const int form : {0, 1}) { // text, hex dump
            named<QComboBox>(fixture.panel(), "Stream shown as")->setCurrentIndex(form);
            const QColor out = backgroundAt(stream, u"200 OK"_s), in = backgroundAt(stream, u"GET /hello"_s);
            const QPalette palette = stream.palette();
            QCOMPARE(out, theme::rangeBackground(palette, theme::seriesColor(palette, 0)));
            QCOMPARE(in, theme::rangeBackground(palette, theme::seriesColor(palette, 1)));
            QVERIFY(out != in);
        }
        // Another appearance recolours what is shown already.
        const QColor before = backgroundAt(stream, u"GET /hello"_s);
        theme::apply(*qApp, isDark ? Appearance::light : Appearance::dark);
        QTRY_VERIFY(backgroundAt(stream, u"GET /hello"_s) != before);
        theme::apply(*qApp, Appearance::light);
    }

    void stream_saved_isEachDirectionsBytes_data() {
        QTest::addColumn<int>("direction");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("both") << 0 << u"flow-2.bin"_s << question + answer;
        QTest::newRow("from the guest") << 1 << u"flow-2-from-guest.bin"_s << answer;
        QTest::newRow("to the guest") << 2 << u"flow-2-to-guest.bin"_s << question;
    }
    void stream_saved_isEachDirectionsBytes() {
        QFETCH(int, direction);
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        PanelFixture fixture;
        fixture.action("vsock.follow")->trigger();
        named<QComboBox>(fixture.panel(), "Direction followed")->setCurrentIndex(direction);
        fixture.action("vsock.saveStream")->trigger();
        auto *dialog = fixture.window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        QCOMPARE(QFileInfo(dialog->selectedFiles().value(0)).fileName(), name);
        const QString path = fixture.dir.filePath(name);
        emit dialog->fileSelected(path);
        dialog->reject();
        QTRY_VERIFY(QFile::exists(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
    }

    void stream_thatCannotBeSaved_isTold() {
        PanelFixture fixture;
        fixture.action("vsock.saveStream")->trigger();
        auto *dialog = fixture.window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        emit dialog->fileSelected(fixture.dir.filePath(u"no/such/folder/flow.bin"_s));
        dialog->reject();
        QTRY_VERIFY(fixture.window->banner().isVisible());
        QVERIFY(fixture.window->banner().message().contains(u"flow.bin"_s));
    }

    void payload_ofTheChosenPacket_isShownBesideTheList() {
        PanelFixture fixture;
        fixture.action("vsock.packets")->trigger();
        auto *payload = named<HexView>(fixture.panel(), "Payload of the packet");
        fixture.panel().showPacket(8); // a REQUEST
        QCoreApplication::processEvents();
        QVERIFY(!payload->isVisible());
        fixture.panel().showPacket(10);
        QTRY_VERIFY(payload->isVisible());
        QTRY_VERIFY(payload->width() >= payload->fontMetrics().averageCharWidth() * 20);
        QVERIFY(fixture.panel().packetTable().width() > payload->width());
    }

    void throughput_plot_paintsBothDirections() {
        PanelFixture fixture;
        fixture.action("vsock.throughput")->trigger();
        auto *plot = fixture.panel().findChild<ThroughputPlot *>();
        QVERIFY(plot && plot->isVisible());
        const QImage image = plot->grab().toImage();
        const int middle = image.height() / 2, halves[] = {0, middle + 1};
        const QColor out = theme::seriesColor(plot->palette(), 0),
                     in = theme::seriesColor(plot->palette(), 1);
        for (const int top : halves) {
            const QImage half = image.copy(0, top, image.width(), middle);
            QVERIFY(pixelsOf(half, top == 0 ? out : in) > 50);
            QCOMPARE(pixelsOf(half, top == 0 ? in : out), 0);
        }
        // Nothing is painted where nothing was.
        const ThroughputPlot::Bins none;
        ThroughputPlot empty(none, VsockAccount::binNs);
        empty.resize(plot->size());
        const QImage blank = empty.grab().toImage();
        QCOMPARE(pixelsOf(blank, out) + pixelsOf(blank, in), 0);
    }

    void panel_inBothThemes_isDrawn() {
        for (const auto &[appearance, suffix] :
             {std::pair{Appearance::light, ""}, {Appearance::dark, "-dark"}}) {
            PanelFixture fixture(appearance);
            const auto name = [suffix = suffix](const char *what) {
                return u"vsock-panel-"_s + QLatin1String(what) + QLatin1String(suffix);
            };
            fixture.panel().showPacket(10);
            QCoreApplication::processEvents();
            savePicture(*fixture.window, name("packets"));
            fixture.action("vsock.follow")->trigger();
            savePicture(*fixture.window, name("stream"));
            fixture.action("vsock.throughput")->trigger();
            savePicture(*fixture.window, name("throughput"));
            QMenu *menu = fixture.menuAt(fixture.panel().flowTable(), 2);
            QVERIFY(menu);
            QVERIFY(menu->grab().save(
                QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots/%1.png").arg(name("menu"))));
            menu->close();
        }
        theme::apply(*qApp, Appearance::light);
    }
};

QTEST_MAIN(TestVsockPanel)
#include "tst_vsock_panel.moc"
