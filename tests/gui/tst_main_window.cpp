// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window as a user meets it, over a fake session.
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/console/terminal_view.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/eif/measurement_strip.hpp"
#include "app/features/launch/launch_dialog.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/ui/actions/command_palette.hpp"
#include "app/ui/actions/shortcut_dialog.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "tests/gui/support/gui_fixture.hpp"

#include <QAbstractItemView>
#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
using nitroscope::formats::Severity;

namespace {

// Every action that can be reached through the menu bar.
void collect(const QWidget *menu, QSet<QAction *> &found) {
    const QList<QAction *> actions = menu->actions();
    for (QAction *action : actions) {
        found.insert(action);
        if (action->menu())
            collect(action->menu(), found);
    }
}

QPushButton *buttonNamed(QWidget &parent, const QString &text) {
    const auto buttons = parent.findChildren<QPushButton *>();
    for (QPushButton *button : buttons)
        if (button->text() == text)
            return button;
    return nullptr;
}

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    static bool drop(MainWindow &window, const QList<QUrl> &urls) {
        QMimeData data;
        data.setUrls(urls);
        QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        enter.ignore();
        QApplication::sendEvent(&window, &enter);
        if (!enter.isAccepted())
            return false;
        QDropEvent dropped(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window, &dropped);
        return dropped.isAccepted();
    }

private slots:
    void cells_foreignText_isSpelledOut() {
        const CellDelegate delegate;
        QCOMPARE(delegate.displayText(u"a\u200bb\x1b"_s, QLocale()), u"a\\u200bb\\x1b"_s);
        QCOMPARE(delegate.displayText(5, QLocale::c()), u"5"_s);
    }

    void actions_all_areInTheMenus() {
        WindowFixture fixture;
        QSet<QAction *> reachable;
        collect(fixture.window->menuBar(), reachable);
        for (QAction *action : fixture.window->actions().actions())
            QVERIFY2(reachable.contains(action), qPrintable(ActionRegistry::idOf(action)));
    }

    void actions_all_haveTextAndHelpAndUniqueShortcuts() {
        WindowFixture fixture;
        const ActionRegistry &registry = fixture.window->actions();
        for (QAction *action : registry.actions()) {
            QVERIFY(!action->text().isEmpty());
            QVERIFY2(!action->statusTip().isEmpty(), qPrintable(ActionRegistry::idOf(action)));
            const QAction *other = registry.conflict(action->shortcut(), action);
            QVERIFY2(!other,
                     qPrintable(u"%1 and %2 share %3"_s.arg(ActionRegistry::idOf(action),
                                                            other ? ActionRegistry::idOf(other) : QString(),
                                                            action->shortcut().toString())));
        }
    }

    void icons_all_exist() {
        WindowFixture fixture;
        for (const char *id : {"file.open", "enclave.run", "enclave.pause", "enclave.resume", "enclave.reset",
                               "enclave.stop", "enclave.options"})
            QVERIFY2(!fixture.action(id)->icon().isNull(), id);
    }

    void shortcuts_conflict_isRefusedAndNamed() {
        WindowFixture fixture;
        auto *dialog = new ShortcutDialog(fixture.window->actions(), fixture.window.get());
        QVERIFY(!dialog->assign(u"enclave.pause"_s, QKeySequence(u"F5"_s)));
        QVERIFY(dialog->message().contains(u"Run"_s));
        QVERIFY(dialog->assign(u"enclave.pause"_s, QKeySequence(u"Ctrl+Alt+F12"_s)));
        QCOMPARE(fixture.window->actions().changedShortcuts().size(), 1);
        fixture.window->actions().resetShortcuts();
        QCOMPARE(fixture.action("enclave.pause")->shortcut(), QKeySequence(u"F6"_s));
        delete dialog;
    }

