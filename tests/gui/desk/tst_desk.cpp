// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds for the whole desk, whichever panel: what commands act on, how names are shown, how panels come forward.
#include "app/features/vsock/throughput_plot.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bars/filter_menu.hpp"
#include "app/ui/bytes/cbor_view.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/lists/table_content.hpp"
#include "app/ui/theme/theme.hpp"
#include "app/window/session_strip.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QClipboard>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QTabBar>
#include <QTableView>
#include <QTableWidget>
#include <QTabWidget>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

PanelDock *dockOf(TestWindow &window, const char *id) {
    for (PanelDock *dock : window.docks())
        if (dock->panel().id() == QLatin1String(id))
            return dock;
    qFatal("no panel %s", id);
}

QString clipboardText() {
    return QGuiApplication::clipboard()->text();
}

// Entries of one menu that answer to the same letter.
QStringList sharedLetters(const QMenu &menu) {
    QStringList shared;
    QHash<QChar, QString> taken;
    for (const QAction *action : menu.actions()) {
        if (action->menu())
            shared << sharedLetters(*action->menu());
        const qsizetype at = action->text().indexOf(u'&');
        if (at < 0 || at + 1 >= action->text().size())
            continue;
        const QChar letter = action->text()[at + 1].toLower();
        if (taken.contains(letter))
            shared << u"%1: %2 and %3"_s.arg(menu.title(), taken[letter], action->text());
        taken.insert(letter, action->text());
    }
    return shared;
}

} // namespace

class TestDesk : public QObject {
    Q_OBJECT