    void shortcuts_swapped_areRestored() {
        WindowFixture fixture;
        ActionRegistry &registry = fixture.window->actions();
        registry.restoreShortcuts(
            {{u"enclave.run"_s, u"F6"_s}, {u"enclave.pause"_s, u"F5"_s}, {u"no.such.action"_s, u"F9"_s}});
        QCOMPARE(registry.find(u"enclave.run"_s)->shortcut(), QKeySequence(u"F6"_s));
        QCOMPARE(registry.find(u"enclave.pause"_s)->shortcut(), QKeySequence(u"F5"_s));
    }

    void palette_letters_findCommands() {
        WindowFixture fixture;
        auto *palette = new CommandPalette(fixture.window->actions(), fixture.window.get());
        QCOMPARE(palette->matchCount(), static_cast<int>(fixture.window->actions().actions().size()));
        QTest::keyClicks(palette->findChild<QLineEdit *>(), u"launch"_s);
        QCOMPARE(palette->matchCount(), 1);
        delete palette;
    }

    void open_goodFile_fillsTreeHexAndMeasurements() {
        WindowFixture fixture;
        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        EifPanel &panel = fixture.window->eifPanel();
        QVERIFY(panel.nodes().rowCount() >= 5);
        QCOMPARE(panel.hexView().geometry64().size, panel.document()->size());
        QTRY_COMPARE(panel.measurements().valueText(0), QString::fromLatin1(eif.measurements.pcr0.toHex()));
        QCOMPARE(fixture.window->pcrPanel().model().expectedValue(2), eif.measurements.pcr2);
        QCOMPARE(fixture.preferences.recentFiles().value(0), eif.path);
        QVERIFY(fixture.action("enclave.run")->isEnabled());
    }

    void open_badFile_saysWhy_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("missing") << u"/nonexistent/demo.eif"_s;
        QTest::newRow("folder") << u"/"_s;
        QTest::newRow("empty") << writeFile(m_folder.filePath(u"empty.eif"_s), {});
        QTest::newRow("device") << u"/dev/zero"_s;
    }
    void open_badFile_saysWhy() {
        QFETCH(QString, path);
        WindowFixture fixture;
        fixture.open(path);
        QVERIFY(!fixture.window->banner().isHidden());
        QVERIFY(!fixture.window->banner().advice().isEmpty());
        QVERIFY(!fixture.action("enclave.run")->isEnabled());
    }

    void open_notAnEif_showsFindingsInstead() {
        WindowFixture fixture;
        fixture.open(writeFile(fixture.dir.filePath(u"note.txt"_s), QByteArray(5000, 'n')));
        EifPanel &panel = fixture.window->eifPanel();
        QVERIFY(panel.findings().count(Severity::error) > 0);
        QCOMPARE(panel.hexView().geometry64().size, quint64{5000});
    }

    void treeAndHex_followEachOther() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        EifPanel &panel = fixture.window->eifPanel();
        const QModelIndex last = panel.nodes().index(panel.nodes().rowCount() - 1, 0);
        panel.tree().setCurrentIndex(last);
        const auto range = panel.nodes().nodeAt(last)->range;
        QCOMPARE(panel.hexView().cursor(), range.offset);
        QVERIFY(panel.hexView().highlights().back().range == range);
        panel.hexView().goTo(0);
        const auto *node = panel.nodes().nodeAt(panel.tree().currentIndex());
        QVERIFY(node && node->range.contains(0));
    }

    void dragAndDrop_oneFile_opensIt() {
        WindowFixture fixture;
        fixture.show();
        const TestEif eif = makeEif(fixture.dir);
        QSignalSpy finished(fixture.window.get(), &MainWindow::openingFinished);
        QVERIFY(drop(*fixture.window, {QUrl::fromLocalFile(eif.path)}));
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(fixture.window->eifPanel().document());
        QVERIFY(fixture.session.calls().isEmpty()); // opening does not run
    }

    void dragAndDrop_otherThings_areRefused() {
        WindowFixture fixture;
        QVERIFY(!drop(*fixture.window, {QUrl(u"https://example.com/a.eif"_s)}));
        QVERIFY(!drop(*fixture.window, {QUrl::fromLocalFile(u"/a"_s), QUrl::fromLocalFile(u"/b"_s)}));
        QVERIFY(!drop(*fixture.window, {}));
    }

    void run_commands_reachTheSessionAndFollowItsState() {
        WindowFixture fixture;
        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        LaunchSpec options;
        options.memoryMiB = 300;
        fixture.window->setLaunchOptions(options);
        fixture.action("enclave.run")->trigger();
        QCOMPARE(fixture.session.lastSpec()->eifPath, eif.path);
        QCOMPARE(fixture.session.lastSpec()->memoryMiB, quint64{300});
        QVERIFY(!fixture.action("enclave.run")->isEnabled());
        QVERIFY(fixture.action("enclave.stop")->isEnabled());
        fixture.session.playDemoBoot();
        fixture.action("enclave.pause")->trigger();
        QVERIFY(fixture.action("enclave.resume")->isVisible() &&
                !fixture.action("enclave.pause")->isVisible());
        fixture.action("enclave.resume")->trigger();
        fixture.action("enclave.reset")->trigger();
        fixture.action("enclave.stop")->trigger();
        QCOMPARE(fixture.session.calls(), QStringList({"start", "pause", "resume", "reset", "stop"}));
        QVERIFY(fixture.window->banner().isHidden()); // the user knows that he stopped it
        QVERIFY(fixture.action("enclave.run")->isEnabled());
    }

    void reports_fillThePanels() {
        WindowFixture fixture;
        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        QTRY_VERIFY(!fixture.window->pcrPanel().model().expectedValue(0).isEmpty());
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 6);
        QCOMPARE(fixture.window->pcrPanel().model().stateOf(0), PcrState::differs);
        fixture.session.playPcrs(pcrsOf(eif.measurements));
        QCOMPARE(fixture.window->pcrPanel().model().stateOf(0), PcrState::match);
        QTRY_VERIFY(fixture.window->consolePanel().screen().allText().contains(u"ready"_s));
        fixture.session.playLog(LogLevel::warning, u"careful"_s);
        QTRY_VERIFY(fixture.window->logPanel().model().asText().contains(u"careful"_s));
    }

    void console_keys_reachTheGuest() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        QTest::keyClicks(&fixture.window->consolePanel().view(), u"status"_s);
        QTest::keyClick(&fixture.window->consolePanel().view(), Qt::Key_Return);
        QCOMPARE(fixture.session.consoleInput(), QByteArray("status\r"));
    }

    void failure_banner_offersToStartAgainAndKeepsEverything() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        fixture.session.playEnd({EndKind::qemuKilled, u"QEMU was killed."_s, u"Try less memory."_s});
        Banner &banner = fixture.window->banner();
        QVERIFY(banner.isVisible());
        QCOMPARE(banner.message(), u"QEMU was killed."_s);
        QCOMPARE(banner.advice(), u"Try less memory."_s);
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 6);
        QVERIFY(fixture.window->consolePanel().screen().allText().contains(u"ready"_s));
        QVERIFY(!fixture.window->consolePanel().view().isLive());
        QPushButton *again = buttonNamed(banner, u"Start Again"_s);
        QVERIFY(again && buttonNamed(banner, u"Open EIF…"_s));
        buttonNamed(banner, u"Copy Details"_s)->click();
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"QEMU was killed."_s));
        again->click();
        QCOMPARE(fixture.session.calls().count(u"start"_s), 2);
        QVERIFY(!banner.isVisible());
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 0);
    }

    void failure_ofTheProgram_isExplained() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playConsole("execvpe: app: Permission denied\r\nchild exited with error\r\n");
        fixture.session.playEnd(
            {EndKind::programNotStarted, u"It could not be started."_s, u"Look above."_s});
        const Banner &banner = fixture.window->banner();
        QTRY_VERIFY(banner.advice().contains(u"The enclave's program app may not be executed."_s));
        QCOMPARE(banner.message(), u"It could not be started."_s);
        QVERIFY(fixture.action("enclave.whyEnded")->isEnabled());
        fixture.action("enclave.whyEnded")->trigger();
        auto *text = named<QPlainTextEdit>(*fixture.window, "Why the enclave ended");
        QVERIFY(text->isVisible());
        QVERIFY(text->toPlainText().contains(u"console, line 1: execvpe: app: Permission denied"_s));
        fixture.action("enclave.run")->trigger();
        QVERIFY(!fixture.action("enclave.whyEnded")->isEnabled());
    }

    void bootFailure_isShownWithItsByte() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playBootFailure(
            {u"crc"_s, u"crcMismatch"_s, u"E52"_s, u"The checksum is wrong."_s, 544, {}});
        QCOMPARE(fixture.window->eifPanel().hexView().cursor(), quint64{544});
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 1);
    }

    void restart_whileRunning_stopsFirst() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        fixture.action("enclave.restart")->trigger();
        QTRY_COMPARE(fixture.session.calls(), QStringList({"start", "stop", "start"}));
        QVERIFY(fixture.window->banner().isHidden());
    }

    void openAnother_whileRunning_asksFirst() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("enclave.run")->trigger();
        fixture.session.playDemoBoot();
        const TestEif other = makeEif(fixture.dir, u"other.eif"_s);
        QSignalSpy finished(fixture.window.get(), &MainWindow::openingFinished);
        fixture.window->openEif(other.path);
        auto *question = fixture.window->findChild<QMessageBox *>();
        QVERIFY(question);
        QVERIFY(!fixture.session.calls().contains(u"stop"_s));
        buttonNamed(*question, u"Stop and Open"_s)->click();
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(fixture.session.calls().contains(u"stop"_s));
        QCOMPARE(fixture.window->eifPanel().document()->path(), other.path);
    }

    void perspectives_changed_leaveTheWindowsSize() {
        WindowFixture fixture;
        const QSize size(1400, 900);
        fixture.window->resize(size);
        fixture.show();
        QCOMPARE(fixture.window->size(), size);
        for (const char *id :
             {"view.layout.debug", "view.resetLayout", "view.layout.workbench", "view.resetLayout"}) {
            fixture.action(id)->trigger();
            QCoreApplication::processEvents();
            QCOMPARE(fixture.window->size(), size);
        }
    }

    void layout_roundTrip_restoresPanelsAndRefusesJunk() {
        WindowFixture fixture;
        fixture.show();
        MainWindow &window = *fixture.window;
        window.docks()[2]->hide();
        window.docks()[1]->setFloating(true);
        const WindowLayout saved = window.currentLayout(u"mine"_s);
        window.resetLayout();
        QVERIFY(!window.docks()[2]->isHidden());
        QVERIFY(!window.docks()[1]->isFloating());
        WindowLayout junk = saved;
        junk.docks = QByteArray("\x00\xff junk", 7);
        QVERIFY(!window.applyLayout(junk));
        junk.docks = window.dockArea().saveState(LayoutStore::version + 1);
        QVERIFY(!window.applyLayout(junk));
        QVERIFY(!window.docks()[2]->isHidden());
        QVERIFY(window.applyLayout(saved));
        QVERIFY(window.docks()[2]->isHidden());
        QVERIFY(window.docks()[1]->isFloating());
    }

    void layout_file_isKeptBetweenRunsAndJunkIsIgnored() {
        QTemporaryDir dir;
        Preferences preferences(dir.path());
        FakeSession session;
        {
            TestWindow window(session, preferences);
            window.show();
            window.docks()[4]->close();
            window.close();
        }
        {
            TestWindow window(session, preferences);
            QVERIFY(window.docks()[4]->isHidden());
            writeFile(window.layoutFile(), "junk");
        }
        TestWindow window(session, preferences);
        QVERIFY(!window.docks()[4]->isHidden());
        window.logPanel().model().flush();
        QVERIFY(window.logPanel().model().asText().contains(u"default layout"_s));
    }

    void panelCommands_showAndHide() {
        WindowFixture fixture;
        fixture.show();
        QAction *toggle = fixture.action("view.panel.boot");
        toggle->trigger();
        QVERIFY(fixture.window->docks()[2]->isHidden());
        toggle->trigger();
        QVERIFY(!fixture.window->docks()[2]->isHidden());
    }

    void launchDialog_valuesComeBack() {
        LaunchSpec spec;
        spec.memoryMiB = 512;
        spec.cpuCount = 3;
        spec.debugMode = true;
        spec.parentRole = u"arn:aws:iam::123456789012:role/demo"_s;
        spec.append = u"quiet"_s;
        LaunchDialog dialog(spec, 64, nullptr);
        const LaunchSpec read = dialog.spec();
        QCOMPARE(read.memoryMiB, spec.memoryMiB);
        QCOMPARE(read.cpuCount, spec.cpuCount);
        QCOMPARE(read.debugMode, true);
        QCOMPARE(read.parentRole, spec.parentRole);
        QCOMPARE(read.append, spec.append);
    }

    void accessibility_everyViewHasAName() {
        WindowFixture fixture;
        for (const PanelDock *dock : fixture.window->docks()) {
            QVERIFY(!dock->panel().accessibleName().isEmpty());
            const auto views = dock->panel().findChildren<QAbstractScrollArea *>();
            for (const QAbstractScrollArea *view : views) {
                if (view->inherits("QHeaderView") || view->inherits("QComboBoxListView"))
                    continue; // part of its table or combo box, which has the name
                QVERIFY2(!view->accessibleName().isEmpty(), view->metaObject()->className());
            }
            for (const QComboBox *box : dock->panel().findChildren<QComboBox *>())
                QVERIFY2(!box->accessibleName().isEmpty(), qPrintable(dock->panel().accessibleName()));
            for (const QLineEdit *edit : dock->panel().findChildren<QLineEdit *>())
                QVERIFY2(!edit->accessibleName().isEmpty() || edit->inherits("QExpandingLineEdit"),
                         qPrintable(dock->panel().accessibleName()));
            for (const QAbstractButton *button : dock->panel().findChildren<QAbstractButton *>())
                QVERIFY2(button->isHidden() || !button->accessibleName().isEmpty() ||
                             !button->text().isEmpty() || button->inherits("QTableCornerButton") ||
                             button->parent()->inherits("QLineEdit"),
                         qPrintable(u"%1: %2 in %3"_s.arg(
                             dock->panel().accessibleName(), QLatin1String(button->metaObject()->className()),
                             QLatin1String(button->parent()->metaObject()->className()))));
            // Tables tell a screen reader their cells and what the columns are.
            for (const QAbstractItemView *view : dock->panel().findChildren<QAbstractItemView *>())
                if (const QAbstractItemModel *model = view->model(); model && !view->inherits("QHeaderView"))
                    for (int column = 0; column < model->columnCount() && model->columnCount() > 1; ++column)
                        QVERIFY2(!model->headerData(column, Qt::Horizontal).toString().isEmpty(),
                                 qPrintable(view->accessibleName()));
        }
    }

    void keyboard_everyViewCanBeReached() {
        WindowFixture fixture;
        fixture.show();
        for (const PanelDock *dock : fixture.window->docks())
            for (const QAbstractItemView *view : dock->panel().findChildren<QAbstractItemView *>())
                if (!view->inherits("QHeaderView") && !view->inherits("QComboBoxListView"))
                    QVERIFY2(view->focusPolicy() & Qt::TabFocus, qPrintable(view->accessibleName()));
        // Each panel has a command with a shortcut that shows it.
        for (const char *id : {"eif", "console", "boot", "pcrs", "log"}) {
            const QAction *action = fixture.action(qPrintable(u"view.panel.%1"_s.arg(QLatin1String(id))));
            QVERIFY2(action && !action->shortcut().isEmpty(), id);
        }
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