    static void focus(WindowFixture &fixture, const char *panel, QWidget &view) {
        dockOf(*fixture.window, panel)->bringForward();
        QTRY_VERIFY(view.isVisible());
        view.setFocus();
        QTRY_VERIFY(view.hasFocus());
    }

private slots:
    void copyBytesAs_severalPanels_takesTheBytesWhereTheFocusIs() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        fixture.open(makeEif(fixture.dir).path);
        fixture.session.capture()->play(nsmStream());
        HexView &ofImage = fixture.window->eifPanel().hexView();
        NsmPanel &nsm = fixture.window->nsmPanel();
        QVERIFY(nsm.showTransaction(2));
        HexView &ofRequest = nsm.detail().hexView();
        focus(fixture, "eif", ofImage);
        ofImage.select({0, 4});
        focus(fixture, "nsm", ofRequest);
        ofRequest.select({0, 3});
        const QByteArray bytes = ofRequest.selectedBytes();
        QCOMPARE(bytes.size(), 3);
        fixture.action("edit.copyHex")->trigger();
        QCOMPARE(clipboardText(), QString::fromLatin1(bytes.toHex()));
        focus(fixture, "eif", ofImage);
        fixture.action("edit.copyHex")->trigger();
        QCOMPARE(clipboardText(), QString::fromLatin1(".eif"_ba.toHex()));
        // The value chosen in the tree beside them is chosen, too.
        focus(fixture, "nsm", nsm.detail().tree());
        nsm.detail().tree().setCurrentIndex(nsm.detail().tree().model()->index(0, 0));
        fixture.action("edit.copyHex")->trigger();
        QCOMPARE(clipboardText(), QString::fromLatin1(nsm.detail().chosenBytes().toHex()));
    }

    void copyBytesAs_nothingChosen_leavesTheClipboard() {
        WindowFixture fixture;
        fixture.show();
        QGuiApplication::clipboard()->setText(u"mine"_s);
        fixture.action("edit.copyDump")->trigger();
        QCOMPARE(clipboardText(), u"mine"_s);
    }

    void copyAndSelectAll_inAField_takeItsText() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        fixture.session.capture()->play(nsmStream());
        auto *filter = named<QLineEdit>(fixture.window->nsmPanel(), "Text shown");
        focus(fixture, "nsm", *filter);
        filter->setText(u"16"_s);
        fixture.action("edit.selectAll")->trigger();
        fixture.action("edit.copy")->trigger();
        QCOMPARE(clipboardText(), u"16"_s);
    }

    void selectAll_twoViews_selectsInTheOneWithTheFocus() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        fixture.session.capture()->play(nsmStream());
        NsmPanel &nsm = fixture.window->nsmPanel();
        QVERIFY(nsm.showTransaction(2));
        focus(fixture, "nsm", nsm.detail().hexView());
        fixture.action("edit.selectAll")->trigger();
        QCOMPARE(nsm.detail().hexView().selection().length, nsm.detail().hexView().source()->size());
        QVERIFY(nsm.table().selectionModel()->selectedRows().size() < nsm.model().rowCount());
    }

    void copy_inATree_hasTheWholeValue() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        fixture.open(makeEif(fixture.dir).path);
        QTreeView &tree = fixture.window->eifPanel().tree();
        focus(fixture, "eif", tree);
        tree.setColumnWidth(NodeTreeModel::name, 10); // nothing of it has room
        QTest::keyClick(&tree, Qt::Key_C, Qt::ControlModifier);
        const QModelIndex current = tree.currentIndex().siblingAtColumn(0);
        QVERIFY(!current.data().toString().isEmpty());
        QVERIFY2(clipboardText().startsWith(current.data().toString()), qPrintable(clipboardText()));
    }

    void names_long_leaveTheWindowsSize() {
        WindowFixture fixture;
        fixture.window->resize(1200, 800);
        fixture.show();
        const int least = fixture.window->minimumSizeHint().width();
        const QString longName = QString(200, u'n');
        fixture.open(makeEif(fixture.dir, longName + u".eif"_s).path);
        fixture.window->openDocument("no document", longName);
        fixture.window->openCapture(writeFile(fixture.dir.filePath(longName + u".pcapng"_s), "junk"));
        QTRY_VERIFY(fixture.window->banner().isVisible());
        QCoreApplication::processEvents();
        QVERIFY2(fixture.window->minimumSizeHint().width() <= std::max(least, 1200),
                 qPrintable(QString::number(fixture.window->minimumSizeHint().width())));
        QCOMPARE(fixture.window->size(), QSize(1200, 800));
        auto *label = named<ElidedLabel>(fixture.window->eifPanel(), "Image");
        QCOMPARE(label->text(), longName + u".eif"_s);
    }

    void panelCommand_behindATab_bringsItForward() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        PanelDock *pcrs = dockOf(*fixture.window, "pcrs"), *nsm = dockOf(*fixture.window, "nsm");
        QVERIFY(fixture.window->dockArea().tabifiedDockWidgets(pcrs).contains(nsm));
        pcrs->raise();
        QTRY_VERIFY(pcrs->isInFront() && !nsm->isInFront());
        fixture.action("view.panel.nsm")->trigger();
        QTRY_VERIFY(nsm->isInFront());
        QVERIFY(!pcrs->isHidden() && fixture.action("view.panel.nsm")->isChecked());
        fixture.action("view.panel.nsm")->trigger();
        QVERIFY(nsm->isHidden() && !fixture.action("view.panel.nsm")->isChecked());
        fixture.action("view.panel.nsm")->trigger();
        QTRY_VERIFY(nsm->isInFront());
    }

    void tab_clicked_takesTheFocusOutOfTheConsole() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->activateWindow();
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playConsole("> ");
        focus(fixture, "console", *fixture.window->consolePanel().focusProxy());
        for (QTabBar *bar : fixture.window->dockArea().findChildren<QTabBar *>(Qt::FindDirectChildrenOnly))
            for (int i = 0; i < bar->count(); ++i)
                if (bar->tabText(i) == u"NSM"_s)
                    QTest::mouseClick(bar, Qt::LeftButton, {}, bar->tabRect(i).center());
        const NsmPanel &nsm = fixture.window->nsmPanel();
        QTRY_VERIFY(&nsm == QApplication::focusWidget() || nsm.isAncestorOf(QApplication::focusWidget()));
    }

    void eif_openedInAnyArrangement_isInFront_data() {
        QTest::addColumn<QByteArray>("arrangement");
        QTest::newRow("workbench") << QByteArray("view.layout.workbench");
        QTest::newRow("debug") << QByteArray("view.layout.debug");
    }
    void eif_openedInAnyArrangement_isInFront() {
        QFETCH(QByteArray, arrangement);
        WindowFixture fixture;
        fixture.show();
        fixture.action(arrangement.constData())->trigger();
        if (arrangement.endsWith("workbench"))
            dockOf(*fixture.window, "attestation")->bringForward();
        fixture.open(makeEif(fixture.dir).path);
        QTRY_VERIFY(dockOf(*fixture.window, "eif")->isInFront());
    }

    void findings_headerTabAndTable_sayTheSame() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        EifPanel &panel = fixture.window->eifPanel();
        auto *pages = panel.findChild<QTabWidget *>();
        auto *table = named<QTableView>(panel, "Lint findings");
        QTRY_VERIFY(table->model()->rowCount() > 0);
        const int rows = table->model()->rowCount();
        QTRY_COMPARE(pages->tabText(EifPanel::findingsPage), u"Findings (%1)"_s.arg(rows));
        int counted = 0;
        for (const QString &part : named<ElidedLabel>(panel, "Findings of the image")->text().split(u", "_s))
            counted += part.section(u' ', 0, 0).toInt();
        QCOMPARE(counted, rows);
    }

    void menus_entries_haveLettersOfTheirOwn() {
        WindowFixture fixture;
        for (const QAction *menu : fixture.window->menuBar()->actions()) {
            const QStringList shared = sharedLetters(*menu->menu());
            QVERIFY2(shared.isEmpty(), qPrintable(shared.join(u'\n')));
        }
    }

    void size_askedForAfterAMaximisedRun_isTaken() {
        WindowFixture fixture;
        fixture.window->setWindowState(Qt::WindowMaximized);
        fixture.window->takeSize({1111, 777});
        fixture.show();
        QVERIFY(!fixture.window->isMaximized());
        QCOMPARE(fixture.window->size(), QSize(1111, 777));
    }

    void filter_expression_choosesRowsInTheList() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        NsmPanel &nsm = fixture.window->nsmPanel();
        nsm.model().flush();
        const int all = nsm.model().rowCount();
        auto *bar = nsm.findChild<FilterBar *>();
        bar->setText(u"kind==ExtendPCR and result!=Success"_s);
        nsm.model().flush();
        int wanted = 0;
        for (int source = 0; source < nsm.model().sourceCount(); ++source) {
            const NsmTransaction &t = nsm.model().transaction(source);
            wanted += t.kind == NSM_REQUEST_EXTEND_PCR && t.failed();
        }
        QCOMPARE(nsm.model().rowCount(), wanted);
        QVERIFY(bar->isExpression());
        // A wrong one is said, and what was in force stays.
        bar->setText(u"kind==ExtendPCR and"_s);
        QVERIFY(bar->problem().contains(u"a field was expected"_s));
        nsm.model().flush();
        QCOMPARE(nsm.model().rowCount(), wanted);
        bar->setText(u"duration>=0ms or pcr==16"_s);
        nsm.model().flush();
        QVERIFY(bar->problem().isEmpty() && nsm.model().rowCount() > wanted);
        bar->setText({});
        nsm.model().flush();
        QCOMPARE(nsm.model().rowCount(), all);
    }

    void filter_words_areLookedForAsBefore() {
        WindowFixture fixture;
        fixture.session.capture()->play(trafficStream());
        VsockPanel &vsock = fixture.window->vsockPanel();
        auto *bar = vsock.findChild<FilterBar *>();
        bar->setText(u"RST"_s);
        vsock.packetModel().flush();
        const int resets = vsock.packetModel().rowCount();
        QVERIFY(resets > 0 && !bar->isExpression());
        bar->setText(u"\"RST\""_s);
        vsock.packetModel().flush();
        QCOMPARE(vsock.packetModel().rowCount(), resets);
        bar->setText(u"\"a->b\""_s); // no expression
        QVERIFY(bar->problem().isEmpty());
        bar->setText(u"a->b"_s);
        QVERIFY(!bar->problem().isEmpty());
        bar->setText(u"kind==RST"_s);
        vsock.packetModel().flush();
        vsock.flowModel().flush();
        QCOMPARE(vsock.packetModel().rowCount(), resets);
        QCOMPARE(vsock.flowModel().rowCount(), vsock.flowModel().sourceCount()); // flows have no kind
        bar->setText(u"state==closed"_s);
        vsock.packetModel().flush();
        vsock.flowModel().flush();
        for (int row = 0; row < vsock.flowModel().rowCount(); ++row)
            QCOMPARE(vsock.flowModel().at(row).state, VsockFlow::State::closed);
    }

    void filter_ofLogAndTimeline_knowsTheirFields() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        fixture.session.playLog(LogLevel::error, u"something broke"_s);
        fixture.session.playLog(LogLevel::info, u"something went well"_s);
        LogPanel &log = fixture.window->logPanel();
        log.findChild<FilterBar *>()->setText(u"level==error"_s);
        log.model().flush();
        QCOMPARE(log.model().rowCount(), 1);
        TimelinePanel &timeline = fixture.window->timelinePanel();
        timeline.findChild<FilterBar *>()->setText(u"lane==NSM and not text contains Extend"_s);
        timeline.model().flush();
        QVERIFY(timeline.model().shownCount() > 0);
        for (const int number : timeline.model().shown(TimelineLane::nsm))
            QVERIFY(!timeline.model().text(number).contains(u"Extend"_s));
        QVERIFY(timeline.model().shown(TimelineLane::pcrs).empty());
    }

    void filter_fromACell_choosesRowsLikeIt() {
        WindowFixture fixture;
        fixture.show();
        fixture.session.capture()->play(nsmStream());
        NsmPanel &nsm = fixture.window->nsmPanel();
        QVERIFY(nsm.showTransaction(2));
        const QModelIndex cell = nsm.table().currentIndex().siblingAtColumn(NsmListModel::kind);
        auto *bar = nsm.findChild<FilterBar *>();
        QMenu menu;
        addFilterMenu(menu, nsm.model(), cell, *bar);
        QCOMPARE(menu.actions().size(), 1);
        menu.actions().first()->menu()->actions().first()->trigger();
        QCOMPARE(bar->text(), u"kind==%1"_s.arg(cell.data().toString()));
        QMenu second;
        addFilterMenu(second, nsm.model(), cell.siblingAtColumn(NsmListModel::result), *bar);
        QCOMPARE(second.actions().first()->menu()->actions().size(), 5);
    }

    void filter_thatWasUsed_comesBack() {
        FilterBar bar(u"Filter"_s, u"Filter"_s);
        bar.setLanguage(LogModel::fields(), [](int) { return QStringList(); });
        for (const char *text : {"level==error", "wrong ==", "from==qemu"}) {
            bar.setText(QLatin1String(text));
            emit bar.edit().editingFinished();
        }
        QCOMPARE(bar.history(), (QStringList{u"from==qemu"_s, u"level==error"_s}));
        QTest::keyClick(&bar.edit(), Qt::Key_Down);
        auto *menu = bar.findChild<QMenu *>();
        QVERIFY(menu);
        menu->actions().last()->trigger();
        QCOMPARE(bar.text(), u"level==error"_s);
    }

    void list_exported_hasTheColumnsThatAreShown() {
        WindowFixture fixture;
        fixture.show();
        fixture.session.capture()->play(nsmStream());
        NsmPanel &nsm = fixture.window->nsmPanel();
        nsm.model().flush();
        nsm.table().setColumnHidden(NsmListModel::time, true);
        const QList<QByteArray> lines = tableContent(nsm.table(), TableForm::csv).trimmed().split('\n');
        QCOMPARE(lines.size(), nsm.model().rowCount() + 1);
        QCOMPARE(lines.first().trimmed(), QByteArray("No.,Request,Arguments,Result,Host took"));
        const QJsonArray rows = QJsonDocument::fromJson(tableContent(nsm.table(), TableForm::json)).array();
        QCOMPARE(rows.size(), nsm.model().rowCount());
        QCOMPARE(rows.first().toObject()[u"Request"_s].toString(),
                 nsm.model().index(0, NsmListModel::kind).data().toString());
    }

    void csv_foreignText_staysText() {
        QTableWidget table(1, 2);
        table.setHorizontalHeaderLabels({u"a"_s, u"b"_s});
        table.setItem(0, 0, new QTableWidgetItem(u"=1+1"_s));
        table.setItem(0, 1, new QTableWidgetItem(u"say \"x\", twice"_s));
        QCOMPARE(tableContent(table, TableForm::csv),
                 QByteArray("a,b\r\n'=1+1,\"say \"\"x\"\", twice\"\r\n"));
    }

    void header_rightClick_offersColumns() {
        QTableView table;
        NsmAccount account;
        NsmListModel model(account);
        prepareTable(table);
        table.setModel(&model);
        table.show();
        emit table.horizontalHeader()->customContextMenuRequested({1, 1});
        auto *menu = table.horizontalHeader()->findChild<QMenu *>();
        QVERIFY(menu);
        QCOMPARE(menu->actions().size(), int(NsmListModel::columnCountValue));
        menu->actions()[NsmListModel::arguments]->trigger();
        QVERIFY(table.isColumnHidden(NsmListModel::arguments));
    }

    void strip_run_namesImageModeAndState() {
        WindowFixture fixture;
        fixture.show();
        auto *strip = fixture.window->findChild<SessionStrip *>();
        QVERIFY(strip && strip->isHidden());
        fixture.open(makeEif(fixture.dir).path);
        QCOMPARE(strip->text(), u"demo.eif · not started"_s);
        LaunchSpec options;
        options.debugMode = true;
        options.memoryMiB = 512;
        fixture.window->setLaunchOptions(options);
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playConsole("> ");
        QTRY_VERIFY2(strip->text().startsWith(u"demo.eif · "_s) &&
                         strip->text().endsWith(u"512 MiB · 1 CPU · DEBUG MODE · live"_s),
                     qPrintable(strip->text()));
        fixture.action("enclave.copyFacts")->trigger();
        QVERIFY(clipboardText().contains(u"DEBUG MODE"_s));
        // Another image is opened: what is shown is not its run.
        fixture.session.playEnd({EndKind::guestShutdown, u"over"_s, {}});
        fixture.open(makeEif(fixture.dir, u"other.eif"_s).path);
        QVERIFY2(strip->text().contains(u"not a run of the open other.eif"_s), qPrintable(strip->text()));
    }

    void strip_runUnderTheDebugger_offersGdb() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        QVERIFY(!fixture.action("enclave.copyGdb")->isEnabled());
        fixture.action("enclave.run")->trigger();
        emit fixture.session.debuggerReady(u"/run/x/gdb"_s);
        fixture.action("enclave.copyGdb")->trigger();
        QCOMPARE(clipboardText(), u"gdb -ex 'target remote /run/x/gdb'"_s);
        fixture.session.playEnd({EndKind::guestShutdown, u"over"_s, {}});
        QVERIFY(!fixture.action("enclave.copyGdb")->isEnabled());
    }

    void pcrs_captureOfAnotherImage_areNotHeldAgainstTheOpenOne() {
        WindowFixture fixture;
        fixture.show();
        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        PcrTableModel &pcrs = fixture.window->pcrPanel().model();
        QTRY_VERIFY(!pcrs.expectedValue(0).isEmpty());
        fixture.window->openCapture(writeFile(fixture.dir.filePath(u"other.pcapng"_s), nsmStream()));
        QTRY_COMPARE(fixture.window->savedCapture().state(), CaptureSource::State::complete);
        QTRY_VERIFY(pcrs.expectedValue(0).isEmpty());
        for (int pcr = 0; pcr < PcrTableModel::pcrCount; ++pcr)
            QVERIFY(pcrs.stateOf(pcr) != PcrState::differs);
        // Its own run is.
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playPcrs(pcrsOf(eif.measurements));
        QTRY_COMPARE(pcrs.stateOf(0), PcrState::match);
    }

    void throughput_oneBurst_isABarAndNoSlab() {
        const ThroughputPlot::Bins bins{{1000, 1000}};
        ThroughputPlot plot(bins, 100'000'000);
        plot.resize(400, 200);
        const QImage image = plot.grab().toImage();
        const QRgb bar = theme::seriesColor(plot.palette(), 0).rgb();
        int columns = 0;
        for (int x = 0; x < image.width(); ++x) {
            bool isBar = false;
            for (int y = 0; y < image.height(); ++y)
                isBar = isBar || image.pixel(x, y) == bar;
            columns += isBar;
        }
        QVERIFY2(columns > 0 && columns < image.width() / 4, qPrintable(QString::number(columns)));
    }

    void appearance_changed_marksAndLabelsFollow() {
        WindowFixture fixture;
        theme::apply(*qApp, Appearance::dark);
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        auto *facts = named<ElidedLabel>(fixture.window->eifPanel(), "Facts of the image");
        const QColor before = facts->color();
        theme::apply(*qApp, Appearance::light);
        QCOMPARE(facts->color(), theme::mutedText(facts->palette()));
        QVERIFY(facts->color() != before);
        for (FilterBar *bar : fixture.window->findChildren<FilterBar *>())
            QCOMPARE(bar->edit().palette().color(QPalette::Base),
                     QApplication::palette().color(QPalette::Base));
    }
    void cleanup() { theme::apply(*qApp, Appearance::light); }
};

QTEST_MAIN(TestDesk)
#include "tst_desk.moc"
